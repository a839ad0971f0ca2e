import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'
import { amber, green, neutral, night, red, surfaces, teal } from './palette.ts'

const tuple = (colours: readonly string[]): MantineColorsTuple => colours as unknown as MantineColorsTuple

/** Small radii, a 4 px grid, 14 px text, borders before shadows. */
export const theme = createTheme({
  colors: {
    gray: tuple(neutral),
    dark: tuple(night),
    teal: tuple(teal),
    red: tuple(red),
    yellow: tuple(amber),
    green: tuple(green),
  },
  primaryColor: 'teal',
  primaryShade: { light: 7, dark: 6 },
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, 'Cascadia Mono', monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2rem' },
  defaultRadius: 'sm',
  radius: { xs: '2px', sm: '4px', md: '6px', lg: '8px', xl: '12px' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.375rem', lineHeight: '1.3' },
      h2: { fontSize: '1rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.4' },
    },
  },
  respectReducedMotion: true,
  cursorType: 'pointer',
  focusRing: 'auto',
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm', allowDeselect: false } },
    NativeSelect: { defaultProps: { size: 'sm' } },
    Modal: {
      styles: { title: { fontWeight: 600 } },
      defaultProps: { centered: true, transitionProps: { duration: 120 }, overlayProps: { backgroundOpacity: 0.4 } },
    },
    Menu: { defaultProps: { shadow: 'sm', transitionProps: { duration: 80 } } },
  },
})

const named = (scheme: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(scheme).map(([name, colour]) => [`--hf-${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`, colour]),
  )

/** Our surfaces, and Mantine's own variables where its default would miss AA. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...named(surfaces.light),
    '--mantine-color-dimmed': surfaces.light.quiet,
    '--mantine-color-placeholder': surfaces.light.quiet,
    '--mantine-color-anchor': surfaces.light.accent,
    '--mantine-color-error': surfaces.light.bad,
    '--mantine-color-text': surfaces.light.text,
    '--mantine-color-default-border': surfaces.light.lineStrong,
  },
  dark: {
    ...named(surfaces.dark),
    '--mantine-color-dimmed': surfaces.dark.quiet,
    '--mantine-color-placeholder': surfaces.dark.quiet,
    '--mantine-color-anchor': surfaces.dark.accent,
    '--mantine-color-error': surfaces.dark.bad,
    '--mantine-color-text': surfaces.dark.text,
    '--mantine-color-default-border': surfaces.dark.lineStrong,
    '--mantine-color-red-light-color': surfaces.dark.bad,
    '--mantine-color-yellow-light-color': surfaces.dark.warn,
    '--mantine-color-green-light-color': surfaces.dark.good,
    '--mantine-color-teal-light-color': surfaces.dark.accent,
  },
})

import { cloneElement, useState, type ComponentType, type HTMLAttributes, type ReactElement } from 'react'
import type { MenuProps } from '@mantine/core'

/** The button that opens it. */
export type MenuTarget = ReactElement<HTMLAttributes<HTMLButtonElement>>

interface Loaded<Items> {
  Frame: ComponentType<{ menu: MenuProps; target: MenuTarget; focused: boolean; items: ReactElement }>
  Items: ComponentType<Items>
}

/**
 * A menu whose code is fetched when it is first wanted: most visits open none. Until then its button says the same to the eye and to a
 * screen reader; pointing at it or tabbing to it begins the fetch.
 */
export const lazyMenu = <Items extends object>(menu: MenuProps, load: () => Promise<ComponentType<Items>>) => {
  let loading: Promise<Loaded<Items>> | undefined
  const fetched = () =>
    (loading ??= Promise.all([import('./MenuLoaded.tsx'), load()]).then(([{ MenuLoaded }, Items]) => ({
      Frame: MenuLoaded,
      Items,
    })))
  return function LazyMenu({ target, ...items }: Items & { target: MenuTarget }) {
    const [loaded, setLoaded] = useState<(Loaded<Items> & { focused: boolean }) | null>(null)
    if (loaded) {
      const { Frame, Items, focused } = loaded
      return <Frame menu={menu} target={target} focused={focused} items={<Items {...(items as unknown as Items)} />} />
    }
    const warm = () => void fetched().catch(() => (loading = undefined))
    return cloneElement(target, {
      'aria-haspopup': 'menu',
      'aria-expanded': false,
      onMouseEnter: warm,
      onFocus: warm,
      onClick: (event) => {
        const button = event.currentTarget
        fetched().then(
          (parts) => setLoaded({ ...parts, focused: document.activeElement === button }),
          (error: unknown) =>
            // Thrown while rendering, so that the page says what to do, as for any other part that cannot be fetched.
            setLoaded(() => {
              throw error
            }),
        )
      },
    })
  }
}

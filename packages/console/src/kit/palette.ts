/**
 * Our colours: one neutral ramp for each scheme, one accent, and red, amber and green for state only.
 * `theme.test.ts` computes the contrast of every pair that carries text.
 */
export const neutral = [
  '#f7f8f8',
  '#eff2f1',
  '#e4e8e7',
  '#d0d6d5',
  '#a9b2b1',
  '#7d8887',
  '#5a6665',
  '#434e4d',
  '#2a3332',
  '#161c1c',
] as const

/** Mantine's order: 0 is the lightest text, 7 the page, 9 the deepest. */
export const night = [
  '#e6eaea',
  '#c3caca',
  '#9aa5a4',
  '#73807f',
  '#384241',
  '#2a3332',
  '#1d2424',
  '#141919',
  '#0f1313',
  '#090c0c',
] as const

export const teal = [
  '#e6f5f3',
  '#c9e8e5',
  '#9bd3ce',
  '#67bbb4',
  '#3aa39b',
  '#1b8c84',
  '#0e776f',
  '#0a635c',
  '#084e49',
  '#063834',
] as const

export const red = [
  '#fdeeec',
  '#f9d8d4',
  '#f0aea7',
  '#e8877d',
  '#de6156',
  '#d0443a',
  '#b8322a',
  '#9b2720',
  '#7c1f1a',
  '#561512',
] as const
export const amber = [
  '#fdf3e1',
  '#f9e4bd',
  '#f0c983',
  '#e5ac4a',
  '#cf8f22',
  '#ad7412',
  '#8d5c0b',
  '#744a08',
  '#5a3a07',
  '#3e2805',
] as const
export const green = [
  '#e9f6ea',
  '#cfe9d2',
  '#a3d4a9',
  '#74bc7e',
  '#4aa356',
  '#2f8a3d',
  '#23732f',
  '#1b5f27',
  '#154b1f',
  '#0e3315',
] as const

/** What stands on what, per scheme. Components take these by CSS variable (`--hf-…`), never a colour of their own. */
export const surfaces = {
  light: {
    page: '#ffffff',
    rail: neutral[0],
    raised: '#ffffff',
    sunken: neutral[1],
    line: neutral[2],
    lineStrong: neutral[3],
    text: neutral[9],
    quiet: neutral[6],
    accent: teal[7],
    bad: red[7],
    badSoft: red[0],
    warn: amber[7],
    warnSoft: amber[0],
    good: green[7],
    goodSoft: green[0],
  },
  dark: {
    page: night[7],
    rail: night[8],
    raised: night[6],
    sunken: night[8],
    line: night[5],
    lineStrong: night[4],
    text: night[0],
    quiet: night[2],
    accent: teal[3],
    bad: red[3],
    badSoft: '#2e1716',
    warn: amber[3],
    warnSoft: '#2a2010',
    good: green[3],
    goodSoft: '#13261a',
  },
} as const

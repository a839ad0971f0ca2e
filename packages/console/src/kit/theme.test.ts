import { describe, expect, test } from 'vitest'
import { surfaces, teal, red } from './palette.ts'

const channel = (value: number): number => {
  const part = value / 255
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
}

/** Relative luminance, WCAG 2.2. */
const luminance = (hex: string): number => {
  const [r, g, b] = [1, 3, 5].map((at) => channel(Number.parseInt(hex.slice(at, at + 2), 16)))
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0)
}

const contrast = (a: string, b: string): number => {
  const [low, high] = [luminance(a), luminance(b)].toSorted((x, y) => x - y)
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05)
}

test('the formula itself: black on white is 21, equal colours are 1', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5)
  expect(contrast('#0a635c', '#0a635c')).toBe(1)
})

describe.each(['light', 'dark'] as const)('%s', (scheme) => {
  const s = surfaces[scheme]
  const backgrounds = ['page', 'rail', 'raised', 'sunken'] as const
  const inks = ['text', 'quiet', 'accent', 'bad', 'warn', 'good'] as const
  test.each(backgrounds.flatMap((on) => inks.map((ink) => [ink, on] as const)))('%s on %s is AA for text', (ink, on) => {
    expect(contrast(s[ink], s[on])).toBeGreaterThanOrEqual(4.5)
  })
  test.each([
    ['bad', 'badSoft'],
    ['warn', 'warnSoft'],
    ['good', 'goodSoft'],
    ['text', 'badSoft'],
    ['text', 'warnSoft'],
    ['text', 'goodSoft'],
    ['quiet', 'badSoft'],
    ['text', 'line'],
  ] as const)('%s on %s is AA for text', (ink, on) => {
    expect(contrast(s[ink], s[on])).toBeGreaterThanOrEqual(4.5)
  })
})

test('white on the filled buttons of both schemes is AA', () => {
  expect(contrast('#ffffff', teal[7])).toBeGreaterThanOrEqual(4.5)
  expect(contrast('#ffffff', teal[6])).toBeGreaterThanOrEqual(4.5)
  expect(contrast('#ffffff', red[7])).toBeGreaterThanOrEqual(4.5)
  expect(contrast('#ffffff', red[6])).toBeGreaterThanOrEqual(4.5)
})

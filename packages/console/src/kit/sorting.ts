export interface Sorting {
  key: string
  down: boolean
}

/** First click sorts up, the second down, the third not at all. */
export const turned = (now: Sorting | null, key: string): Sorting | null => {
  if (now?.key !== key) return { key, down: false }
  return now.down ? null : { key, down: true }
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

/** Nothing comes last, whichever way round. */
const compare = (a: string | number | null, b: string | number | null, down: boolean): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b))
  return down ? -order : order
}

export const sorted = <R>(
  rows: readonly R[],
  by: ((row: R) => string | number | null) | undefined,
  down: boolean,
): readonly R[] => (by ? rows.toSorted((a, b) => compare(by(a), by(b), down)) : rows)

import type { OutputOf, policy } from '@holdfast/contract'

export type DiffLine = OutputOf<typeof policy.diff>['lines'][number]

/** A line of a difference as it is shown: its number in either text, and a sign beside the colour. */
export interface DiffRow {
  kind: DiffLine['kind']
  sign: '+' | '−' | ' ' | '⋯'
  /** Null where the line does not exist in that text, or after a gap of unknown length. */
  before: number | null
  after: number | null
  text: string
  /** For a screen reader, which sees no colour. */
  label: string
}

const signs = { same: ' ', added: '+', removed: '−', skipped: '⋯' } as const
const labels = { same: '', added: 'added: ', removed: 'removed: ', skipped: '' } as const

/** How many lines a gap stands for, when its text begins with a number. */
const gapOf = (text: string): number | null => {
  const digits = /^\D{0,3}(\d+)/.exec(text)?.[1]
  return digits === undefined ? null : Number(digits)
}

/** Numbers the lines of both texts. */
export const diffRows = (lines: readonly DiffLine[]): DiffRow[] => {
  let before: number | null = 1
  let after: number | null = 1
  return lines.map(({ kind, text }) => {
    const row: DiffRow = {
      kind,
      sign: signs[kind],
      before: kind === 'same' || kind === 'removed' ? before : null,
      after: kind === 'same' || kind === 'added' ? after : null,
      text,
      label: labels[kind],
    }
    const gap = kind === 'skipped' ? gapOf(text) : null
    if (kind === 'skipped') {
      before = gap === null || before === null ? null : before + gap
      after = gap === null || after === null ? null : after + gap
    }
    if (before !== null && (kind === 'same' || kind === 'removed')) before++
    if (after !== null && (kind === 'same' || kind === 'added')) after++
    return row
  })
}

/** Such as "3 lines added, 1 removed". */
export const diffSummary = (added: number, removed: number): string =>
  added + removed === 0 ? 'No difference' : `${added} ${added === 1 ? 'line' : 'lines'} added, ${removed} removed`

import type { FailureKind } from '@holdfast/ledger'

/** What a broken chain means, for somebody who has never heard of hash chains. One sentence a kind. */
export const meanings: Record<FailureKind, string> = {
  body_changed: 'Its text is not the text that was recorded: somebody changed it afterwards, outside the application.',
  hash_changed: 'Its own hash was replaced: what is stored no longer follows from what the entry says.',
  link_broken: 'It does not follow on from the entry before it: one of the two is not the original.',
  missing: 'An entry that was recorded there is gone.',
  reordered: 'Entries stand in another order than the one they were written in.',
  inserted: 'An entry stands there that was never written by the ledger.',
  time_went_back: 'It claims to be older than the entry before it; the ledger never writes that.',
  truncated:
    'Entries at the end are gone. What is left fits together; that there was more is known from what was written down about it before.',
  rewritten: 'The chain fits together, but it is not the chain that a checkpoint held outside was made of: it was written anew.',
  malformed: 'It is not in the format of the ledger, so nothing after it can be trusted either.',
  checkpoint_invalid: 'A checkpoint does not fit the entries that come with it.',
}

const number = new Intl.NumberFormat('en')
/** "12,345". The kit has the same, but it would bring the pages' components into the worker. */
export const count = (value: number): string => number.format(value)

export const entriesInWords = (entries: number): string => `${count(entries)} ${entries === 1 ? 'entry' : 'entries'}`

const units = ['B', 'kB', 'MB', 'GB'] as const
/** Decimal units: 1 kB is 1000 bytes. */
export const bytesInWords = (bytes: number): string => {
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  const value = bytes / 1000 ** step
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[step] ?? 'B'}`
}

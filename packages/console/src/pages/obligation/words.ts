import type { obligations, OutputOf } from '@holdfast/contract'
import type { StateKind } from '../../kit/index.ts'

export type Row = OutputOf<typeof obligations.list>['rows'][number]
export type Detail = OutputOf<typeof obligations.read>
export type Happened = Detail['events'][number]
export type Ahead = Detail['next'][number]

/** What the list can show, with what an empty list says. */
export const shows = {
  open: { label: 'Everything owed', empty: 'Nothing is owed' },
  overdue: { label: 'Overdue', empty: 'Nothing is overdue' },
  due_soon: { label: 'Due within 7 days', empty: 'Nothing is due within seven days' },
  paused: { label: 'Paused', empty: 'Nothing is paused' },
  met: { label: 'Done', empty: 'Nothing has been done yet' },
  withdrawn: { label: 'No longer owed', empty: 'Nothing was withdrawn' },
} as const
export type Show = keyof typeof shows
export const isShow = (value: string | undefined): value is Show => value !== undefined && Object.hasOwn(shows, value)

/** Where an obligation stands, in one word. */
export const stateOf = ({ state, late }: Pick<Row, 'state' | 'late'>): { kind: StateKind; word: string } => {
  if (state === 'running') return late ? { kind: 'bad', word: 'Overdue' } : { kind: 'accent', word: 'Running' }
  if (state === 'paused') return { kind: 'warn', word: 'Paused' }
  if (state === 'met') return late ? { kind: 'warn', word: 'Done late' } : { kind: 'good', word: 'Done in time' }
  return { kind: 'quiet', word: state === 'rebased' ? 'New deadline' : 'No longer owed' }
}

const told = (to: string | null, answerable: string, roles: Record<string, string>): string =>
  to === null || to === 'answerable' ? answerable : `every ${roles[to] ?? to}`

/** What happened, as a sentence without its subject. */
export const happenedInWords = ({ kind, to }: Happened, roles: Record<string, string>): string => {
  const words: Record<Happened['kind'], string> = {
    opened: 'Opened',
    warned: 'Warned whoever owes it',
    skipped: 'A warning was passed over: the clock came back after it was due',
    breached: 'The deadline passed',
    escalated: `Brought to the attention of ${told(to, 'whoever owes it', roles)}`,
    paused: 'Paused',
    resumed: 'Went on',
    met: 'Done',
    withdrawn: 'No longer owed',
    rebased: 'Replaced by one with another deadline',
  }
  return words[kind]
}

/** What the clock will do. */
export const aheadInWords = ({ kind, to }: Ahead, roles: Record<string, string>): string => {
  if (kind === 'warned') return 'Warns whoever owes it'
  return kind === 'breached' ? 'The deadline' : `Tells ${told(to, 'whoever owes it, again', roles)}`
}

/** "2026-12-25 Christmas", one a line; null where a line is no date with a name. */
export const holidaysOf = (text: string): { on: string; name: string }[] | null => {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const days = lines.map((line) => /^(\d{4}-\d{2}-\d{2})\s+(\S.*)$/.exec(line))
  return days.every((day) => day !== null && !Number.isNaN(Date.parse(day[1] ?? '')))
    ? days.map((day) => ({ on: day?.[1] ?? '', name: day?.[2] ?? '' }))
    : null
}

import type { OutputOf, recording } from '@holdfast/contract'
import type { StateKind } from '../kit/index.ts'

export type Row = OutputOf<typeof recording.list>['rows'][number]

export const kindWords: Record<Row['kind'], string> = {
  terminal: 'Terminal',
  command: 'Command',
  transfer: 'File transfer',
}
export const kindOptions = (Object.keys(kindWords) as Row['kind'][]).map((value) => ({ value, label: kindWords[value] }))
export const isKind = (text: string | undefined): text is Row['kind'] => text !== undefined && text in kindWords

const states: Record<Row['state'], { kind: StateKind; word: string; sentence: string }> = {
  running: { kind: 'accent', word: 'Running', sentence: 'The session goes on; what it shows arrives within seconds.' },
  complete: { kind: 'good', word: 'Complete', sentence: 'Everything, to the end of the session.' },
  cut_off: { kind: 'warn', word: 'Cut off', sentence: 'The recorder stopped before it could end: what came after is not known.' },
}
export const stateOf = ({ state }: Pick<Row, 'state'>) => states[state]
export const stateOptions = (Object.keys(states) as Row['state'][]).map((value) => ({ value, label: states[value].word }))
export const isState = (text: string | undefined): text is Row['state'] => text !== undefined && text in states

/** What was done, in one line: the command, or what kind of session it was. */
export const whatOf = ({ kind, command }: Pick<Row, 'kind' | 'command'>): string =>
  kind === 'command' && command !== null ? command : kindWords[kind]

/** "0:07", "12:05", "1:02:05". */
export const clockOf = (seconds: number): string => {
  const whole = Math.floor(seconds)
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

/** For a screen reader: "1 minute 5 seconds". */
export const spoken = (seconds: number): string => {
  const whole = Math.floor(seconds)
  const part = (value: number, name: string) => (value === 0 ? [] : [`${value} ${name}${value === 1 ? '' : 's'}`])
  const parts = [
    ...part(Math.floor(whole / 3600), 'hour'),
    ...part(Math.floor((whole % 3600) / 60), 'minute'),
    ...part(whole % 60, 'second'),
  ]
  return parts.join(' ') || '0 seconds'
}

export const found = { recording_not_found: 'There is no such recording; after a year it is deleted.' }
export const opened = {
  ...found,
  recording_damaged:
    'A part of it does not open: it was changed in the database, behind the application. The check below says where.',
}

import { worstSkewSeconds, type host, type OutputOf } from '@holdfast/contract'
import type { StateKind } from '../../kit/index.ts'

export type Row = OutputOf<typeof host.list>['rows'][number]
export type Detail = OutputOf<typeof host.read>
export type Issued = OutputOf<typeof host.register>

const isWrong = (skew: number | null): skew is number => skew !== null && Math.abs(skew) > worstSkewSeconds

/** `3600 s ahead`, `right`. */
export const skewWords = (skew: number): string =>
  Math.abs(skew) <= 1 ? 'right' : `${Math.abs(skew)} s ${skew > 0 ? 'ahead' : 'behind'}`

/** How far what a server knows can be relied on, in a word and a sentence. */
export const standingOf = ({
  state,
  standing,
  clockSkewSeconds,
}: Pick<Row, 'state' | 'standing' | 'clockSkewSeconds'>): { kind: StateKind; word: string; why: string } => {
  if (state === 'retired') return { kind: 'quiet', word: 'Retired', why: 'Its agent is refused, and nobody gets in through it.' }
  if (state === 'waiting')
    return { kind: 'warn', word: 'Not enrolled', why: 'Its agent has not yet called. Run the command of its enrolment on it.' }
  if (standing !== 'silent' && isWrong(clockSkewSeconds))
    return {
      kind: 'bad',
      word: 'Clock wrong',
      why: `Its clock is ${skewWords(clockSkewSeconds)}, so that nobody can log in. Deadlines hold.`,
    }
  const words: Record<Row['standing'], { kind: StateKind; word: string; why: string }> = {
    current: { kind: 'good', word: 'Current', why: 'It has said that it knows the newest change of access.' },
    catching_up: {
      kind: 'quiet',
      word: 'Catching up',
      why: 'Access changed some seconds ago, and it has not yet said that it knows.',
    },
    behind: { kind: 'warn', word: 'Behind', why: 'It has not yet said that it knows the newest change of access.' },
    silent: { kind: 'bad', word: 'Silent', why: 'Nothing was heard of it for two minutes: look at the machine, or its network.' },
    none: { kind: 'quiet', word: 'Unknown', why: 'It is not enrolled.' },
  }
  return words[standing]
}

export const whenStaleWords: Record<Row['whenStale'], string> = {
  refuse: 'Refuses logins',
  allow: 'Goes on with what it last knew',
}

export const stateOptions: readonly { value: Row['state']; label: string }[] = [
  { value: 'enrolled', label: 'Enrolled' },
  { value: 'waiting', label: 'Not enrolled' },
  { value: 'retired', label: 'Retired' },
]
export const isHostState = (value: string | undefined): value is Row['state'] =>
  stateOptions.some((option) => option.value === value)

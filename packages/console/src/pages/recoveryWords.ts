import type { OutputOf, recovery } from '@holdfast/contract'
import type { StateKind } from '../kit/index.ts'

export type Recovery = OutputOf<typeof recovery.read>

export const stateWords: Record<Recovery['state'], [kind: StateKind, words: string]> = {
  asked: ['warn', 'Waits for two of you'],
  confirmed: ['accent', 'Confirmed; can be stopped'],
  used: ['good', 'A new factor was enrolled'],
  stopped: ['bad', 'Stopped by the person'],
  refused: ['quiet', 'Refused'],
  lapsed: ['quiet', 'Lapsed'],
}

/** For the codes that more than one of its commands declares. */
export const refused = {
  recovery_not_found: 'That is not there any more.',
  not_open: 'It was decided, stopped or has lapsed meanwhile.',
  own_recovery: 'It is your own. Two others decide; stop it with the link in your mail.',
  not_recoverable_here:
    'This organisation alone cannot recover it: the person belongs to another organisation too, which must remove them first.',
} as const

export const askRefused = {
  no_factor_lost: 'There is no second factor that could be lost.',
  already_asked: 'It was asked for already.',
  not_recoverable_here:
    'Your organisation alone cannot do it, because you belong to another one too. Leave or be removed from every other, then ask again.',
} as const

import type { staffAccess, OutputOf } from '@holdfast/contract'
import type { StateKind } from '../kit/index.ts'

type Terms = Pick<OutputOf<typeof staffAccess.list>['rows'][number], 'state' | 'role' | 'write'>

const states: Record<Terms['state'], { kind: StateKind; word: string }> = {
  requested: { kind: 'warn', word: 'Waits for an answer' },
  live: { kind: 'accent', word: 'Live' },
  denied: { kind: 'bad', word: 'Denied' },
  cancelled: { kind: 'quiet', word: 'Taken back' },
  lapsed: { kind: 'quiet', word: 'Not answered' },
  ended: { kind: 'quiet', word: 'Ended' },
}
export const staffState = ({ state }: Pick<Terms, 'state'>) => states[state]

/** How far it reaches: "Reads as a Viewer". */
export const reachInWords = ({ role, write }: Pick<Terms, 'role' | 'write'>): string =>
  `Reads as a ${role === 'viewer' ? 'Viewer' : 'Reviewer'}${write ? '; changes drafts of policies, and deadlines' : ''}`

export const staffDurations = [900, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600]

export const codeRefusals = {
  code_needed: 'Use a passkey, or enter a code from your authenticator app, for this.',
  passkey_refused: 'That passkey was not accepted. It confirms exactly what the form said, within five minutes: try again.',
  no_factor: 'You have no second factor yet. Add a passkey or an authenticator app under Account & security first.',
  code_refused: 'That code was not accepted. Each works once: wait for the next one, or use a recovery code.',
}
export const staffFound = { staff_access_not_found: 'There is no such access.' }
export const notLive = { staff_access_not_live: 'It is over already, or was never agreed to.' }

import { emergencyKey, obligations, type breakGlass, type EmergencyKeyKind, type OutputOf } from '@holdfast/contract'

export type Use = OutputOf<typeof breakGlass.list>['rows'][number]
export type Key = OutputOf<typeof emergencyKey.list>['rows'][number]

export const kindWords: Record<EmergencyKeyKind, string> = {
  certificate: 'A key with a certificate',
  authority: 'The authority’s private key',
}

/** The answers that a change of a record makes old. */
export const emergencyKeyAnswers = [emergencyKey.list, obligations.mine, obligations.list, obligations.read] as const

export const keyRefusals = {
  key_not_found: 'There is no such record.',
  key_ended: 'A colleague ended this record meanwhile.',
  dates_wrong: '',
} as const

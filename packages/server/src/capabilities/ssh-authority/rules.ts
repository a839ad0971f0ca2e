import type { SshRotation } from '@holdfast/contract'
import type { Selectable } from 'kysely'
import type { z } from 'zod'
import type { Database } from '../../kernel/tenancy/schema.ts'

export type RotationRow = Selectable<Database['sshRotation']>
export type RotationState = z.infer<typeof SshRotation>['state']

const minuteMs = 60_000
/** Every certificate of a person brings the lines of all host authorities along and lasts a quarter of an hour at most. */
export const clientsKnowMs = 15 * minuteMs
/** For what the old key signed last: a person's certificate, and some minutes for whoever was about to sign; a bundle. */
const livesMs = { user: 20 * minuteMs, revocations: 10 * minuteMs, host: 0 } as const
/** Of a host certificate whose end was not noted. */
export const unnotedCertificateMs = 14 * 86_400_000

export const rotationState = ({ madeAt, movedAt, retiredAt }: RotationRow): RotationState => {
  if (retiredAt !== null) return 'done'
  if (movedAt !== null) return 'moved'
  return madeAt === null ? 'making' : 'announced'
}

/**
 * Whether the next step may be taken. `waiting`: how many hosts are not through. A key for bundles waits for every host, since one that has not
 * heard of it when the old one goes must be enrolled again; clients, and not hosts, must know a new host authority before it signs.
 */
export const mayAdvance = (row: RotationRow, waiting: number, now: Date): boolean => {
  const since = (at: Date | null): number => (at === null ? 0 : now.getTime() - at.getTime())
  switch (rotationState(row)) {
    case 'making':
      return true
    case 'announced':
      if (row.purpose === 'host') return since(row.madeAt) >= clientsKnowMs
      return waiting === 0 || (row.purpose === 'user' && now >= row.movesAt)
    case 'moved':
      return since(row.movedAt) >= livesMs[row.purpose] && (row.purpose === 'user' || waiting === 0)
    case 'done':
      return false
  }
}

/** When time alone may make the next step possible; null where only hosts can. */
export const looksAgainAt = (row: RotationRow): Date | null => {
  const { madeAt, movedAt, movesAt, purpose } = row
  if (movedAt !== null) return purpose === 'host' ? null : new Date(movedAt.getTime() + livesMs[purpose])
  if (madeAt === null || purpose === 'revocations') return null
  return purpose === 'host' ? new Date(madeAt.getTime() + clientsKnowMs) : movesAt
}

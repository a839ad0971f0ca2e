import type { SecretRow } from '@holdfast/contract'
import type { z } from 'zod'

export type Secret = z.infer<typeof SecretRow>

/** How often each kind is to be rotated, days (D3). */
export const rotateEveryDays: Record<Secret['kind'], number> = {
  master_key: 365,
  data_key: 365,
  token_signing_key: 90,
  checkpoint_key: 365,
  database_password: 90,
  refresh_key: 90,
}

export interface KnownSecret extends Pick<Secret, 'name' | 'kind' | 'owner' | 'version' | 'storedIn'> {
  createdAt: Date
  /** What is replaced already is not due, however old. */
  inUse: boolean
  /** Where the kind's own interval does not fit. */
  everyDays?: number
}

/** A secret with its age, as both pages of keys show it. */
export const withAge = ({ createdAt, inUse, everyDays, ...secret }: KnownSecret, now: Date): Secret => {
  const ageDays = Math.max(0, Math.floor((now.getTime() - createdAt.getTime()) / 86_400_000))
  const every = everyDays ?? rotateEveryDays[secret.kind]
  return { ...secret, createdAt: createdAt.toISOString(), ageDays, rotateEveryDays: every, due: inUse && ageDays >= every }
}

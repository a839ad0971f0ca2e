import type { Access } from './access-log.ts'
import { newId } from './identifier.ts'
import { sealOrigin } from './ledger/entry.ts'
import type { StaffPrincipal } from './principal.ts'
import type { StaffEntrance } from './tenancy/transaction.ts'
import { readIn, type Ground } from './unit.ts'

/** Has a transaction begin, and so enter, that nothing was asked of. */
export const touch = { text: 'select 1', values: [] }

/**
 * How staff enter a customer's organisation (C5). The row of the access log is written by the same statement that asks whether the grant is
 * live: where it cannot be written, nothing is read. `access`: what is about to be read; null for a change.
 */
export const staffEntrance = async (
  ground: Ground,
  { grantId, orgId }: StaffPrincipal,
  access: Access | null,
): Promise<StaffEntrance> => {
  if (!access) return { grantId, noted: null }
  const { at, operation, target, origin, permission } = access
  const id = newId('al')
  const sealed = await readIn(ground, orgId, null, ({ vault }) => sealOrigin(vault, origin, id))
  return { grantId, noted: JSON.stringify({ id, at, operation, target, permission, origin: sealed.toString('base64') }) }
}

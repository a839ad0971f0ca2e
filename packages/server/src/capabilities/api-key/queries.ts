import { apiKey, ApiKeyId, type PersonId, Role, rolesWith } from '@holdfast/contract'
import type { z } from 'zod'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle, type Context } from '../../kernel/handle.ts'
import { isPerson } from '../../kernel/principal.ts'
import './table.ts'

export const columns = ['id', 'name', 'role', 'createdBy', 'createdAt', 'expiresAt', 'lastUsedAt'] as const

interface Row {
  id: string
  name: string
  role: string
  createdBy: string
  createdAt: Date
  expiresAt: Date | null
  lastUsedAt: Date | null
}
/** A key without a date of its own shows this one. */
const forever = new Date('9999-12-31T00:00:00.000Z')

export const present = ({ id, name, role, createdBy, createdAt, expiresAt, lastUsedAt }: Row) => ({
  id: id as z.infer<typeof ApiKeyId>,
  name,
  role: Role.parse(role),
  personId: createdBy as PersonId,
  createdAt: createdAt.toISOString(),
  expiresAt: (expiresAt ?? forever).toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
})

/** Owners and Admins see and revoke everybody's keys, others their own. */
export const ownerFilter = ({ principal, person }: Pick<Context, 'principal' | 'person'>): PersonId | null =>
  isPerson(principal) && rolesWith('key:manage').includes(principal.role) ? null : person()

/** Keys that were not revoked, newest first; expired ones show, so that people see what stopped working. */
export const list = handle(apiKey.list, async ({ limit, after, personId }, { tx, principal, person }) => {
  const cursor = cursorOf(ApiKeyId, after)
  const owner = ownerFilter({ principal, person })
  let query = tx.selectFrom('apiKey').select(columns).where('revokedAt', 'is', null)
  if (owner !== null) query = query.where('createdBy', '=', owner)
  if (personId !== undefined) query = query.where('createdBy', '=', personId)
  if (cursor !== null) query = query.where('id', '<', cursor)
  const rows = await query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit)
  return { rows: shown.map(present), next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
})

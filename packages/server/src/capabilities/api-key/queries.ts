import { apiKey, ApiKeyId } from '@holdfast/contract'
import type { ExpressionBuilder } from 'kysely'
import { keyColumns, presentKey } from '../../kernel/api-keys.ts'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle, type Context } from '../../kernel/handle.ts'
import { holds } from '../../kernel/permit.ts'
import type { Database } from '../../kernel/tenancy/schema.ts'

/** Owners and Admins see and revoke everybody's keys and those of service accounts, others the ones that act as themselves. */
export const mineOrAll = ({ principal, person }: Pick<Context, 'principal' | 'person'>) => {
  const me = holds(principal, 'key:manage') ? null : person()
  return ({ and, eb, lit }: ExpressionBuilder<Database, 'apiKey'>) =>
    me === null ? lit(true) : and([eb('createdBy', '=', me), eb('serviceAccountId', 'is', null)])
}

/** Keys that were not revoked, newest first; expired ones show, so that people see what stopped working. */
export const list = handle(apiKey.list, async ({ limit, after, personId }, context) => {
  const cursor = cursorOf(ApiKeyId, after)
  let query = context.tx.selectFrom('apiKey').select(keyColumns).where('revokedAt', 'is', null).where(mineOrAll(context))
  if (personId !== undefined) query = query.where('createdBy', '=', personId).where('serviceAccountId', 'is', null)
  if (cursor !== null) query = query.where('id', '<', cursor)
  const rows = await query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit)
  return {
    rows: shown.map((row) => presentKey(row, context.now)),
    next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
  }
})

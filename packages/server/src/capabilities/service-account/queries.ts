import { serviceAccount, ServiceAccountId, Scope, ServiceRole } from '@holdfast/contract'
import { keyColumns, presentKey } from '../../kernel/api-keys.ts'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle } from '../../kernel/handle.ts'
import { holds } from '../../kernel/permit.ts'
import { readAccounts } from './rows.ts'

export const list = handle(serviceAccount.list, async ({ limit, after, show }, { tx, now }) => {
  const past = cursorOf(ServiceAccountId, after)
  const rows = await readAccounts(tx, { live: show === 'live', past, limit: limit + 1, now })
  const page = rows.slice(0, limit)
  return { rows: page, next: rows.length > limit ? (page.at(-1)?.id ?? null) : null }
})

export const read = handle(serviceAccount.read, async ({ id }, { tx, now, fail }) => {
  const [account] = await readAccounts(tx, { id, limit: 1, now })
  if (!account) throw fail('account_not_found')
  const keys = await tx
    .selectFrom('apiKey')
    .select(keyColumns)
    .where('serviceAccountId', '=', id)
    .where('revokedAt', 'is', null)
    .orderBy('id', 'desc')
    .limit(100)
    .execute()
  return { ...account, keys: keys.map((row) => presentKey(row, now)) }
})

/** For the program that holds the key: who it is, before it does anything. */
export const current = handle(serviceAccount.current, async (_, { tx, principal, orgId, fail }) => {
  if (principal.kind !== 'service') throw fail('no_service_account', 'This is a person’s session or key.')
  const { serviceAccountId: id } = principal
  const account = await tx.selectFrom('serviceAccount').select('name').where('id', '=', id).executeTakeFirstOrThrow()
  const org = await tx.selectFrom('org').select('name').executeTakeFirstOrThrow()
  const permissions = Scope.options.filter((scope) => holds(principal, scope))
  return {
    id,
    name: account.name,
    role: ServiceRole.parse(principal.role),
    organisation: { id: orgId, name: org.name },
    permissions,
  }
})

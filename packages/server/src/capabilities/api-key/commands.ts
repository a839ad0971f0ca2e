import { createApiKey } from '@holdfast/crypto'
import { apiKey, ApiKeyId, type PersonId, type Role } from '@holdfast/contract'
import { handle } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { after, days } from '../../kernel/identity/lifetimes.ts'
import { lockRoles } from '../../kernel/membership.ts'
import { common } from '../../kernel/problem.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { columns, ownerFilter, present } from './queries.ts'
import { refusalOf } from './rules.ts'

/** Why this person may have no such key. Holds the membership until commit, so that two requests cannot both take the last place. */
const refusal = async (tx: OrgTx, me: PersonId, role: Role, now: Date) => {
  const mine = (await lockRoles(tx, [me])).get(me)
  if (mine === undefined) throw common('forbidden')
  const { live } = await tx
    .selectFrom('apiKey')
    .select(({ fn }) => fn.countAll<string>().as('live'))
    .where('createdBy', '=', me)
    .where('revokedAt', 'is', null)
    .where((key) => key.or([key('expiresAt', 'is', null), key('expiresAt', '>', now)]))
    .executeTakeFirstOrThrow()
  return refusalOf(mine, role, Number(live))
}

/** The secret leaves in this answer and is kept nowhere; its SHA-256 is enough, since it is 256 random bits. */
export const create = handle(apiKey.create, async ({ name, role, days: count }, { tx, person, now, fail }) => {
  const me = person()
  const refused = await refusal(tx, me, role, now)
  if (refused) throw fail(refused)
  const id = newIdOf(ApiKeyId, 'ak')
  const { key, secretHash } = createApiKey(id)
  const values = {
    id,
    name,
    secretHash,
    role,
    createdBy: me,
    createdAt: now,
    expiresAt: after(now, days(count)),
    lastUsedAt: null,
    revokedAt: null,
  }
  return { ...present(await tx.insertInto('apiKey').values(values).returning(columns).executeTakeFirstOrThrow()), key }
})

/** The secret was made where it will be used and never comes here. An id that exists anywhere is refused: keys are found by it alone. */
export const authorise = handle(
  apiKey.authorise,
  async ({ id, secretHash, name, role, days: count }, { tx, person, now, fail }) => {
    const me = person()
    const refused = await refusal(tx, me, role, now)
    if (refused) throw fail(refused)
    const expiresAt = after(now, days(count))
    const values = {
      id,
      name,
      secretHash: Buffer.from(secretHash, 'hex'),
      role,
      createdBy: me,
      createdAt: now,
      expiresAt,
      lastUsedAt: null,
      revokedAt: null,
    }
    const key = await tx
      .insertInto('apiKey')
      .values(values)
      .onConflict((conflict) => conflict.doNothing())
      .returning(columns)
      .executeTakeFirst()
    if (!key) throw fail('key_exists')
    return present(key)
  },
)

export const revoke = handle(apiKey.revoke, async ({ id }, { tx, principal, person, now, fail }) => {
  const owner = ownerFilter({ principal, person })
  const revoked = await tx
    .updateTable('apiKey')
    .set({ revokedAt: now })
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .$if(owner !== null, (query) => query.where('createdBy', '=', owner ?? ''))
    .returning('id')
    .executeTakeFirst()
  if (!revoked) throw fail('key_not_found')
  return { id }
})

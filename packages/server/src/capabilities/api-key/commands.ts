import { createApiKey } from '@holdfast/crypto'
import { apiKey, type PersonId, type Role, type Scope } from '@holdfast/contract'
import { endGrants } from '../../kernel/access/ending.ts'
import { grantsEndBy } from '../../kernel/access/secret-ends.ts'
import { countLiveKeys, holdsAll, insertKey, keyColumns, makeKey, presentKey } from '../../kernel/api-keys.ts'
import { handle, type Context, type Entered } from '../../kernel/handle.ts'
import { after, days } from '../../kernel/identity/lifetimes.ts'
import { lockRoles } from '../../kernel/membership.ts'
import { holds } from '../../kernel/permit.ts'
import { isPerson } from '../../kernel/principal.ts'
import { common } from '../../kernel/problem.ts'
import { personIn } from '../../kernel/request.ts'
import { isWeaker, serviceAccountRole } from '../../kernel/service-accounts.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { mineOrAll } from './queries.ts'
import { refusalOf } from './rules.ts'

type Caller = Pick<Context, 'tx' | 'principal' | 'now'>

const roleNow = async (tx: OrgTx, me: PersonId): Promise<Role> => {
  const mine = (await lockRoles(tx, [me])).get(me)
  if (mine === undefined) throw common('forbidden')
  return mine
}

/** Why this person may have no such key. Holds the membership until commit, so that two requests cannot both take the last place. */
const refusal = async ({ tx, principal, now }: Caller, me: PersonId, role: Role, scopes: readonly Scope[] | undefined) => {
  const mine = await roleNow(tx, me)
  const operator = isPerson(principal) && principal.operator
  return refusalOf(mine, role, holdsAll(scopes, role, operator), await countLiveKeys(tx, { person: me }, now))
}

export const create = handle(apiKey.create, async (input, context) => {
  const me = context.person()
  const refused = await refusal(context, me, input.role, input.scopes)
  if (refused) throw context.fail(refused)
  return makeKey(context.tx, { ...input, createdBy: me, serviceAccountId: null }, context.now)
})

/** The secret was made where it will be used and never comes here. */
export const authorise = handle(apiKey.authorise, async ({ secretHash, ...input }, context) => {
  const { tx, now, fail } = context
  const me = context.person()
  const refused = await refusal(context, me, input.role, input.scopes)
  if (refused) throw fail(refused)
  const hash = Buffer.from(secretHash, 'hex')
  const key = await insertKey(tx, { ...input, secretHash: hash, createdBy: me, serviceAccountId: null }, now)
  if (!key) throw fail('key_exists')
  return key
})

/**
 * Whoever is shown the new secret can act by it: so only the person themselves for a key that acts as them, whatever others manage, and for a
 * service account only somebody stronger than it.
 */
const mayRotate = async (
  context: Pick<Context, 'tx' | 'principal' | 'person'>,
  key: { createdBy: string; serviceAccountId: string | null },
) => {
  const { tx, principal } = context
  const me = context.person()
  if (key.serviceAccountId === null) return key.createdBy === me ? 'yes' : 'unseen'
  if (!holds(principal, 'service-account:manage')) return 'unseen'
  const account = await serviceAccountRole(tx, key.serviceAccountId)
  if (account === null) return 'unseen'
  return isWeaker(account, await roleNow(tx, me)) ? 'yes' : 'too_strong'
}

/** What a service account asked for with a secret that opens nothing any more ends with it. */
const endEarlier = async (context: Entered & Pick<Context, 'principal' | 'now'>, keyId: string, beforeGeneration?: number) => {
  const of = beforeGeneration === undefined ? { keyId } : { keyId, beforeGeneration }
  await endGrants(context, of, { reason: 'account_ended', by: personIn(context.principal), now: context.now })
}

export const rotate = handle(apiKey.rotate, async ({ id, overlapHours, days: count }, context) => {
  const { tx, now, fail } = context
  const row = await tx
    .selectFrom('apiKey')
    .select(['createdBy', 'serviceAccountId', 'secretHash', 'expiresAt', 'generation'])
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  const may = row ? await mayRotate(context, row) : 'unseen'
  if (!row || may === 'unseen') throw fail('key_not_found')
  if (may === 'too_strong')
    throw fail('role_too_strong', 'Only somebody with a stronger role than the account may see its secret.')
  if (row.expiresAt !== null && row.expiresAt <= now) throw fail('key_expired', 'Create a new key in its place.')
  const { key, secretHash } = createApiKey(id)
  const old =
    overlapHours === 0
      ? { oldSecretHash: null, oldUntil: null }
      : { oldSecretHash: row.secretHash, oldUntil: after(now, overlapHours * 3_600_000) }
  const changed = await tx
    .updateTable('apiKey')
    .set({
      ...{ secretHash, ...old, createdBy: context.person(), rotatedAt: now, expiresAt: after(now, days(count)) },
      // Somebody strong enough was shown this one; a person's own key does no more than before.
      ...(row.serviceAccountId !== null && { cutShortAt: null, cutShortWhy: null }),
    })
    .where('id', '=', id)
    .returning(keyColumns)
    .executeTakeFirstOrThrow()
  await endEarlier(context, id, old.oldUntil === null ? row.generation + 1 : row.generation)
  if (old.oldUntil !== null) await grantsEndBy(context, [id], old.oldUntil, { by: context.person(), now })
  return { ...presentKey(changed, now), key }
})

export const endOverlap = handle(apiKey.endOverlap, async ({ id }, context) => {
  const { tx, now, fail } = context
  const mine = mineOrAll(context)
  const row = await tx
    .selectFrom('apiKey')
    .select(['oldUntil', 'generation'])
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .where(mine)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw fail('key_not_found')
  if (row.oldUntil === null || row.oldUntil <= now) throw fail('no_overlap')
  await tx.updateTable('apiKey').set({ oldSecretHash: null, oldUntil: null }).where('id', '=', id).execute()
  await endEarlier(context, id, row.generation)
  return { id }
})

export const revoke = handle(apiKey.revoke, async ({ id }, context) => {
  const revoked = await context.tx
    .updateTable('apiKey')
    .set({ revokedAt: context.now })
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .where(mineOrAll(context))
    .returning('id')
    .executeTakeFirst()
  if (!revoked) throw context.fail('key_not_found')
  await endEarlier(context, id)
  return { id }
})

import {
  days,
  PersonId,
  Role,
  serviceAccount,
  ServiceAccountId,
  serviceAccountOwner,
  rolesWith,
  serviceAccountReview,
} from '@holdfast/contract'
import { endGrants } from '../../kernel/access/ending.ts'
import { countLiveKeys, holdsAll, makeKey } from '../../kernel/api-keys.ts'
import { handle, type Context } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { lockRoles } from '../../kernel/membership.ts'
import { holds } from '../../kernel/permit.ts'
import { isPerson } from '../../kernel/principal.ts'
import { common, type Problem } from '../../kernel/problem.ts'
import { personIn } from '../../kernel/request.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { countAccounts, lockAccount, shown } from './rows.ts'
import { liveAccounts, liveKeys, mayShape } from './rules.ts'

type Refuse = (code: 'account_not_found' | 'account_disabled') => Problem

const liveAccount = async (tx: OrgTx, id: string, refuse: Refuse) => {
  const row = await lockAccount(tx, id)
  if (!row) throw refuse('account_not_found')
  if (row.disabledAt) throw refuse('account_disabled')
  return row
}

/** The caller's role as it is now: somebody may have demoted them a moment ago. */
const roleNow = async ({ tx, person }: Pick<Context, 'tx' | 'person'>): Promise<Role> => {
  const mine = (await lockRoles(tx, [person()])).get(person())
  if (mine === undefined) throw common('forbidden')
  return mine
}

const isMember = async (tx: OrgTx, personId: PersonId): Promise<boolean> => (await lockRoles(tx, [personId])).has(personId)

const nameTaken = async (tx: OrgTx, name: string, except: string | null): Promise<boolean> => {
  const same = tx.selectFrom('serviceAccount').select('id').where('name', '=', name).where('disabledAt', 'is', null)
  const found = await same.executeTakeFirst()
  return found !== undefined && found.id !== except
}

const reviewOf = (account: { id: string; name: string; ownerId: string; reviewEveryDays: number }) => ({
  ...{ subject: account.id, label: account.name, person: PersonId.parse(account.ownerId) },
  within: days(account.reviewEveryDays),
})

export const create = handle(serviceAccount.create, async (input, context) => {
  const { tx, now, obligations, fail } = context
  if (!mayShape(await roleNow(context), [input.role]))
    throw fail('role_too_strong', 'A service account is always weaker than whoever makes it.')
  if (!(await isMember(tx, input.ownerId))) throw fail('member_not_found')
  if ((await countAccounts(tx)) >= liveAccounts) throw fail('too_many_accounts', 'Disable one that is not needed any more.')
  if (await nameTaken(tx, input.name, null)) throw fail('name_taken')
  const id = newIdOf(ServiceAccountId, 'sa')
  const account = { ...input, id, createdBy: context.person(), createdAt: now, disabledAt: null }
  await tx.insertInto('serviceAccount').values(account).execute()
  await obligations.open(serviceAccountReview, reviewOf(account))
  return shown(tx, id, now)
})

export const update = handle(serviceAccount.update, async ({ id, name, purpose, role }, context) => {
  const { tx, now, fail } = context
  const account = await liveAccount(tx, id, fail)
  const roles = [Role.parse(account.role), ...(role === undefined ? [] : [role])]
  if (!mayShape(await roleNow(context), roles))
    throw fail('role_too_strong', 'Only somebody stronger than the account may change it.')
  if (name !== undefined && (await nameTaken(tx, name, id))) throw fail('name_taken')
  const change = {
    ...(name !== undefined && { name }),
    ...(purpose !== undefined && { purpose }),
    ...(role !== undefined && { role }),
  }
  if (Object.keys(change).length > 0) await tx.updateTable('serviceAccount').set(change).where('id', '=', id).execute()
  if (role !== undefined && !rolesWith('access:request').includes(role))
    await endGrants(context, { serviceAccountId: id }, { reason: 'not_entitled', by: context.person(), now })
  return shown(tx, id, now)
})

/** The review moves to the new owner and begins anew: they have to look at what they took over. */
export const reassign = handle(serviceAccount.reassign, async ({ id, ownerId }, context) => {
  const { tx, now, obligations, fail } = context
  const account = await liveAccount(tx, id, fail)
  if (!(await isMember(tx, ownerId))) throw fail('member_not_found')
  await tx.updateTable('serviceAccount').set({ ownerId }).where('id', '=', id).execute()
  await obligations.meet(serviceAccountOwner, { subject: id })
  await obligations.withdraw(serviceAccountReview, { subject: id }, 'Somebody else answers for it now.')
  await obligations.open(serviceAccountReview, reviewOf({ ...account, ownerId }))
  return shown(tx, id, now)
})

const isTheirs = ({ principal, person }: Pick<Context, 'principal' | 'person'>, ownerId: string): boolean =>
  holds(principal, 'service-account:manage') || ownerId === person()

export const confirmReview = handle(serviceAccount.confirmReview, async ({ id, comment }, context) => {
  const { tx, now, obligations, fail, because } = context
  const account = await liveAccount(tx, id, fail)
  if (!isTheirs(context, account.ownerId)) throw fail('not_yours')
  because(comment)
  await obligations.meet(serviceAccountReview, { subject: id })
  if (await isMember(tx, PersonId.parse(account.ownerId))) await obligations.open(serviceAccountReview, reviewOf(account))
  else obligations.unneeded(serviceAccountReview) // the clock that asks for an owner runs instead
  return shown(tx, id, now)
})

export const createKey = handle(serviceAccount.createKey, async ({ id, ...input }, context) => {
  const { tx, principal, now, fail } = context
  const account = await liveAccount(tx, id, fail)
  const role = Role.parse(account.role)
  if (!mayShape(await roleNow(context), [role]))
    throw fail('role_too_strong', 'Only somebody with a stronger role than the account may see its secrets.')
  if (!holdsAll(input.scopes, role, isPerson(principal) && principal.operator)) throw fail('scope_not_held')
  if ((await countLiveKeys(tx, { account: id }, now)) >= liveKeys) throw fail('too_many_keys')
  return makeKey(tx, { ...input, role, createdBy: context.person(), serviceAccountId: id }, now)
})

/** For good: an account that came back would bring rights back that nobody gives anew. */
export const disable = handle(serviceAccount.disable, async ({ id }, context) => {
  const { tx, now, obligations, fail } = context
  const account = await liveAccount(tx, id, fail)
  if (!isTheirs(context, account.ownerId)) throw fail('not_yours')
  await tx.updateTable('serviceAccount').set({ disabledAt: now }).where('id', '=', id).execute()
  const revoked = await tx
    .updateTable('apiKey')
    .set({ revokedAt: now })
    .where('serviceAccountId', '=', id)
    .where('revokedAt', 'is', null)
    .returning('id')
    .execute()
  for (const kind of [serviceAccountReview, serviceAccountOwner])
    await obligations.withdraw(kind, { subject: id }, 'The service account was disabled.')
  await endGrants(context, { serviceAccountId: id }, { reason: 'account_ended', by: personIn(context.principal), now })
  return { id, keysRevoked: revoked.length }
})

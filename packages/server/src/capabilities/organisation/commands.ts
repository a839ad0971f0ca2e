import { organisation } from '@holdfast/contract'
import { sql } from 'kysely'
import { requireCleared } from '../../kernel/clearance.ts'
import { handle } from '../../kernel/handle.ts'
import { newOrgId } from '../../kernel/identifier.ts'
import { invite } from '../../kernel/identity/invitations.ts'
import { lockRoles, membershipChanged } from '../../kernel/membership.ts'
import { common } from '../../kernel/problem.ts'
import { foundWithin } from '../../kernel/second-chain.ts'
import { slugOf } from '../../kernel/slug.ts'
import { detailOf } from './queries.ts'
import { transferRefusal } from './rules.ts'

export const update = handle(organisation.update, async ({ name }, { tx }) => {
  await tx.updateTable('org').set({ name }).execute()
  return detailOf(tx)
})

/**
 * One transaction, two chains: the organisation's own begins with its foundation, and the operator's says who did it. Either both are
 * there or neither, and the mail leaves only if they are. The invitation's inviter is no member of the new organisation: it holds as long
 * as they may still create organisations, and as long as nobody is in.
 */
export const create = handle(organisation.create, async ({ name, ownerEmail, plan }, context) => {
  const id = newOrgId()
  const invitationId = await foundWithin(context, id, organisation.create.audit.action, async (entered) => {
    await entered.tx
      .insertInto('org')
      .values({ id, slug: slugOf(name, id), name, plan })
      .execute()
    const { now, services } = context
    const invited = { email: ownerEmail, role: 'owner' as const, organisation: name, founding: true }
    return (await invite(entered, services, { ...invited, invitedBy: context.person(), now })).id
  })
  return { id, name, invitationId }
})

/**
 * For an organisation whose first invitation ran out or went astray. Again two chains, always the tenant's before the operator's, so that two
 * of these cannot deadlock. Whoever accepts an earlier link meanwhile wins: a founding invitation holds only while nobody is in.
 */
export const inviteOwner = handle(organisation.inviteOwner, async ({ id, ownerEmail }, context) => {
  const { now, services, fail } = context
  const invitationId = await foundWithin(context, id, organisation.inviteOwner.audit.action, async (entered) => {
    const { tx } = entered
    const found = await tx.selectFrom('org').select('name').executeTakeFirst()
    if (!found) throw fail('organisation_not_found')
    if (await tx.selectFrom('membership').select('personId').limit(1).executeTakeFirst()) throw fail('already_founded')
    const open = tx.updateTable('invitation').set({ revokedAt: now }).where('founding', '=', true)
    await open.where('acceptedAt', 'is', null).where('revokedAt', 'is', null).execute()
    const invited = { email: ownerEmail, role: 'owner' as const, organisation: found.name, founding: true }
    return (await invite(entered, services, { ...invited, invitedBy: context.person(), now })).id
  })
  return { id, invitationId }
})

/** Both rows are locked in one order; the giver must still be Owner then. */
export const transferOwnership = handle(organisation.transferOwnership, async ({ personId }, context) => {
  const { tx, orgId, person, fail } = context
  const me = person()
  const roles = await lockRoles(tx, [me, personId])
  if (roles.get(me) !== 'owner') throw common('forbidden', { permission: 'organisation:transfer' })
  const refusal = transferRefusal(roles.get(personId) ?? null)
  if (refusal) throw fail(refusal)
  await requireCleared(context, personId, 'role_owner_admin', fail)
  await tx
    .updateTable('membership')
    .set((row) => ({
      roleBy: 'person' as const,
      role: sql<string>`case when ${row.ref('personId')} = ${me} then 'admin' else 'owner' end`,
      version: sql`${row.ref('version')} + 1`,
    }))
    .where('personId', 'in', [me, personId])
    .execute()
  await membershipChanged(context, me, 'admin')
  await membershipChanged(context, personId, 'owner')
  return { id: orgId, ownerId: personId }
})

import { PersonId, Role, rolesWith } from '@holdfast/contract'
import type { Context, Entered } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { invite } from '../../kernel/identity/invitations.ts'
import { endMembership, memberAdopted, type Changing, type JoinHook } from '../../kernel/membership.ts'
import { asPerson, createPersonFor, readPerson, sealName } from '../../kernel/people.ts'
import { isProved, provedDomainOf } from '../../kernel/sign-on/domain.ts'
import { together, type OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { settleRoles } from './roles.ts'
import { addressOf, nameOf, type Document } from './scim/document.ts'
import type { ScimCode } from './scim/refusal.ts'
import './table.ts'

/** What a change of a user needs of the context of its operation. */
export type Provisioning = Changing &
  Entered &
  Pick<Context, 'orgId' | 'gate'> & { fail: (code: ScimCode, detail?: string) => Error }

export interface DirectoryUser {
  id: string
  active: boolean
  marked: boolean
  personId: PersonId | null
  invitationId: string | null
  emailIndex: Buffer | null
  document: Document
  /** Made by this very request: they are in no group yet. */
  fresh: boolean
}

/** What the connection says of whom it brings in. */
interface Terms {
  defaultRole: Role
  configuredBy: string
}

const link = (tx: OrgTx, id: string, change: { personId?: string; invitationId?: string; updatedAt?: Date }) =>
  tx.updateTable('directoryUser').set(change).where('id', '=', id)

const termsOf = ({ tx }: Pick<Provisioning, 'tx'>) => tx.selectFrom('directory').select(['defaultRole', 'configuredBy'])

/** A row where they were no member. */
const join = ({ tx, now }: Provisioning, personId: PersonId, role: string) =>
  tx
    .insertInto('membership')
    .values({ personId, role, roleBy: 'directory', createdAt: now })
    .onConflict((conflict) => conflict.doNothing())
    .returning('personId')

const member = 'They are a member now.'

/** Whoever has an address in a domain of the organisation's is its own to take in: adopted where they have an account, made where not. */
const takeIn = async (
  context: Provisioning,
  user: DirectoryUser,
  { address, emailIndex, terms }: { address: string; emailIndex: Buffer; terms: Terms },
): Promise<string[]> => {
  const { tx, gate } = context
  const [known] = await gate.ask<{ person_id: PersonId }>('gate_person_by_email', [emailIndex])
  if (!known) {
    const id = newIdOf(PersonId, 'pe')
    const person = { id, name: nameOf(user.document), email: address, emailIndex, passwordHash: null }
    await createPersonFor(context, person, [link(tx, user.id, { personId: id }), join(context, id, terms.defaultRole)])
    return ['Made an account.', member, ...(user.fresh ? [] : await settleRoles(context, [user.id]))]
  }
  const personId = known.person_id
  const [, joined] = await together(tx, [link(tx, user.id, { personId }), join(context, personId, terms.defaultRole)])
  const roles = await settleRoles(context, [user.id])
  await memberAdopted(context, { personId, joined: joined.length > 0, answerable: terms.configuredBy })
  const what = 'Took in the account with this address, in a domain you have proved.'
  return [what, joined.length > 0 ? member : 'They were a member already.', ...roles]
}

/** Elsewhere an address proves nothing: its owner gets an invitation, and whether they have an account makes no difference to anything here. */
const askIn = async (
  context: Provisioning,
  user: DirectoryUser,
  { address, emailIndex, terms: { configuredBy, defaultRole } }: { address: string; emailIndex: Buffer; terms: Terms },
): Promise<string[]> => {
  const { tx, services, now, fail } = context
  const holder = tx.selectFrom('membership').innerJoin('person', 'person.id', 'membership.personId').select('person.id')
  if (await holder.where('person.emailIndex', '=', emailIndex).executeTakeFirst())
    throw fail('member_already', 'A member has this address already. Prove its domain to let the directory take them over.')
  if (user.invitationId !== null) {
    const other = tx.updateTable('invitation').set({ revokedAt: now }).where('id', '=', user.invitationId)
    await other.where('emailIndex', '!=', emailIndex).where('acceptedAt', 'is', null).where('revokedAt', 'is', null).execute()
  }
  const open = tx.selectFrom('invitation').select('id').where('emailIndex', '=', emailIndex).where('acceptedAt', 'is', null)
  const waiting = await open.where('revokedAt', 'is', null).where('expiresAt', '>', now).executeTakeFirst()
  if (waiting) {
    if (waiting.id !== user.invitationId) await link(tx, user.id, { invitationId: waiting.id }).execute()
    return ['An invitation to them is open already.']
  }
  const inviter = await tx.selectFrom('membership').select('role').where('personId', '=', configuredBy).executeTakeFirst()
  if (!inviter || !rolesWith('member:invite').includes(Role.parse(inviter.role)))
    return ['Not invited: whoever set the connection up may invite nobody any more. Let an Owner renew its credential.']
  const stale = tx.updateTable('invitation').set({ revokedAt: now }).where('emailIndex', '=', emailIndex)
  await stale.where('acceptedAt', 'is', null).where('revokedAt', 'is', null).execute() // makes room for the next
  const { name: organisation } = await tx.selectFrom('org').select('name').executeTakeFirstOrThrow()
  const invitation = { email: address, role: defaultRole, organisation, founding: false, now }
  const { id } = await invite(context, services, { ...invitation, invitedBy: PersonId.parse(configuredBy) })
  await link(tx, user.id, { invitationId: id }).execute()
  return ['Their address is in no domain you have proved: they got an invitation.']
}

/** Brings an active user in, as far as it can be done here and now. Returns sentences for the log. */
export const bringIn = async (context: Provisioning, user: DirectoryUser): Promise<string[]> => {
  if (user.marked) return ['A user of the self-test: nobody is made or invited.']
  if (user.personId !== null) {
    const { defaultRole } = await termsOf(context).executeTakeFirstOrThrow()
    const joined = await join(context, user.personId, defaultRole).executeTakeFirst()
    return [...(joined ? ['They are a member again.'] : []), ...(await settleRoles(context, [user.id]))]
  }
  const { emailIndex } = user
  const address = addressOf(user.document)
  if (address === null || emailIndex === null) return ['Without an e-mail address nobody can be brought in.']
  const [proved, [found]] = await together(context.tx, [provedDomainOf(context, address), termsOf(context)])
  if (!found) throw new Error('a directory user without a directory')
  const terms = { ...found, defaultRole: Role.parse(found.defaultRole) }
  return (proved.length > 0 ? takeIn : askIn)(context, user, { address, emailIndex, terms })
}

/** Ends everything they can do here, in this transaction: membership, sessions, API keys, access to servers, an open invitation. */
export const putOut = async (context: Provisioning, user: DirectoryUser): Promise<string[]> => {
  const { tx, now, fail } = context
  if (user.invitationId !== null) {
    const open = tx.updateTable('invitation').set({ revokedAt: now }).where('id', '=', user.invitationId)
    await open.where('acceptedAt', 'is', null).where('revokedAt', 'is', null).execute()
  }
  if (user.personId === null) return []
  const member = tx.selectFrom('membership').select('role').where('personId', '=', user.personId)
  if (!(await member.executeTakeFirst())) return ['They were no member.']
  const ended = await endMembership(context, user.personId, 'directory_removed')
  if (!ended) throw fail('last_owner', 'They are the last Owner. Make somebody else Owner first.')
  return [`They are no member any more. Sessions ended: ${ended.sessions}. API keys ended: ${ended.keys}.`]
}

/** Whose own address is in a domain of the organisation's, whatever address the directory gives them: of those it also says what they are called. */
export const rename = async (context: Provisioning, { personId, document }: DirectoryUser): Promise<void> => {
  if (personId === null || !(await isProved(context, (await readPerson(context, personId)).email))) return
  const { tx, vault } = context
  await asPerson(context, personId, async () => {
    const nameSealed = await sealName(vault, personId, nameOf(document))
    await tx.updateTable('person').set({ nameSealed }).where('id', '=', personId).execute()
  })
}

/**
 * Whoever joins by the invitation that their directory asked for, or by any other way with the address it gives them, is the directory's from then on:
 * else it could not put them out.
 */
export const tieToDirectory: JoinHook = async ({ personId, emailIndex, invitationId, role }, context) => {
  const { tx, now } = context
  const waiting = tx.selectFrom('directoryUser').select('id').where('active', '=', true).where('personId', 'is', null)
  const linked = await waiting
    .where('marked', '=', false)
    .where(({ or, eb }) => or([eb('invitationId', '=', invitationId), eb('emailIndex', '=', emailIndex)]))
    .orderBy('id')
    .limit(1)
    .forUpdate()
    .executeTakeFirst()
  if (!linked) return role
  await link(tx, linked.id, { personId, updatedAt: now }).execute()
  await tx.updateTable('membership').set({ roleBy: 'directory' }).where('personId', '=', personId).execute()
  await settleRoles({ ...context, principal: { kind: 'system', job: 'directory', orgId: tx.orgId } }, [linked.id])
  const { role: settled } = await tx
    .selectFrom('membership')
    .select('role')
    .where('personId', '=', personId)
    .executeTakeFirstOrThrow()
  return Role.parse(settled)
}

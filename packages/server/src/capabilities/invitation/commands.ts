import { invitation, isRiskyRole, PersonId, Role } from '@holdfast/contract'
import { isPerson as isSomebody, type Principal } from '../../kernel/principal.ts'
import { handle, handlePublic, type Entered } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { invite, invitedIndex } from '../../kernel/identity/invitations.ts'
import { memberJoined } from '../../kernel/membership.ts'
import { createPerson } from '../../kernel/people.ts'
import { common } from '../../kernel/problem.ts'
import type { Services } from '../../kernel/services.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { openLink, type Invited } from './link.ts'
import { emailOf } from './queries.ts'
import { mayInvite } from './rules.ts'

const isMember = async (tx: OrgTx, emailIndex: Buffer): Promise<boolean> => {
  const row = await tx
    .selectFrom('membership')
    .innerJoin('person', 'person.id', 'membership.personId')
    .select('person.id')
    .where('person.emailIndex', '=', emailIndex)
    .executeTakeFirst()
  return row !== undefined
}

/** Of two invitations to one address at once the second fails on the index that allows one open. */
export const create = handle(
  invitation.create,
  async ({ email, role }, { tx, vault, services, principal, person, now, fail }) => {
    if (!isSomebody(principal) || !mayInvite(principal.role, role)) throw fail('owner_only')
    const emailIndex = await invitedIndex(services, email)
    if (await isMember(tx, emailIndex)) throw fail('already_member')
    const open = tx
      .updateTable('invitation')
      .set({ revokedAt: now })
      .where('emailIndex', '=', emailIndex)
      .where('acceptedAt', 'is', null)
    await open.where('revokedAt', 'is', null).where('expiresAt', '<=', now).execute() // makes room for the next
    const waiting = tx.selectFrom('invitation').select('id').where('emailIndex', '=', emailIndex).where('acceptedAt', 'is', null)
    if (await waiting.where('revokedAt', 'is', null).executeTakeFirst())
      throw fail('already_invited', 'Take the open invitation back first.')
    const { name: organisation } = await tx.selectFrom('org').select('name').executeTakeFirstOrThrow()
    const invitedBy = person()
    const { id, createdAt, expiresAt } = await invite({ tx, vault }, services, {
      email,
      role,
      organisation,
      invitedBy,
      founding: false,
      now,
    })
    return {
      id,
      email,
      role,
      invitedBy,
      state: 'open' as const,
      createdAt: createdAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
    }
  },
)

export const revoke = handle(invitation.revoke, async ({ id }, { tx, now, fail }) => {
  const revoked = await tx
    .updateTable('invitation')
    .set({ revokedAt: now })
    .where('id', '=', id)
    .where('acceptedAt', 'is', null)
    .where('revokedAt', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!revoked) throw fail('invitation_not_found')
  return { id }
})

/** Takes the invitation, once, and only if what its link promised still holds under the lock; false otherwise. */
const take = async ({ tx }: Entered, { id, role, invitedBy, founding }: Invited, now: Date): Promise<boolean> => {
  const taken = await tx
    .updateTable('invitation')
    .set({ acceptedAt: now })
    .where('id', '=', id)
    .where('acceptedAt', 'is', null)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', now)
    .returning('id')
    .executeTakeFirst()
  if (!taken) return false
  if (founding) return (await tx.selectFrom('membership').select('personId').limit(1).executeTakeFirst()) === undefined
  const inviter = await tx.selectFrom('membership').select('role').where('personId', '=', invitedBy).forShare().executeTakeFirst()
  return mayInvite(inviter ? Role.parse(inviter.role) : null, role)
}

/** Signed in as exactly this person, with whatever second factor they need. */
const isPerson = (caller: Principal | null, known: NonNullable<Invited['known']>): boolean =>
  caller?.kind === 'session' && !caller.restricted && known.active && caller.personId === known.personId

/**
 * The role that the invitation offers; Member instead, where it is a risky one and something is missing that must be there at once (C8): what that
 * is can only be made good by a member, who is promoted then. A first Owner is asked for nothing: there is nobody yet to ask.
 */
const roleFor = async (
  { role, founding }: Invited,
  personId: PersonId,
  entered: Entered,
  { services, now }: { services: Pick<Services, 'clearance'>; now: Date },
): Promise<{ role: Role; missing: string[] }> => {
  if (founding || !isRiskyRole(role)) return { role, missing: [] }
  const missing = await services.clearance.missing(personId, 'invited_role', entered, now)
  return missing.length === 0 ? { role, missing: [] } : { role: 'member', missing: missing.map(({ detail }) => detail) }
}

/**
 * Whoever has an account proves that it is theirs; whoever has none makes one. The second factor that the role asks for is asked at the
 * next request, since it is decided from the live membership (C2).
 */
export const accept = handlePublic(invitation.accept, async ({ token, name, password }, context) => {
  const { gate, services, caller, enter, now, fail } = context
  const invited = await openLink(gate, token, now)
  if (!invited) throw fail('link_invalid')
  const { orgId, known } = invited
  if (known && !isPerson(caller, known)) throw fail('sign_in_first')
  if (!known && (name === undefined || password === undefined)) throw fail('name_and_password_needed')
  const personId = known?.personId ?? newIdOf(PersonId, 'pe')
  const newHash = known || password === undefined ? null : await services.passwords.hash(password) // before a connection waits for it
  const entered = enter(orgId, personId)
  const email = await emailOf(entered, invited.id)
  if (newHash !== null && name !== undefined && password !== undefined) {
    if (services.passwords.isCommon(password, [name, email, invited.organisation])) throw fail('password_too_common')
    const emailIndex = await invitedIndex(services, email)
    await createPerson(entered, { id: personId, name, email, emailIndex, passwordHash: newHash })
  }
  if (known && (await entered.tx.selectFrom('membership').select('role').where('personId', '=', personId).executeTakeFirst()))
    throw fail('already_member')
  if (!(await take(entered, invited, now))) throw fail('link_invalid')
  const { role: offered, missing } = await roleFor(invited, personId, entered, context)
  const joined = await entered.tx
    .insertInto('membership')
    .values({ personId, role: offered })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if (joined.numInsertedOrUpdatedRows !== 1n) throw common('write_conflict')
  const emailIndex = await invitedIndex(services, email)
  const joining = { personId, emailIndex, invitationId: invited.id, role: offered }
  const role = await memberJoined({ ...entered, services, now }, joining)
  return { orgId, personId, role, missing }
})

import { Role, type OrgId, type PersonId } from '@holdfast/contract'
import { sql } from 'kysely'
import type { Context, Entered } from './handle.ts'
import { revokeInvitationsTo } from './identity/invitations.ts'
import { isPerson } from './principal.ts'
import type { OrgTx } from './tenancy/org-tx.ts'

/**
 * Live roles of the given people here, locked until commit in one order, so that two who change each other wait for each other and the
 * second sees what the first did. People who are no members are missing.
 */
export const lockRoles = async (tx: OrgTx, people: readonly PersonId[]): Promise<Map<PersonId, Role>> => {
  const rows = await tx
    .selectFrom('membership')
    .select(['personId', 'role'])
    .where('personId', 'in', [...new Set(people)])
    .orderBy('personId')
    .forUpdate()
    .execute()
  return new Map(rows.map(({ personId, role }) => [personId as PersonId, Role.parse(role)]))
}

/** Called after the change, in its transaction: `role` is the new one, null for who is no member any more. */
export type MemberHook = (
  change: { personId: PersonId; role: Role | null; by: PersonId | null; now: Date },
  entered: Entered & Pick<Context, 'services'>,
) => Promise<void>

type Joining = Entered & Pick<Context, 'now' | 'services'>
interface Joined {
  personId: PersonId
  /** Of their address. */
  emailIndex: Buffer
  /** Null: they came by single sign-on. */
  invitationId: string | null
  role: Role
}
/** Called in the transaction in which somebody joins, after they have. Gives another role where they get one. */
export type JoinHook = (joined: Joined, context: Joining) => Promise<Role>

/** Whoever lets somebody join calls it after the membership is there; gives the role that they have then. */
export const memberJoined = async (context: Joining, joined: Joined): Promise<Role> => {
  let { role } = joined
  for (const hook of context.services.joinHooks) role = await hook({ ...joined, role }, context)
  return role
}

interface Adopted {
  personId: PersonId
  /** They were no member before. */
  joined: boolean
  /** The Owner who set the directory up, where they are a member still. */
  answerable: string
}
/** Called in the transaction in which a directory takes an account in that was there before, after it has. */
export type AdoptionHook = (adopted: Adopted, context: Joining) => Promise<void>

export const memberAdopted = async (context: Joining, adopted: Adopted): Promise<void> => {
  for (const hook of context.services.adoptionHooks) await hook(adopted, context)
}

export type Changing = Pick<Context, 'tx' | 'vault' | 'now' | 'principal' | 'services'>

/** Others hang on a membership as well: access to servers ends with it, and with the role that allowed it. Call it after the change. */
export const membershipChanged = async (context: Changing, personId: PersonId, role: Role | null): Promise<void> => {
  const { principal, now } = context
  const change = { personId, role, by: isPerson(principal) ? principal.personId : null, now }
  for (const hook of context.services.memberHooks) await hook(change, context)
}

const ownerNeeded = 'HF002' // by the database, at the latest at commit: migration 0003

/** Runs a change of memberships and lets the database judge it now; false when no Owner would be left. */
export const keepsAnOwner = async (tx: OrgTx, change: () => Promise<unknown>): Promise<boolean> => {
  await change()
  try {
    await tx.selectNoFrom(sql`settle_owner()`.as('settled')).execute()
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === ownerNeeded) return false
    throw error
  }
}

/** Ends somebody's sessions in this organisation; returns how many. */
export const endSessionsHere = async (
  tx: OrgTx,
  orgId: OrgId,
  personId: PersonId,
  reason: string,
  now: Date,
): Promise<number> => {
  const ended = await tx
    .updateTable('session')
    .set({ revokedAt: now, revokeReason: reason })
    .where('personId', '=', personId)
    .where('orgId', '=', orgId)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', now)
    .returning('id')
    .execute()
  return ended.length
}

const endKeysHere = async (tx: OrgTx, personId: PersonId, now: Date): Promise<number> => {
  // Those of service accounts outlive them, for a few days: capabilities/service-account.
  const theirs = tx.updateTable('apiKey').set({ revokedAt: now }).where('serviceAccountId', 'is', null)
  const own = theirs.where('createdBy', '=', personId)
  return (await own.where('revokedAt', 'is', null).returning('id').execute()).length
}

/**
 * Takes the membership and everything that lets a person act here, or come back: sessions in this organisation, API keys, open invitations, and what
 * hooks end. Null when no
 * Owner would be left: the transaction is then good for nothing but rolling back.
 */
export const endMembership = async (
  context: Changing & Pick<Context, 'orgId'>,
  personId: PersonId,
  reason: string,
): Promise<{ sessions: number; keys: number } | null> => {
  const { tx, orgId, now } = context
  const ended = { sessions: 0, keys: 0 }
  const kept = await keepsAnOwner(tx, async () => {
    await revokeInvitationsTo(tx, personId, now) // an old link would bring them back
    await tx.deleteFrom('membership').where('personId', '=', personId).execute()
    ended.sessions = await endSessionsHere(tx, orgId, personId, reason, now)
    ended.keys = await endKeysHere(tx, personId, now)
  })
  if (!kept) return null
  await membershipChanged(context, personId, null)
  return ended
}

import type { OrgId, PersonId, Role } from '@holdfast/contract'
import type { Entered, Origin, PublicContext } from '../../kernel/handle.ts'
import { queueMail } from '../../kernel/mail.ts'
import { readPerson } from '../../kernel/people.ts'
import { cookiesFor, sessionPlace, startSession, type NewSession } from '../../kernel/identity/sessions.ts'
import { heldBackBy, nextWhenHeldBack, type ShownMethod, type SignInRules } from '../../kernel/identity/sign-in-policy.ts'
import { deviceOf, isNewDevice } from './rules.ts'

type Arrival = Omit<PublicContext<never>, 'fail' | 'obligations'>

const earlierOrigins = async ({ tx, vault }: Entered, personId: PersonId): Promise<Origin[]> => {
  const rows = await tx
    .selectFrom('session')
    .select(['id', 'userAgentSealed', 'ipSealed'])
    .where('personId', '=', personId)
    .orderBy('createdAt', 'desc')
    .limit(50)
    .execute()
  const text = (column: 'user_agent_sealed' | 'ip_sealed', id: string, sealed: Buffer | null) =>
    sealed ? vault.openText({ person: personId }, sessionPlace(column, id), sealed) : Promise.resolve('')
  return Promise.all(
    rows.map(async ({ id, userAgentSealed, ipSealed }) => ({
      agent: await text('user_agent_sealed', id, userAgentSealed),
      address: await text('ip_sealed', id, ipSealed),
    })),
  )
}

const noticeNewDevice = async (
  entered: Entered,
  personId: PersonId,
  by: string,
  { origin, now, services }: Arrival,
): Promise<void> => {
  if (!isNewDevice(origin, await earlierOrigins(entered, personId))) return
  const { email, name } = await readPerson(entered, personId)
  const text = [
    `Hello ${name},`,
    '',
    `somebody signed in to your account with ${by}: ${deviceOf(origin.agent)}, address ${origin.address}, ${now.toISOString()}.`,
    '',
    'If that was you, there is nothing to do.',
    `If not, change your password, look at your passkeys, and end the session: ${services.publicUrl}/settings/account`,
    '',
  ].join('\n')
  await queueMail(entered, { to: email, subject: 'New sign-in to your account', text, personId })
}

export interface Membership {
  role: Role
  requires_mfa: boolean
  policy: SignInRules | null
  /** No session from before it comes in. */
  sessions_ended_at: Date | null
}

/** The session begins in the organisation where the person worked last; they may switch. */
export const homeOf = async (
  person: { person_id: PersonId; org_ids: OrgId[] },
  { gate }: Pick<Arrival, 'gate'>,
): Promise<{ orgId: OrgId; membership: Membership } | null> => {
  const [orgId] = person.org_ids
  if (!orgId) return null
  const [membership] = await gate.ask<Membership>('gate_membership', [orgId, person.person_id])
  return membership ? { orgId, membership } : null
}

const endOne = async ({ tx }: Entered, id: string, now: Date): Promise<void> => {
  await tx
    .updateTable('session')
    .set({ revokedAt: now, revokeReason: 'signed_in_again' })
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .execute()
}

/** Starts the session under a new id, whatever cookies came along, and gives the browser its tokens. `by`: what was shown, in words. */
export const arrive = async (
  entered: Entered,
  started: Pick<NewSession, 'personId' | 'orgId' | 'restricted' | 'amr' | 'mfaAt' | 'ssoConnectionId'> & {
    authTime?: Date
    method: ShownMethod
  },
  by: string,
  context: Arrival,
) => {
  const { caller, now, origin, services } = context
  const { method, ...session } = started
  const { personId, orgId } = session
  await noticeNewDevice(entered, personId, by, context)
  if (caller?.kind === 'session' && caller.personId === personId) await endOne(entered, caller.sessionId, now)
  const begun = { methods: [method], signedInAt: now, attendedAt: now, origin }
  const id = await startSession(entered, { authTime: now, ...session, ...begun }, now)
  context.cookies(await cookiesFor(services.tokens, { personId, orgId, sessionId: id }, 0, now))
  return id
}

/** What the organisation's sign-in policy asks of somebody who just came, before anything else; null: nothing. */
export const heldBackOnArrival = (
  { orgId, membership: { policy } }: { orgId: OrgId; membership: Pick<Membership, 'policy'> },
  method: ShownMethod,
  { origin, now }: Arrival,
) => {
  const standing = { orgId, address: origin.address, signedInAt: now, attendedAt: now, methods: [method] }
  const heldBack = heldBackBy(policy, standing, now)
  return heldBack && nextWhenHeldBack[heldBack]
}

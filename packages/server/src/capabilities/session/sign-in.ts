import { session, type OrgId, type PersonId, type Role } from '@holdfast/contract'
import { handlePublic, type Entered, type Origin, type PublicContext } from '../../kernel/handle.ts'
import { emailIndexOf } from '../../kernel/identity/email-index.ts'
import { isRestricted, nextOf } from '../../kernel/identity/mfa.ts'
import { readPerson } from '../../kernel/people.ts'
import { cookiesFor, sessionPlace, startSession } from '../../kernel/identity/sessions.ts'
import { queueMail } from '../../kernel/mail.ts'
import { deviceOf, isNewDevice } from './rules.ts'

interface PersonRow {
  person_id: PersonId
  password_hash: string | null
  state: string
  org_ids: OrgId[]
}

type SignIn = PublicContext<typeof session.signIn>

/**
 * The person whose password this is, or null. Unknown addresses, suspended people and wrong passwords take the same steps and so the
 * same time; the brakes count them alike.
 */
const personBy = async (email: string, password: string, { services, gate, origin }: SignIn): Promise<PersonRow | null> => {
  const emailIndex = await emailIndexOf(services.secrets, email)
  const right = await services.guesses.begin('password', emailIndex ?? '', origin.address)
  const [found] = await gate.ask<PersonRow>('gate_person_by_email', [emailIndex])
  const genuine = await services.passwords.verify(found?.password_hash ?? null, password)
  if (found && !genuine) noteFailure(found, { services, origin })
  if (!found || !genuine || found.state !== 'active' || found.org_ids.length === 0) return null
  await right()
  return found
}

/** Failed guesses at a known person show in the access log of their organisation. */
const noteFailure = (
  { person_id, org_ids: [orgId] }: PersonRow,
  { services, origin }: Pick<SignIn, 'services' | 'origin'>,
): void => {
  if (!orgId) return
  const { accessLog, clock } = services
  const who = { at: clock.now(), orgId, actor: 'anonymous', session: null, origin }
  accessLog.note({
    ...who,
    operation: session.signIn.name,
    target: person_id,
    permission: 'public',
    outcome: 'refused:sign_in_refused',
    rows: 0,
  })
}

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

const noticeNewDevice = async (entered: Entered, personId: PersonId, { origin, now, services }: SignIn): Promise<void> => {
  if (!isNewDevice(origin, await earlierOrigins(entered, personId))) return
  const { email, name } = await readPerson(entered, personId)
  const text = [
    `Hello ${name},`,
    '',
    `somebody signed in to your account with your password: ${deviceOf(origin.agent)}, address ${origin.address}, ${now.toISOString()}.`,
    '',
    'If that was you, there is nothing to do.',
    `If not, change your password and end the session: ${services.publicUrl}/account`,
    '',
  ].join('\n')
  await queueMail(entered, { to: email, subject: 'New sign-in to your account', text, personId })
}

interface Membership {
  role: Role
  requires_mfa: boolean
}

/** The session begins in the organisation where the person worked last; they may switch. */
const homeOf = async (person: PersonRow, { gate }: SignIn): Promise<{ orgId: OrgId; membership: Membership } | null> => {
  const [orgId] = person.org_ids
  if (!orgId) return null
  const [membership] = await gate.ask<Membership>('gate_membership', [orgId, person.person_id])
  return membership ? { orgId, membership } : null
}

/** Starts a new session, whatever cookies came along; where a second factor is enrolled or needed it can do nothing else until then. */
export const signIn = handlePublic(session.signIn, async ({ email, password }, context) => {
  const { fail, now, origin, enter, services, caller } = context
  const person = await personBy(email, password, context)
  const home = person && (await homeOf(person, context))
  if (!person || !home) throw fail('sign_in_refused', 'Address or password is wrong.')
  const personId = person.person_id
  const { orgId, membership } = home

  const entered = enter(orgId, personId)
  const me = await entered.tx.selectFrom('person').select('mfaEnrolledAt').where('id', '=', personId).executeTakeFirstOrThrow()
  const enrolled = me.mfaEnrolledAt !== null
  await noticeNewDevice(entered, personId, context)
  if (caller?.kind === 'session' && caller.personId === personId) await endOne(entered, caller.sessionId, now)
  const started = { personId, orgId, restricted: enrolled, amr: ['pwd'], mfaAt: null, authTime: now, origin }
  const id = await startSession(entered, started, now)
  context.cookies(await cookiesFor(services.tokens, { personId, orgId, sessionId: id }, 0, now))
  const standing = {
    role: membership.role,
    orgRequiresMfa: membership.requires_mfa,
    sessionRestricted: enrolled,
    confirmedAt: null,
  }
  return { id, next: nextOf(isRestricted(standing), enrolled) }
})

const endOne = async ({ tx }: Entered, id: string, now: Date): Promise<void> => {
  await tx
    .updateTable('session')
    .set({ revokedAt: now, revokeReason: 'signed_in_again' })
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .execute()
}

import { session, type OrgId, type PersonId } from '@holdfast/contract'
import { handlePublic, type PublicContext } from '../../kernel/handle.ts'
import { emailIndexOf } from '../../kernel/identity/email-index.ts'
import { isRestricted, nextOf } from '../../kernel/identity/mfa.ts'
import { boundBy, openTo } from '../../kernel/sign-on/enforcement.ts'
import { arrive, heldBackOnArrival, homeOf } from './arriving.ts'

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

/** Where a second factor is enrolled or needed the session can do nothing else until then. */
export const signIn = handlePublic(session.signIn, async ({ email, password }, context) => {
  const { fail, enter } = context
  const person = await personBy(email, password, context)
  if (!person) throw fail('sign_in_refused', 'Address or password is wrong.')
  const personId = person.person_id
  // Only whoever knows the password learns that it opens nothing.
  const open = openTo(person.org_ids, await boundBy(context, personId), 'password')
  if (open.length === 0) throw fail('sso_required', 'Your organisation signs in by single sign-on only.')
  const home = await homeOf({ person_id: personId, org_ids: open }, context)
  if (!home) throw fail('sign_in_refused', 'Address or password is wrong.')
  const { orgId, membership } = home

  const entered = enter(orgId, personId)
  const me = await entered.tx.selectFrom('person').select('mfaEnrolledAt').where('id', '=', personId).executeTakeFirstOrThrow()
  const enrolled = me.mfaEnrolledAt !== null
  const started = { personId, orgId, restricted: enrolled, amr: ['pwd'], mfaAt: null, method: 'password' as const }
  const id = await arrive(entered, started, 'your password', context)
  const standing = {
    role: membership.role,
    orgRequiresMfa: membership.requires_mfa,
    sessionRestricted: enrolled,
    confirmedAt: null,
  }
  return { id, next: heldBackOnArrival(home, 'password', context) ?? nextOf(isRestricted(standing), enrolled) }
})

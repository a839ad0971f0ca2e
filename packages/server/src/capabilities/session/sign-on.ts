import { Role, session, type FurtherAction } from '@holdfast/contract'
import { handlePublic, type PublicContext } from '../../kernel/handle.ts'
import { hasFactor } from '../../kernel/identity/factors.ts'
import { isRestricted, nextOf } from '../../kernel/identity/mfa.ts'
import { rulesIn, ssoOf } from '../../kernel/identity/sign-in-policy.ts'
import { RecordedRefusal } from '../../kernel/recorded-refusal.ts'
import { findConnection, routeOf, type Connection } from '../../kernel/sign-on/connection.ts'
import { resolve, settle } from '../../kernel/sign-on/identity.ts'
import type { Asserted } from '../../kernel/sign-on/oidc.ts'
import { answerOf, stateIn, urlFor } from '../../kernel/sign-on/provider.ts'
import { ProviderUnavailable, ProviderUnfit, SignOnRefused } from '../../kernel/sign-on/refusal.ts'
import { browserToken, isTrial, newRequest, takeRequest, type SignOnRequest } from '../../kernel/sign-on/request.ts'
import { refusals } from '../../kernel/sign-on/rules.ts'
import { common } from '../../kernel/problem.ts'
import { arrive, heldBackOnArrival } from './arriving.ts'

/** One question to one index, whatever the domain: it says how a domain signs in, and of people nothing. */
export const discover = handlePublic(session.discover, async ({ domain }, { gate }) => {
  const route = await routeOf(gate, domain)
  return { singleSignOn: route !== null, required: route?.enforced ?? false }
})

export const beginSignOn = handlePublic(session.beginSignOn, async ({ domain, again }, context) => {
  const { gate, services, fail, now, cookies, signOnToken } = context
  const route = await routeOf(gate, domain)
  const connection = route && (await findConnection(context, route.connectionId))
  if (!connection?.active) throw fail('no_single_sign_on', 'No organisation signs in by single sign-on with this domain.')
  const browser = browserToken(signOnToken)
  const purpose = again ? 'again' : 'sign_in'
  const request = await newRequest(services.secrets, { connectionId: connection.id, browser, purpose }, now)
  if (!request) throw fail('no_single_sign_on')
  try {
    const url = await urlFor(context, connection, request)
    cookies({ signOn: { token: browser } })
    return { url }
  } catch (error) {
    if (error instanceof ProviderUnavailable || error instanceof ProviderUnfit)
      throw fail('provider_unavailable', error.message, { cause: error })
    throw error
  }
})

type Finishing = PublicContext<typeof session.finishSignOn>

/** The person is told no more than that it failed; the reason is in the organisation's own ledger, for those who run the connection. */
const refuse = ({ enter, because, fail }: Finishing, { id, orgId }: Connection, why: string): RecordedRefusal => {
  enter(orgId, null)
  because(why)
  const refused = fail('sign_on_refused', 'Your organisation’s provider was heard, but you cannot be let in. Ask who runs it.')
  return new RecordedRefusal(refused, 'session.sign_on_refused' satisfies FurtherAction, id)
}

const heardFrom = async (context: Finishing, connection: Connection, request: SignOnRequest, parameters: string) => {
  const { fail } = context
  try {
    return await answerOf(context, connection, request, parameters)
  } catch (error) {
    if (error instanceof SignOnRefused) throw refuse(context, connection, error.recorded)
    if (error instanceof ProviderUnavailable || error instanceof ProviderUnfit)
      throw fail('provider_unavailable', error.message, { cause: error })
    throw error
  }
}

/**
 * Lets in whom a provider asserted. A second factor of their own is asked for as ever; where they have none, the provider's counts, in this
 * organisation, which is the only one that the session works in.
 */
export const arriveBySignOn = async (
  context: Finishing,
  connection: Connection,
  asserted: Asserted,
  purpose: SignOnRequest['purpose'],
) => {
  const { services, enter, caller, now } = context
  const resolved = await resolve(context, connection, asserted)
  if (!('personId' in resolved)) throw refuse(context, connection, refusals[resolved.verdict])
  const { personId } = resolved
  const somebodyElse = caller?.kind === 'session' && caller.personId !== personId
  if (purpose === 'again' && somebodyElse)
    throw refuse(context, connection, 'The provider named somebody else than who is signed in.')
  const { orgId, id: ssoConnectionId } = connection
  const entered = enter(orgId, personId)
  await settle(entered, services, { connection, asserted, resolved }, now)
  const enrolled = await hasFactor(entered, personId)
  const seen = asserted.authenticatedAt ?? now
  const mfaAt = asserted.mfa && !enrolled ? seen : null
  const amr = ['sso', ...(mfaAt === null ? [] : ['mfa'])]
  const started = { personId, orgId, restricted: enrolled, amr, mfaAt, authTime: seen, ssoConnectionId, method: ssoOf(orgId) }
  const id = await arrive(entered, started, 'single sign-on', context)
  const membership = await entered.tx
    .selectFrom('membership')
    .select(['role', (row) => row.selectFrom('org').select('requireMfa').as('orgRequiresMfa')])
    .where('personId', '=', personId)
    .executeTakeFirst()
  if (!membership) throw common('write_conflict') // removed at this very moment
  const orgRequiresMfa = membership.orgRequiresMfa ?? false
  const standing = { role: Role.parse(membership.role), orgRequiresMfa, sessionRestricted: enrolled, confirmedAt: mfaAt }
  const home = { orgId, membership: { policy: await rulesIn(entered.tx) } }
  const next = heldBackOnArrival(home, started.method, context) ?? nextOf(isRestricted(standing), enrolled)
  return { id, next }
}

/** Ours, from this browser, for this connection, unanswered: everything else is refused before the provider is asked. */
export const finishSignOn = handlePublic(session.finishSignOn, async ({ connectionId, parameters }, context) => {
  const { services, gate, now, fail, signOnToken } = context
  const connection = await findConnection(context, connectionId)
  const state = connection ? stateIn(connection.settings, parameters) : ''
  const request = await takeRequest({ secrets: services.secrets, gate, now }, { state, connectionId, browser: signOnToken })
  if (!connection?.active || !request || isTrial(request.purpose))
    throw fail('sign_on_refused', 'This answer belongs to no sign-in that this browser began, or was used already. Begin again.')
  const asserted = await heardFrom(context, connection, request, parameters)
  return arriveBySignOn(context, connection, asserted, request.purpose)
})

import { sso, type OrgId, type ParsedInputOf } from '@holdfast/contract'
import { handle, handleOutside, type Context, type Entered, type OutsideContext } from '../../kernel/handle.ts'
import { connectionIn, type Connection, type SignedBy } from '../../kernel/sign-on/connection.ts'
import { isProved } from '../../kernel/sign-on/domain.ts'
import type { Asserted } from '../../kernel/sign-on/oidc.ts'
import { answerOf, checksOf, stateIn, urlFor } from '../../kernel/sign-on/provider.ts'
import { ProviderUnavailable, ProviderUnfit, SignOnRefused } from '../../kernel/sign-on/refusal.ts'
import { resolve, type Resolved } from '../../kernel/sign-on/identity.ts'
import { browserToken, isTrial, newRequest, takeRequest } from '../../kernel/sign-on/request.ts'
import { refusals } from '../../kernel/sign-on/rules.ts'
import { lockConnection } from './rows.ts'
import { reportOf, saidIn } from './report.ts'

/** As it is now, and since when it is so. */
const connectionNow = (reading: Entered, orgId: OrgId, id: Connection['id'], signedBy?: SignedBy) =>
  Promise.all([
    connectionIn(reading, orgId, id, signedBy),
    reading.tx.selectFrom('ssoConnection').select('changedAt').where('id', '=', id).executeTakeFirst(),
  ]).then(([connection, row]) => (connection && row ? { connection, changedAt: row.changedAt } : null))

export const beginTest = handle(sso.beginTest, async ({ id, signedBy }, context) => {
  const { services, now, orgId, fail, cookies, signOnToken } = context
  const found = await connectionNow(context, orgId, id, signedBy)
  if (!found) throw fail('connection_not_found')
  const { connection } = found
  if (connection.settings.kind === 'oidc' && connection.settings.clientId === null)
    throw fail('client_missing', 'Enter the client id that the provider gave.')
  if (signedBy === 'other' && connection.secret === null)
    throw fail('no_other_key', 'There is no second key. Make a new one first.')
  const browser = browserToken(signOnToken)
  const purpose = signedBy === 'other' ? 'test_other' : 'test'
  const request = await newRequest(services.secrets, { connectionId: id, browser, purpose }, now)
  if (!request) throw fail('connection_not_found')
  try {
    const url = await urlFor(context, connection, request)
    cookies({ signOn: { token: browser } })
    return { url }
  } catch (error) {
    if (error instanceof ProviderUnavailable) throw fail('provider_unavailable', error.message, { cause: error })
    if (error instanceof ProviderUnfit) throw fail('provider_unfit', error.message, { cause: error })
    throw error
  }
})

type Heard = { asserted: Asserted; verdict: Resolved['verdict'] } | { refused: SignOnRefused }

/** Our request is used up by it, whatever comes of the rest. */
const hear = async ({ id, parameters }: ParsedInputOf<typeof sso.finishTest>, context: OutsideContext<typeof sso.finishTest>) => {
  const { services, gate, now, orgId, read, fail, signOnToken } = context
  const found = await read((reading) => connectionNow(reading, orgId, id))
  if (!found) throw fail('connection_not_found')
  const { connection } = found
  const state = stateIn(connection.settings, parameters)
  const request = await takeRequest({ secrets: services.secrets, gate, now }, { state, connectionId: id, browser: signOnToken })
  if (!request || !isTrial(request.purpose))
    throw fail('test_not_yours', 'This answer belongs to no test that this browser began. Test again.')
  const heard: Heard = await answerOf(context, connection, request, parameters).then(
    async (asserted) => ({ asserted, verdict: (await resolve(context, connection, asserted)).verdict }),
    (error: unknown) => {
      if (error instanceof SignOnRefused) return { refused: error }
      if (error instanceof ProviderUnavailable || error instanceof ProviderUnfit)
        throw fail('provider_unavailable', error.message, { cause: error })
      throw error
    },
  )
  return {
    found,
    heard,
    issuedAt: request.issuedAt,
    tested: request.purpose === 'test' ? ('testedAt' as const) : ('otherTestedAt' as const),
  }
}

export const finishTest = handleOutside(sso.finishTest, hear, async ({ id }, context, { found, heard, tested, issuedAt }) => {
  const { tx, now, fail } = context
  const { connection } = found
  const protocol = reportOf(checksOf(connection.settings.kind), 'refused' in heard ? heard.refused : null)
  if ('refused' in heard) {
    context.because(heard.refused.recorded)
    return { passed: false, checks: protocol, said: [] }
  }
  const { asserted } = heard
  const person = [sameAsBefore(heard.verdict), ...(await aboutPerson(context, asserted))]
  const passed = person.every((check) => check.passed || !check.needed)
  const row = await lockConnection(context, id, fail)
  // What was changed meanwhile, or since the request was signed, was not what was tested.
  if (passed && row.changedAt.getTime() === found.changedAt.getTime() && issuedAt >= row.changedAt)
    await tx
      .updateTable('ssoConnection')
      .set({ [tested]: now })
      .where('id', '=', id)
      .execute()
  return { passed, checks: [...protocol, ...person], said: saidIn(connection.settings.kind, asserted.claims) }
})

/** Nobody is signed in as somebody else when a provider begins to name people otherwise; an administrator is to see it before they are refused. */
const sameAsBefore = (verdict: Resolved['verdict']) => {
  const otherwise = verdict === 'other_format' || verdict === 'linked_otherwise'
  return {
    ...{ name: 'It names nobody otherwise than before', passed: !otherwise, needed: true },
    detail: otherwise ? refusals[verdict] : 'Whoever came by this connection before is recognised.',
  }
}

/** What the first sign-in of anybody needs beside a valid answer, and what is good to know. */
const aboutPerson = async (context: Context<typeof sso.finishTest>, { email, emailVerified, mfa }: Asserted) => [
  {
    name: 'It gives an e-mail address',
    passed: email !== null,
    needed: true,
    detail:
      email === null ? 'Let the provider release the address (scope “email”).' : 'By it members are recognised the first time.',
  },
  {
    name: 'It vouches for the address',
    passed: emailVerified,
    needed: true,
    detail: emailVerified
      ? 'Nobody can take a colleague’s account by typing in their address.'
      : 'The claim “email_verified” must be true; Microsoft Entra sends “xms_edov” instead, once you add it.',
  },
  {
    name: 'The address is in a domain you have proved',
    passed: email !== null && (await isProved(context, email)),
    needed: false,
    detail: 'Only people with such an address can sign in. Prove it on the page before.',
  },
  {
    name: 'It says that a second factor was confirmed',
    passed: mfa,
    needed: false,
    detail: mfa
      ? 'Owners and Admins need no second factor of ours, unless they have one.'
      : 'Owners and Admins confirm one of ours after signing in.',
  },
]

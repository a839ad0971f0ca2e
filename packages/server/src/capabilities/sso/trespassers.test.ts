/** What must not get in by single sign-on (C3), and, for each fence, that it would without it. */
import { createSecretKey } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { OrgId, session, sso, type SsoConnectionId } from '@holdfast/contract'
import { addMember, newCaller, startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { clientId, clientSecret, type Said } from '../../../test/provider.ts'
import {
  answerFor,
  createConnection,
  proveDomain,
  refusedAnswer,
  saidOf,
  signOnAs,
  signOnFor,
  type SignOn,
} from '../../../test/sign-on.ts'
import { questionsIn } from '../../../test/work.ts'
import { newOrgId } from '../../kernel/identifier.ts'
import { guardedFetch } from '../../kernel/outbound-fetch.ts'
import { createOidcProviders, type OidcProviders } from '../../kernel/sign-on/oidc.ts'
import { create as createHandler } from './connections.ts'

let platform: Platform
let founded: FoundedPlatform
let signOn: SignOn
const victim = (): Said => saidOf(signOn.domain, 'victim')

beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  signOn = await signOnFor(platform, founded.owner)
  await signOnAs(platform, signOn, victim())
}, 30_000)
afterAll(() => platform.close())
afterEach(() => {
  Object.assign(signOn.provider.lies, { claims: {}, token: null, description: {}, down: false })
})

const finish = (parameters: string, caller = newCaller(), connectionId: SsoConnectionId = signOn.connectionId) =>
  platform.refusal(session.finishSignOn, { connectionId, parameters }, caller)
const whoIs = async (caller: ReturnType<typeof newCaller>) => (await platform.call(session.current, {}, caller)).person.email

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const forgedBy = async (claims: Record<string, unknown>, header: Record<string, unknown>): Promise<string> => {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = header['jwk'] === 'own' ? { jwk: await exportJWK(publicKey) } : {}
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', ...header, ...jwk }).sign(privateKey)
}

/** Each asserts the victim, in a token that the honest provider did not make for this sign-in. */
const forgeries: Record<string, { lies: () => Partial<SignOn['provider']['lies']>; why: RegExp }> = {
  'issued by somebody else': { lies: () => ({ claims: { iss: 'https://elsewhere.example' } }), why: /issued by somebody else/ },
  'for another client': { lies: () => ({ claims: { aud: 'another-client' } }), why: /another client/ },
  'for this client among others': { lies: () => ({ claims: { aud: [clientId, 'other'], azp: 'other' } }), why: /another client/ },
  'of another sign-in': { lies: () => ({ claims: { nonce: 'somebody-elses' } }), why: /another sign-in/ },
  'without a nonce': { lies: () => ({ claims: { nonce: undefined } }), why: /./ },
  expired: { lies: () => ({ claims: { exp: Math.floor(Date.now() / 1000) - 3600 } }), why: /expired/ },
  'expired beyond the tolerance': { lies: () => ({ claims: { exp: Math.floor(Date.now() / 1000) - 45 } }), why: /expired/ },
  'not valid yet': { lies: () => ({ claims: { nbf: Math.floor(Date.now() / 1000) + 3600 } }), why: /not valid yet/ },
  'unsigned (alg none)': {
    lies: () => ({ token: async (claims) => `${encoded({ alg: 'none' })}.${encoded(claims)}.` }),
    why: /not accepted/,
  },
  'signed by the public key as a secret (HS256)': {
    lies: () => ({
      token: (claims) =>
        new SignJWT(claims)
          .setProtectedHeader({ alg: 'HS256', kid: 'first' })
          .sign(createSecretKey(Buffer.from(JSON.stringify(signOn.provider.publicKey())))),
    }),
    why: /not accepted/,
  },
  'signed by the client secret (HS256)': {
    lies: () => ({
      token: (claims) =>
        new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(createSecretKey(Buffer.from(clientSecret.padEnd(32, '0')))),
    }),
    why: /not accepted/,
  },
  'by a key that is not published': {
    lies: () => ({ token: (claims) => forgedBy(claims, { kid: 'unknown' }) }),
    why: /does not publish/,
  },
  'by another key under the name of theirs': {
    lies: () => ({ token: (claims) => forgedBy(claims, { kid: 'first' }) }),
    why: /signature/i,
  },
  'with its own key in the header': { lies: () => ({ token: (claims) => forgedBy(claims, { jwk: 'own' }) }), why: /signature/i },
  'with the address of its key in the header': {
    lies: () => ({ token: (claims) => forgedBy(claims, { jku: 'https://elsewhere.example/keys', kid: 'first' }) }),
    why: /signature/i,
  },
  'with a path or SQL for a key name': {
    lies: () => ({ token: (claims) => forgedBy(claims, { kid: `../../dev/null' or 1=1 --` }) }),
    why: /does not publish/,
  },
}

describe.each(Object.entries(forgeries))('an ID token %s', (_, { lies, why }) => {
  test('is refused, and the reason is in the ledger', async () => {
    Object.assign(signOn.provider.lies, lies())
    expect(await refusedAnswer(platform, founded.owner, signOn, victim())).toMatch(why)
  })

  test('would sign somebody in as the victim, if tokens were only read', async () => {
    const { oidc } = platform.services.signOn
    const honest = oidc.answer
    oidc.answer = credulous
    try {
      Object.assign(signOn.provider.lies, lies())
      const { caller } = await signOnAs(platform, signOn, victim())
      expect(await whoIs(caller)).toBe(victim().email)
    } finally {
      oidc.answer = honest
    }
  })
})

/** The exchange as it would be without any check of the token. */
const credulous: OidcProviders['answer'] = async ({ settings, redirectUri }, { verifier }, parameters) => {
  const fetch = guardedFetch({ allowInside: true, ca: platform.options.signOn.ca })
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    ...{ code: new URLSearchParams(parameters).get('code') ?? '', redirect_uri: redirectUri, code_verifier: verifier },
  })
  const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
  const answer = await fetch(`${settings.kind === 'oidc' ? settings.issuer : ''}/token`, {
    ...{ method: 'POST', body },
    headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
  })
  const { id_token: token } = (await answer.json()) as { id_token: string }
  const claims = decodeJwt(token)
  const nothing = { nameIdFormat: null, email: null, emailVerified: false, name: null, mfa: false, authenticatedAt: null }
  return { ...nothing, subject: claims.sub ?? '', claims }
}

describe('an answer', () => {
  test('that another browser began signs nobody in (login CSRF); the browser that began it, it does', async () => {
    const attacker = newCaller()
    const parameters = await answerFor(platform, signOn, saidOf(signOn.domain, 'attacker'), attacker)
    const lured = newCaller()
    expect(await finish(parameters, lured)).toBe('sign_on_refused')
    const withOwnCookie = newCaller()
    await platform.call(session.beginSignOn, { domain: signOn.domain }, withOwnCookie)
    expect(await finish(parameters, withOwnCookie)).toBe('sign_on_refused')
    // With the fence taken away, which is the attacker's cookie in the victim's browser, it would.
    lured.signOn = attacker.signOn
    await platform.call(session.finishSignOn, { connectionId: signOn.connectionId, parameters }, lured)
    expect(await whoIs(lured)).toBe(`attacker@${signOn.domain}`)
  })

  test('works once, also of two at the same moment; forgotten use would let the second in', async () => {
    const caller = newCaller()
    const parameters = await answerFor(platform, signOn, victim(), caller)
    const twice = await Promise.allSettled(
      [1, 2].map(() =>
        platform.call(
          session.finishSignOn,
          { connectionId: signOn.connectionId, parameters },
          newCaller({ signOn: caller.signOn }),
        ),
      ),
    )
    expect(twice.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await finish(parameters, caller)).toBe('sign_on_refused')
    await platform.admin.query('delete from sso_used')
    // The state is taken again; now it is the provider that knows its code was used.
    expect(await finish(parameters, caller)).toBe('sign_on_refused')
  })

  test.each([
    ['a state that nobody gave out', (text: string) => text.replace(/state=s/, 'state=a')],
    [
      'a state that was changed',
      (text: string) => text.replace(/state=(s.{20})(.)/, (_, head, letter) => `state=${head}${letter === 'A' ? 'B' : 'A'}`),
    ],
    ['no state', (text: string) => text.replace(/state=[^&]*/, 'state=')],
    ['two states', (text: string) => `state=sAAAA&${text}`],
    [
      'another provider as its sender (mix-up)',
      (text: string) => text.replace(/iss=[^&]*/, 'iss=https%3A%2F%2Felsewhere.example'),
    ],
    ['no sender, though the provider always names itself', (text: string) => text.replace(/&iss=[^&]*/, '')],
    ['an error of the provider', (text: string) => text.replace(/code=[^&]*/, 'error=access_denied')],
  ])('with %s is refused', async (_, change) => {
    const caller = newCaller()
    const parameters = await answerFor(platform, signOn, victim(), caller)
    const changed = change(parameters)
    expect(changed).not.toBe(parameters)
    expect(await finish(changed, caller)).toBe('sign_on_refused')
    expect(caller.access).toBeNull()
  })

  test('after ten minutes is too late', async () => {
    const caller = newCaller()
    const parameters = await answerFor(platform, signOn, victim(), caller)
    platform.clock.advance(10 * 60_000 + 1)
    expect(await finish(parameters, caller)).toBe('sign_on_refused')
  })

  test('of a trial signs nobody in', async () => {
    const { url } = await platform.call(sso.beginTest, { id: signOn.connectionId }, founded.owner)
    const parameters = signOn.provider.signIn(url, victim())
    expect(await finish(parameters, newCaller({ signOn: founded.owner.signOn }))).toBe('sign_on_refused')
  })

  test('to a question of one connection answers no other', async () => {
    const caller = newCaller()
    const parameters = await answerFor(platform, signOn, victim(), caller)
    const other = await signOnFor(platform, await freshOwner(), { name: 'Other', defaultRole: 'member' })
    expect(await finish(parameters, caller, other.connectionId)).toBe('sign_on_refused')
    // The same answer at the connection that asked is taken.
    await platform.call(session.finishSignOn, { connectionId: signOn.connectionId, parameters }, caller)
  })

  test('asked for anew is refused when the provider did not see the person since', async () => {
    const caller = newCaller()
    const again = async (seen: number) => {
      const { url } = await platform.call(session.beginSignOn, { domain: signOn.domain, again: true }, caller)
      expect(new URL(url).searchParams.get('prompt')).toBe('login')
      const said = { ...victim(), auth_time: Math.floor(platform.clock.now().getTime() / 1000) - seen }
      return signOn.provider.signIn(url, said)
    }
    const behind = platform.clock.now().getTime() - Date.now()
    expect(await finish(await again(3600 + Math.ceil(behind / 1000)), caller)).toBe('sign_on_refused')
    await platform.call(
      session.finishSignOn,
      { connectionId: signOn.connectionId, parameters: await again(behind / 1000) },
      caller,
    )
  })
})

/** An Owner who confirmed who they are just now, whatever the clock was moved by. */
const freshOwner = async () => (await addMember(platform, founded, 'owner')).caller

describe('an address', () => {
  test('that the provider does not vouch for brings nobody to a member’s account; one it vouches for does', async () => {
    await proveDomain(platform, await freshOwner(), 'example.test', signOn.connectionId)
    const target = await addMember(platform, founded, 'admin')
    const said = { sub: 'nOAuth', email: target.email, email_verified: false }
    expect(await refusedAnswer(platform, await freshOwner(), signOn, said)).toContain('does not vouch')
    expect(await refusedAnswer(platform, await freshOwner(), signOn, { sub: 'nOAuth', email: target.email })).toContain(
      'does not vouch',
    )
    const { caller } = await signOnAs(platform, signOn, { ...said, email_verified: true })
    expect(await whoIs(caller)).toBe(target.email)
  })

  test('in a domain that this organisation has not proved is nobody’s here; with the proof, it is', async () => {
    const said = { sub: 'far', email: 'far@unproved.example', email_verified: true }
    expect(await refusedAnswer(platform, await freshOwner(), signOn, said)).toContain(
      'no domain that the organisation has proved',
    )
    await proveDomain(platform, await freshOwner(), 'unproved.example', signOn.connectionId)
    await signOnAs(platform, signOn, said)
  })

  test('of one organisation, asserted by another’s connection, opens nothing; were the domain theirs, only their own', async () => {
    const foreign = await anotherOrganisation()
    const said = { sub: 'evil', email: victim().email ?? '', email_verified: true }
    expect(await refusedAnswer(platform, foreign.owner.caller, foreign.signOn, said)).toContain(
      'no domain that the organisation has proved',
    )
    // The fence taken away: even so the victim is no member there, and stays who they are.
    await platform.arrange(founded.orgId, `update sso_domain set proved_at = null where domain = $1`, [signOn.domain])
    await proveDomain(platform, (await freshOwnerOf(foreign)).caller, signOn.domain, foreign.signOn.connectionId)
    expect(await refusedAnswer(platform, (await freshOwnerOf(foreign)).caller, foreign.signOn, said)).toContain('Nobody invited')
    await platform.call(sso.removeDomain, { domain: signOn.domain }, (await freshOwnerOf(foreign)).caller)
    await platform.arrange(founded.orgId, `update sso_domain set proved_at = now() where domain = $1`, [signOn.domain])
  })

  test('that another organisation has proved cannot be proved again, whatever the DNS says', async () => {
    const foreign = await anotherOrganisation()
    const claim = () => freshOwnerOf(foreign).then(({ caller }) => proveDomain(platform, caller, signOn.domain, null))
    await expect(claim()).rejects.toThrow(/Another organisation/)
  })
})

let organisations = 0
const anotherOrganisation = async () => {
  const orgId = OrgId.parse(newOrgId())
  const slug = `other-${organisations++}`
  await platform.arrange(orgId, `insert into org (id, slug, name, plan) values ($1, $2, 'Other Ltd', 'growth')`, [orgId, slug])
  const owner = await addMember(platform, { orgId }, 'owner')
  return { orgId, owner, signOn: await signOnFor(platform, owner.caller) }
}
const freshOwnerOf = ({ orgId }: { orgId: OrgId }) => addMember(platform, { orgId }, 'owner')

describe('whoever', () => {
  test('was removed does not come back by the provider’s word; invited again, they do', async () => {
    const said = saidOf(signOn.domain, 'leaver')
    const { caller } = await signOnAs(platform, signOn, said)
    const { person } = await platform.call(session.current, {}, caller)
    await platform.arrange(founded.orgId, 'delete from membership where person_id = $1', [person.id])
    expect(await platform.refusal(session.current, {}, caller)).toBe('unauthenticated') // their live token, too
    expect(await refusedAnswer(platform, await freshOwner(), signOn, said)).toContain('nobody in the organisation any more')
    await platform.arrange(founded.orgId, `insert into membership (org_id, person_id, role) values ($1, $2, 'member')`, [
      founded.orgId,
      person.id,
    ])
    await signOnAs(platform, signOn, said)
  })

  test('is suspended is refused, with a live token and by the provider', async () => {
    const said = saidOf(signOn.domain, 'suspended')
    const { caller } = await signOnAs(platform, signOn, said)
    const { person } = await platform.call(session.current, {}, caller)
    const set = (state: string) =>
      platform.arrange(founded.orgId, 'update person set state = $2 where id = $1', [person.id, state])
    await set('suspended')
    expect(await platform.refusal(session.current, {}, caller)).toBe('unauthenticated')
    expect(await refusedAnswer(platform, await freshOwner(), signOn, said)).toContain('suspended')
    await set('active')
    await signOnAs(platform, signOn, said)
  })

  test('came by one organisation’s provider gets into no other; were the session not marked, they would', async () => {
    const foreign = await anotherOrganisation()
    const said = saidOf(signOn.domain, 'two-homes')
    const { caller } = await signOnAs(platform, signOn, said)
    const { person, id } = await platform.call(session.current, {}, caller)
    await platform.arrange(foreign.orgId, `insert into membership (org_id, person_id, role) values ($1, $2, 'owner')`, [
      foreign.orgId,
      person.id,
    ])
    expect(await platform.refusal(session.switchOrganisation, { orgId: foreign.orgId }, caller)).toBe('sso_session')
    await platform.arrange(founded.orgId, 'update session set sso_connection_id = null where id = $1', [id])
    await platform.call(session.switchOrganisation, { orgId: foreign.orgId }, caller)
  })
})

test('a connection that is switched off signs nobody in, and ends whom it signed in', async () => {
  const own = await signOnFor(platform, await freshOwner(), { name: 'Off', defaultRole: 'viewer' })
  const { caller } = await signOnAs(platform, own, saidOf(own.domain, 'last'))
  const began = newCaller()
  const parameters = await answerFor(platform, own, saidOf(own.domain, 'last'), began)
  await platform.call(sso.deactivate, { id: own.connectionId }, await freshOwner())
  expect(await platform.refusal(session.current, {}, caller)).toBe('unauthenticated')
  expect(await finish(parameters, began, own.connectionId)).toBe('sign_on_refused')
  expect(await platform.refusal(session.beginSignOn, { domain: own.domain }, newCaller())).toBe('no_single_sign_on')
})

test('discovery says the same of a domain whoever is or is not there, in the same shape and by the same questions', async () => {
  const ask = (domain: string) => platform.call(session.discover, { domain }, newCaller())
  expect(await ask(signOn.domain)).toEqual({ singleSignOn: true, required: false })
  expect(await ask('nobody.example')).toEqual({ singleSignOn: false, required: false })
  const { pool, aside } = platform.options
  const asked = (work: () => Promise<unknown>) => questionsIn([pool, aside], work)
  expect([await asked(() => ask(signOn.domain)), await asked(() => ask('nobody.example'))]).toEqual([1, 1])
  // What looks further where there is something, as beginning to sign in does, shows.
  const begin = (domain: string) => () => platform.call(session.beginSignOn, { domain }, newCaller()).catch(() => undefined)
  expect(await asked(begin(signOn.domain))).toBeGreaterThan(await asked(begin('nobody.example')))
})

test('a provider inside the network is not spoken to, unless the operator allows it', async () => {
  const settings = { kind: 'oidc' as const, issuer: signOn.provider.issuer, clientId, mfaValues: [] }
  const before = signOn.provider.asked()
  const { ca } = platform.options.signOn
  await expect(createOidcProviders({ allowInside: false, ca }).look(settings)).rejects.toThrow(/inside the network/)
  await expect(
    createOidcProviders({ allowInside: false, ca }).look({ ...settings, issuer: 'https://localhost:1' }),
  ).rejects.toThrow(/inside the network/)
  expect(signOn.provider.asked()).toBe(before)
  await createOidcProviders({ allowInside: true, ca }).look(settings)
  expect(signOn.provider.asked()).toBe(before + 1)
})

test('what a provider says of its addresses is not followed inside either', async () => {
  const other = await signOnFor(platform, await freshOwner(), { name: 'Redirecting', defaultRole: null })
  other.provider.lies.description = { token_endpoint: 'http://169.254.169.254/latest/meta-data' }
  expect(
    await platform.refusal(
      sso.create,
      { name: 'Metadata', settings: { kind: 'oidc', issuer: other.provider.issuer, clientId } },
      await freshOwner(),
    ),
  ).toBe('provider_unfit')
})

test('a draft of another organisation is not there: every id of one is nothing to the other', async () => {
  const foreign = await anotherOrganisation()
  const mine = await freshOwnerOf(foreign)
  const id = await createConnection(platform, await freshOwner(), signOn.provider, { name: 'Secret draft' })
  for (const operation of [sso.update, sso.beginTest, sso.activate, sso.deactivate, sso.remove])
    expect(await platform.refusal(operation, { id } as never, mine.caller)).toBe('connection_not_found')
  expect(await platform.refusal(sso.addDomain, { domain: 'theirs.example', connectionId: id }, mine.caller)).toBe(
    'connection_not_found',
  )
})

test('a provider that keeps us waiting holds no transaction, whatever the caller sends along', async () => {
  const silent = createServer(platform.tls, () => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const issuer = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const create = { name: 'Silent', settings: { kind: 'oidc' as const, issuer } }
  const open = async (): Promise<number> => {
    const { rows } = await platform.admin.query<{ count: string }>(
      `select count(*) from pg_stat_activity where datname = current_database() and usename = 'holdfast_app' and xact_start is not null`,
    )
    return Number(rows[0]?.count)
  }
  const whileWaiting = async (key: string): Promise<number> => {
    const waiting = platform.outcome(sso.create, create, await freshOwner(), key).catch((error: unknown) => error)
    await new Promise((resolve) => silent.once('request', resolve))
    const transactions = await open()
    silent.closeAllConnections()
    expect(await waiting).toMatchObject({ code: 'provider_unavailable' })
    return transactions
  }
  const { outside, run } = createHandler
  try {
    expect(await whileWaiting('one')).toBe(0)
    // With the fence removed the wait is in the transaction that the key opens.
    delete createHandler.outside
    createHandler.run = async (input, context) =>
      run(input, context, (await outside?.(input, { ...(context as object), read: () => null } as never)) as never)
    expect(await whileWaiting('two')).toBeGreaterThan(0)
  } finally {
    Object.assign(createHandler, { outside, run })
    await new Promise<void>((resolve) => silent.close(() => resolve()))
  }
})

test('a repeated request that waits for a provider is answered as the first one was', async () => {
  const create = { name: 'Once', settings: { kind: 'oidc' as const, issuer: signOn.provider.issuer, clientId } }
  const by = await freshOwner()
  const [first, again] = [
    await platform.outcome(sso.create, create, by, 'once'),
    await platform.outcome(sso.create, create, by, 'once'),
  ]
  expect(again).toMatchObject({ output: first.output, seq: first.seq })
})

test('a provider whose certificate nobody trusts is not spoken to', async () => {
  const settings = { kind: 'oidc' as const, issuer: signOn.provider.issuer, clientId, mfaValues: [] }
  await expect(createOidcProviders({ allowInside: true, ca: null }).look(settings)).rejects.toThrow(/certificate/)
})

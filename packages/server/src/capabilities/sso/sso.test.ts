import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { member, session, sso } from '@holdfast/contract'
import { addMember, startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { clientId, startProvider, type Said } from '../../../test/provider.ts'
import {
  createConnection,
  proveDomain,
  refusedAnswer,
  saidOf,
  signOnAs,
  signOnFor,
  testConnection,
  type SignOn,
} from '../../../test/sign-on.ts'

const whyRefused = (said: Said): Promise<string> => refusedAnswer(platform, founded.owner, signOn, said)

let platform: Platform
let founded: FoundedPlatform
let signOn: SignOn
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  signOn = await signOnFor(platform, founded.owner)
}, 30_000)
afterAll(() => platform.close())

describe('setting it up', () => {
  test('what is secret goes in and never comes out, into no answer and no entry', async () => {
    const { connections } = await platform.call(sso.read, {}, founded.owner)
    expect(connections[0]).toMatchObject({
      state: 'active',
      secretSet: true,
      redirectUri: `https://localhost:8443/sso/callback/${signOn.connectionId}`,
    })
    const { rows } = await platform.admin.query<{ text: string }>(
      `select string_agg(body, ' ') || (select string_agg(sso_connection::text, ' ') from sso_connection) as text from ledger`,
    )
    expect(rows[0]?.text).not.toContain('a-secret-of-the-test-client')
    expect(rows[0]?.text).not.toContain(Buffer.from('a-secret-of-the-test-client').toString('hex'))
  })

  test('the provider is asked at once, and what does not fit is said in plain words', async () => {
    const provider = await startProvider(platform.tls)
    const create = (issuer: string) =>
      platform
        .call(sso.create, { name: 'Unfit', settings: { kind: 'oidc', issuer } }, founded.owner)
        .catch((error: unknown) => String(error))
    expect(await create(`${provider.issuer}/`)).toMatch(/another name than this issuer|calls itself/)
    provider.lies.description = { code_challenge_methods_supported: ['plain'] }
    expect(await create(provider.issuer)).toContain('PKCE')
    provider.lies.description = { id_token_signing_alg_values_supported: ['HS256', 'none'] }
    expect(await create(provider.issuer)).toContain('RS256 or ES256 would do')
    await provider.close()
    expect(await create('https://127.0.0.1:1')).toContain('does not answer')
  })

  test('the test shows what passed and what failed, and nothing is active before it passed', async () => {
    const provider = await startProvider(platform.tls)
    const id = await createConnection(platform, founded.owner, provider, { name: 'Tried out' })
    expect(await platform.refusal(sso.activate, { id }, founded.owner)).toBe('not_tested')
    const trial = { provider, connectionId: id, domain: signOn.domain }
    const unverified = await testConnection(platform, founded.owner, trial, saidOf(signOn.domain, 'x', { email_verified: false }))
    expect(unverified.passed).toBe(false)
    expect(unverified.checks.filter(({ passed, needed }) => !passed && needed).map(({ name }) => name)).toEqual([
      'It vouches for the address',
    ])
    provider.lies.claims = { aud: 'somebody-else' }
    const wrong = await testConnection(platform, founded.owner, trial)
    expect(wrong.checks.find(({ passed }) => !passed)).toMatchObject({ name: 'It is meant for this client' })
    provider.lies.claims = {}
    expect((await testConnection(platform, founded.owner, trial)).passed).toBe(true)
    await platform.call(
      sso.update,
      { id, settings: { kind: 'oidc', issuer: provider.issuer, clientId, mfaValues: ['2'] } },
      founded.owner,
    )
    expect(await platform.refusal(sso.activate, { id }, founded.owner)).toBe('not_tested')
    await testConnection(platform, founded.owner, trial)
    expect((await platform.call(sso.activate, { id }, founded.owner)).state).toBe('active')
    expect(await platform.refusal(sso.remove, { id }, founded.owner)).toBe('still_active')
    await platform.call(sso.deactivate, { id }, founded.owner)
    await platform.call(sso.remove, { id }, founded.owner)
  })

  test('the provider stays once somebody came by it; its secret may be replaced while people sign in', async () => {
    const other = await startProvider(platform.tls)
    await signOnAs(platform, signOn, saidOf(signOn.domain, 'first'))
    const settings = { kind: 'oidc' as const, issuer: other.issuer, clientId }
    expect(await platform.refusal(sso.update, { id: signOn.connectionId, settings }, founded.owner)).toBe('provider_stays')
    const renewed = await platform.call(
      sso.update,
      { id: signOn.connectionId, secret: 'a-secret-of-the-test-client', secretExpiresAt: '2030-01-01T00:00:00.000Z' },
      founded.owner,
    )
    expect(renewed).toMatchObject({ state: 'active', testedAt: null, secretExpiresAt: '2030-01-01T00:00:00.000Z' })
    await signOnAs(platform, signOn, saidOf(signOn.domain, 'first'))
  })
})

describe('signing in', () => {
  test('somebody new comes in with the default role, and is the same person the next time, whatever their address', async () => {
    const said = saidOf(signOn.domain, 'nora')
    const { caller, next } = await signOnAs(platform, signOn, said)
    expect(next).toBe('done')
    const first = await platform.call(session.current, {}, caller)
    expect(first).toMatchObject({ person: { name: 'Sam nora', email: said.email }, organisation: { role: 'member' } })
    const moved = { ...said, email: 'elsewhere@other.example', email_verified: false }
    const again = await platform.call(session.current, {}, (await signOnAs(platform, signOn, moved)).caller)
    expect(again.person).toEqual(first.person)
  })

  test('a member is recognised once by an address that is vouched for', async () => {
    const mel = await addMember(platform, founded, 'reviewer')
    await proveDomain(platform, founded.owner, 'example.test', signOn.connectionId)
    const said = { sub: 'mel-at-provider', email: mel.email, email_verified: true }
    const { caller } = await signOnAs(platform, signOn, said)
    expect((await platform.call(session.current, {}, caller)).person.id).toBe(mel.personId)
    // The same address under another name at the provider is somebody else, and nobody here.
    expect(await whyRefused({ ...said, sub: 'heir-of-the-address' })).toContain('Somebody else signs in with that e-mail')
  })

  test('an Owner whose provider says nothing of a second factor confirms their own first (C2)', async () => {
    const owner = await addMember(platform, founded, 'owner')
    const { caller, next } = await signOnAs(platform, signOn, { sub: 'owner', email: owner.email, email_verified: true })
    expect(next).toBe('confirm_factor')
    expect(await platform.refusal(member.list, {}, caller)).toBe('mfa_required')
    // Having one of their own they are asked for it even when the provider confirmed another.
    const said = { sub: 'owner', amr: ['pwd', 'mfa'] }
    expect((await signOnAs(platform, signOn, said)).next).toBe('confirm_factor')
  })

  test('an Admin without a factor must enrol one, unless the provider confirmed theirs', async () => {
    const said = saidOf(signOn.domain, 'adam')
    const { caller } = await signOnAs(platform, signOn, said)
    const { person } = await platform.call(session.current, {}, caller)
    await platform.arrange(founded.orgId, `update membership set role = 'admin' where person_id = $1`, [person.id])
    expect((await signOnAs(platform, signOn, said)).next).toBe('enrol_factor')
    const confirmed = await signOnAs(platform, signOn, { ...said, amr: ['mfa', 'otp'] })
    expect(confirmed.next).toBe('done')
    expect((await platform.call(member.list, {}, confirmed.caller)).rows.length).toBeGreaterThan(1)
  })

  test('whom nobody invited stays out where the connection lets in no one else', async () => {
    await platform.call(sso.update, { id: signOn.connectionId, defaultRole: null }, founded.owner)
    expect(await whyRefused(saidOf(signOn.domain, 'stranger'))).toContain('Nobody invited this person')
    await platform.call(sso.update, { id: signOn.connectionId, defaultRole: 'member' }, founded.owner)
  })

  test('keys that the provider changed meanwhile are the keys that count', async () => {
    await signOn.provider.rotate()
    await signOnAs(platform, signOn, saidOf(signOn.domain, 'nora'))
  })
})

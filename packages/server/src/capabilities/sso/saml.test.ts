import { createVerify } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  credentialRenewal,
  member,
  obligations as obligation,
  organisation,
  session,
  sso,
  type SsoConnectionId,
} from '@holdfast/contract'
import { base64, responseXml, signedResponse, type Said } from '../../../../saml/src/provider.fixture.ts'
import { addMember, newCaller, startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import {
  askedBy,
  createSaml,
  keysFor,
  lastRefusal,
  metadataOf,
  parametersOf,
  saidOf,
  samlAnswer,
  samlFor,
  samlSignIn,
  testSaml,
  type SamlSignOn,
} from '../../../test/saml.ts'

let platform: Platform
let founded: FoundedPlatform
let signOn: SamlSignOn
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  signOn = await samlFor(platform, founded.owner)
}, 60_000)
afterAll(() => platform.close())

const finish = (parameters: string, caller = newCaller(), connectionId: SsoConnectionId = signOn.connectionId) =>
  platform.refusal(session.finishSignOn, { connectionId, parameters }, caller)

describe('setting it up', () => {
  test('addresses of ours at once, the provider by its metadata, its certificates with their dates', async () => {
    const { connections } = await platform.call(sso.read, {}, founded.owner)
    const here = 'https://localhost:8443/sso'
    expect(connections.find(({ id }) => id === signOn.connectionId)).toMatchObject({
      ...{ state: 'active', secretSet: true, entityId: `${here}/metadata/${signOn.connectionId}` },
      ...{
        redirectUri: `${here}/callback/${signOn.connectionId}`,
        settings: { provider: { signOnUrl: 'https://id.example.test/sso' } },
      },
      certificates: [{ fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    })
  })

  test('our private key goes into no answer and no entry', async () => {
    const { rows } = await platform.admin.query<{ certificate: boolean; key: boolean; plain: boolean }>(
      `select bool_or(body like '%signing_certificate%') as certificate, bool_or(body like '%PRIVATE KEY%') as key,
        (select bool_or(sso_connection::text like '%PRIVATE KEY%') from sso_connection) as plain from ledger`,
    )
    expect(rows[0]).toEqual({ certificate: true, key: false, plain: false })
  })

  test('a draft without a provider has its addresses, and cannot be tried out', async () => {
    const { id, entityId } = await platform.call(sso.create, { name: 'Later', settings: { kind: 'saml' } }, founded.owner)
    expect(entityId).toContain(id)
    expect(await platform.refusal(sso.beginTest, { id }, founded.owner)).toBe('provider_unfit')
    expect(await platform.refusal(sso.activate, { id }, founded.owner)).toBe('not_tested')
    const wrong = [{ metadata: { xml: '<html/>' } }, { secret: 'client-secret' }, { metadata: {} }]
    for (const change of wrong)
      expect(await platform.refusal(sso.update, { id, ...change }, founded.owner)).toBe('provider_unfit')
    const provider = { entityId: 'urn:x', signOnUrl: 'https://id.example.test/', certificates: ['A'.repeat(200)] }
    const settings = { kind: 'saml' as const, provider }
    expect(await platform.refusal(sso.update, { id, settings }, founded.owner)).toBe('provider_unfit')
    await platform.call(sso.remove, { id }, founded.owner)
  })

  test('metadata is fetched from an address, and from none that does not have it', async () => {
    const keys = await keysFor(platform)
    const server = createServer({ ...platform.tls }, (request, response) =>
      request.url === '/metadata' ? response.end(metadataOf(keys, 'urn:by-address')) : response.writeHead(404).end(),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { id, settings } = await createSaml(platform, founded.owner, keys, { metadata: { url: `${url}/metadata` } })
    expect(settings).toMatchObject({ provider: { entityId: 'urn:by-address' } })
    const missing = { id, metadata: { url: `${url}/elsewhere` } }
    expect(await platform.refusal(sso.update, missing, founded.owner)).toBe('provider_unfit')
    server.close()
    server.closeAllConnections()
    expect(await platform.refusal(sso.update, { id, metadata: { url: `${url}/metadata` } }, founded.owner)).toBe(
      'provider_unavailable',
    )
    await platform.call(sso.remove, { id }, founded.owner)
  })

  test('the clock of certificates runs from the one that ends first', async () => {
    const [short, long] = await Promise.all([keysFor(platform, 20), keysFor(platform, 400)])
    const created = await createSaml(platform, founded.owner, short)
    const due = async () =>
      (await platform.call(obligation.list, { subject: created.id }, founded.owner)).rows.filter(
        ({ kind }) => kind === credentialRenewal.name,
      )
    expect((await due()).map(({ dueAt }) => dueAt)).toEqual([created.secretExpiresAt])
    const { certificates } = created
    expect(created.secretExpiresAt).toBe(certificates[0]?.notAfter)
    const both = metadataOf(short).replace(
      /<KeyDescriptor.*<\/KeyDescriptor>/,
      (key) => key + /<KeyDescriptor.*<\/KeyDescriptor>/.exec(metadataOf(long))?.[0],
    )
    const overlapping = await platform.call(sso.update, { id: created.id, metadata: { xml: both } }, founded.owner)
    expect(overlapping.certificates).toHaveLength(2)
    expect(overlapping.secretExpiresAt).toBe(created.secretExpiresAt)
    const renewed = await platform.call(sso.update, { id: created.id, metadata: { xml: metadataOf(long) } }, founded.owner)
    expect(renewed.secretExpiresAt).toBe(renewed.certificates[0]?.notAfter)
    expect((await due()).map(({ dueAt }) => dueAt)).toEqual([renewed.secretExpiresAt])
    await platform.call(sso.remove, { id: created.id }, founded.owner)
    expect(await due()).toEqual([])
  })

  test('the test names the check that failed, and what to change; the ledger keeps the advice and none of what was said', async () => {
    const report = await testSaml(platform, founded.owner, signOn, { audience: 'https://secret-audience.example' })
    expect(report.passed).toBe(false)
    const failed = report.checks.find(({ passed }) => !passed)
    expect(failed).toMatchObject({ name: 'It is meant for us', detail: expect.stringContaining('Copy our entity id') })
    expect(failed?.detail).toContain('secret-audience')
    const { rows } = await platform.admin.query<{ body: string }>(
      `select body from ledger where body like '%sso.connection_tested%' order by seq desc limit 1`,
    )
    expect(rows[0]?.body).not.toContain('secret-audience')
    const good = await testSaml(platform, founded.owner, signOn)
    expect(good).toMatchObject({ passed: true })
    expect(good.said.map(({ claim }) => claim)).toEqual(expect.arrayContaining(['NameID', 'email', 'displayName']))
  })
})

describe('signing in', () => {
  test('asks by a signed request, for this connection’s own address', async () => {
    const { url } = await platform.call(session.beginSignOn, { domain: signOn.domain }, newCaller())
    const { xml } = askedBy(url)
    expect(url.startsWith('https://id.example.test/sso?SAMLRequest=')).toBe(true)
    expect(xml).toContain(`AssertionConsumerServiceURL="${signOn.acsUrl}"`)
    expect(new URL(url).searchParams.has('RelayState')).toBe(false)
    const { rows } = await platform.admin.query<{ pem: string }>(
      'select signing_certificate as pem from sso_connection where id = $1', // prettier-ignore
      [signOn.connectionId],
    )
    const text = url.slice(url.indexOf('SAMLRequest='), url.indexOf('&Signature='))
    const signature = new URL(url).searchParams.get('Signature') ?? ''
    expect(
      createVerify('RSA-SHA256')
        .update(text)
        .verify(rows[0]?.pem ?? '', signature, 'base64'),
    ).toBe(true)
  })

  test('somebody new comes in with the default role, and is the same person again whatever their address', async () => {
    const { caller, next } = await samlSignIn(platform, signOn, 'nora')
    expect(next).toBe('done')
    const first = await platform.call(session.current, {}, caller)
    expect(first).toMatchObject({
      person: { name: 'Sam nora', email: `nora@${signOn.domain}` },
      organisation: { role: 'member' },
    })
    const moved = { nameId: 'subject-of-nora', attributes: '' }
    const again = await platform.call(session.current, {}, (await samlSignIn(platform, signOn, 'other', moved)).caller)
    expect(again.person).toEqual(first.person)
  })

  test('an Owner whose provider says nothing of a second factor confirms their own; a provider that does, counts (C2)', async () => {
    const adam = await samlSignIn(platform, signOn, 'adam')
    const { person } = await platform.call(session.current, {}, adam.caller)
    await platform.arrange(founded.orgId, `update membership set role = 'admin' where person_id = $1`, [person.id])
    const plain = await samlSignIn(platform, signOn, 'adam')
    expect(plain.next).toBe('enrol_factor')
    expect(await platform.refusal(member.list, {}, plain.caller)).toBe('mfa_required')
    const methods =
      '<saml:Attribute Name="http://schemas.microsoft.com/claims/authnmethodsreferences"><saml:AttributeValue>http://schemas.microsoft.com/claims/multipleauthn</saml:AttributeValue></saml:Attribute>'
    const confirmed = await samlSignIn(platform, signOn, 'adam', { attributes: methods })
    expect(confirmed.next).toBe('done')
    expect((await platform.call(member.list, {}, confirmed.caller)).rows.length).toBeGreaterThan(1)
  })

  test('a step-up asks the provider to ask the person anew, and takes no older sign-in', async () => {
    const caller = newCaller()
    const asked = () => platform.call(session.beginSignOn, { domain: signOn.domain, again: true }, caller)
    const { url } = await asked()
    expect(askedBy(url).xml).toContain('ForceAuthn="true"')
    const old = { authnInstant: new Date(platform.clock.now().getTime() - 3_600_000) }
    expect(await finish(parametersOf(signOn.keys, { ...saidOf(platform, signOn, url, 'nora'), ...old }), caller)).toBe(
      'sign_on_refused',
    )
    expect(await lastRefusal(platform, founded.owner)).toContain('ForceAuthn')
    const { url: second } = await asked()
    const parameters = parametersOf(signOn.keys, saidOf(platform, signOn, second, 'nora'))
    await platform.call(session.finishSignOn, { connectionId: signOn.connectionId, parameters }, caller)
  })

  test('both certificates open while they overlap', async () => {
    const next = await keysFor(platform)
    const provider = { entityId: 'https://id.example.test/saml', signOnUrl: 'https://id.example.test/sso' }
    const settings = {
      kind: 'saml' as const,
      provider: { ...provider, certificates: [signOn.keys.certificatePem, next.certificatePem] },
    }
    await platform.call(sso.update, { id: signOn.connectionId, settings }, founded.owner)
    await samlSignIn(platform, signOn, 'nora')
    await samlSignIn(platform, { ...signOn, keys: next }, 'nora')
  })
})

describe('trespassers', () => {
  test('an answer works once: twice at once one gets in, later nobody', async () => {
    const caller = newCaller()
    const parameters = await samlAnswer(platform, signOn, 'nora', caller)
    const tries = [newCaller(), newCaller()].map((one) => Object.assign(one, { ...caller }))
    const once = (one: typeof caller) =>
      platform.call(session.finishSignOn, { connectionId: signOn.connectionId, parameters }, one)
    const outcomes = await Promise.allSettled(tries.map(once))
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await finish(parameters, caller)).toBe('sign_on_refused')
  })

  test('an assertion works once, even for another request of the same browser', async () => {
    const caller = newCaller()
    const first = await samlAnswer(platform, signOn, 'nora', caller, { assertionId: '_twice' })
    await platform.call(session.finishSignOn, { connectionId: signOn.connectionId, parameters: first }, caller)
    const again = newCaller()
    const second = await samlAnswer(platform, signOn, 'nora', again, { assertionId: '_twice' })
    expect(await finish(second, again)).toBe('sign_on_refused')
    expect(await lastRefusal(platform, founded.owner)).toContain('used before')
    // Without the memory of what was used it would get in.
    await platform.admin.query('delete from sso_used')
    const third = newCaller()
    const parameters = await samlAnswer(platform, signOn, 'nora', third, { assertionId: '_twice' })
    await platform.call(session.finishSignOn, { connectionId: signOn.connectionId, parameters }, third)
  })

  test('login CSRF: an answer to a request that another browser began', async () => {
    const attacker = newCaller()
    const parameters = await samlAnswer(platform, signOn, 'mallory', attacker)
    const victim = newCaller()
    await platform.call(session.beginSignOn, { domain: signOn.domain }, victim)
    expect(await finish(parameters, victim)).toBe('sign_on_refused')
    expect(victim.access).toBeNull()
    // The tie to the browser is what stops it: from the browser that asked it opens.
    await platform.call(session.finishSignOn, { connectionId: signOn.connectionId, parameters }, attacker)
  })

  test('the provider of another connection, or of another organisation, says who somebody here is', async () => {
    const { caller: stranger, personId } = await addMember(platform, founded, 'owner')
    const elsewhere = await platform.call(
      organisation.create,
      { name: 'Elsewhere', ownerEmail: 'x@elsewhere.example' },
      founded.owner,
    )
    await platform.arrange(elsewhere.id, `update org set plan = 'enterprise' where id = $1`, [elsewhere.id])
    await platform.arrange(elsewhere.id, `insert into membership (org_id, person_id, role) values ($1, $2, 'owner')`, [
      elsewhere.id,
      personId,
    ])
    await platform.call(session.switchOrganisation, { orgId: elsewhere.id }, stranger)
    const theirs = await samlFor(platform, stranger)
    const caller = newCaller()
    // Signed by their provider, in the name of ours, as an answer to a request for ours.
    const { url } = await platform.call(session.beginSignOn, { domain: signOn.domain }, caller)
    const forged = parametersOf(theirs.keys, saidOf(platform, signOn, url, 'nora'))
    expect(await finish(forged, caller)).toBe('sign_on_refused')
    expect(await lastRefusal(platform, founded.owner)).toContain('signature')
    // At their own address, with our person's NameID and e-mail: there it is a stranger.
    const answer = await samlAnswer(platform, theirs, 'nora', caller, { attributes: '', nameId: `nora@${signOn.domain}` })
    expect(await finish(answer, caller, theirs.connectionId)).toBe('sign_on_refused')
    // Their request's answer at our address.
    expect(await finish(await samlAnswer(platform, theirs, 'nora', caller), caller)).toBe('sign_on_refused')
  })

  const lies: readonly [string, Partial<Said>][] = [
    ['another audience', { audience: 'https://other.example' }],
    ['another recipient', { recipient: 'https://localhost:8443/sso/callback/co_other' }],
    ['another issuer', { issuer: 'https://evil.example' }],
    ['a failure', { status: 'urn:oasis:names:tc:SAML:2.0:status:Responder' }],
  ]
  test.each(lies)('%s is refused, by the public page in the words of every refusal', async (_, lie) => {
    const caller = newCaller()
    const parameters = await samlAnswer(platform, signOn, 'nora', caller, lie)
    const refused = platform.call(session.finishSignOn, { connectionId: signOn.connectionId, parameters }, caller)
    await expect(refused).rejects.toThrow('you cannot be let in')
    expect(caller.access).toBeNull()
    expect(await lastRefusal(platform, founded.owner)).toMatch(/^Not so: /)
  })

  test('RelayState leads nowhere, and a response that is unsigned, weak or hostile is refused', async () => {
    const caller = newCaller()
    const { url } = await platform.call(session.beginSignOn, { domain: signOn.domain }, caller)
    const said = saidOf(platform, signOn, url, 'nora')
    const unsigned = new URLSearchParams({ SAMLResponse: base64(responseXml('', said)), RelayState: 'https://evil.example' })
    expect(await finish(unsigned.toString(), caller)).toBe('sign_on_refused')
    const weak = parametersOf(
      signOn.keys,
      saidOf(platform, signOn, (await platform.call(session.beginSignOn, { domain: signOn.domain }, caller)).url, 'nora'),
      {
        signature: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
      },
    )
    expect(await finish(weak, caller)).toBe('sign_on_refused')
    const bomb = base64(signedResponse(signOn.keys, said).replace('<samlp:Status>', `${'<x/>'.repeat(3_000)}<samlp:Status>`))
    expect(await finish(new URLSearchParams({ SAMLResponse: bomb }).toString(), caller)).toBe('sign_on_refused')
    expect(await finish('SAMLResponse=%', caller)).toBe('sign_on_refused')
    expect(caller.access).toBeNull()
  })

  test('an answer that nobody asked for, an old one, and one to a request of another purpose', async () => {
    const caller = newCaller()
    const unasked = await samlAnswer(platform, signOn, 'nora', caller, { inResponseTo: null, confirmedInResponseTo: null })
    expect(await finish(unasked, caller)).toBe('sign_on_refused')
    const { url } = await platform.call(sso.beginTest, { id: signOn.connectionId }, founded.owner)
    expect(await finish(parametersOf(signOn.keys, saidOf(platform, signOn, url, 'nora')), founded.owner)).toBe('sign_on_refused')
    const late = await samlAnswer(platform, signOn, 'nora', caller)
    platform.clock.advance(11 * 60_000)
    expect(await finish(late, caller)).toBe('sign_on_refused')
  })
})

import { createVerify } from 'node:crypto'
import fastify from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { obligations as obligation, session, signingKeyRenewal, sso, type SsoConnectionId } from '@holdfast/contract'
import { registerSamlPages } from '../../kernel/http/saml-pages.ts'
import { runDue } from '../../kernel/obligation/engine.ts'
import { newCaller, startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { createSaml, keysFor, parametersOf, saidOf, samlFor, samlSignIn, type SamlSignOn } from '../../../test/saml.ts'

let platform: Platform
let founded: FoundedPlatform
let signOn: SamlSignOn
let id: SsoConnectionId
const app = fastify()
beforeAll(async () => {
  platform = await startPlatform()
  registerSamlPages(app, { ...platform.composition.path, index: '<html></html>' })
  founded = await platform.found()
  signOn = await samlFor(platform, founded.owner)
  id = signOn.connectionId
}, 60_000)
afterAll(async () => {
  await app.close()
  await platform.close()
})

const connection = async (of = id) => {
  const found = (await platform.call(sso.read, {}, founded.owner)).connections.find((each) => each.id === of)
  if (!found?.signing) throw new Error('no such SAML connection')
  return { ...found, signing: found.signing }
}
const published = async (of = id): Promise<string[]> => {
  const { body } = await app.inject(`/sso/metadata/${of}`)
  return [...body.matchAll(/<ds:X509Certificate>([^<]+)</g)].map(
    ([, text]) => `-----BEGIN CERTIFICATE-----\n${(text ?? '').replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`,
  )
}
/** As a provider checks it that knows these certificates. */
const accepts = (certificates: readonly string[], url: string): boolean => {
  const text = url.slice(url.indexOf('SAMLRequest='), url.indexOf('&Signature='))
  const signature = new URL(url).searchParams.get('Signature') ?? ''
  return certificates.some((pem) => createVerify('RSA-SHA256').update(text).verify(pem, signature, 'base64'))
}
const asked = async (): Promise<string> => (await platform.call(session.beginSignOn, { domain: signOn.domain }, newCaller())).url
const testBy = async (signedBy: 'current' | 'other') => {
  const { url } = await platform.call(sso.beginTest, { id, signedBy }, founded.owner)
  const parameters = parametersOf(signOn.keys, saidOf(platform, signOn, url, 'tester'))
  return { url, report: await platform.call(sso.finishTest, { id, parameters }, founded.owner) }
}
const renew = async () => {
  const { signing } = await platform.call(sso.renewSigningKey, { id }, founded.owner)
  if (!signing?.other) throw new Error('no second key')
  return { old: signing.current.fingerprint, next: signing.other.fingerprint }
}
const to = (fingerprint: string) => platform.call(sso.switchSigningKey, { id, fingerprint }, founded.owner)
const withdraw = (fingerprint: string) => platform.call(sso.withdrawSigningKey, { id, fingerprint }, founded.owner)

beforeEach(async () => {
  const { signing } = await connection()
  if (signing.other) await withdraw(signing.other.fingerprint)
})

test('a trial by either key signs nobody in', async () => {
  await renew()
  for (const signedBy of ['current', 'other'] as const) {
    const { url } = await platform.call(sso.beginTest, { id, signedBy }, founded.owner)
    const parameters = parametersOf(signOn.keys, saidOf(platform, signOn, url, 'tester'))
    const caller = newCaller({ signOn: founded.owner.signOn })
    expect(await platform.refusal(session.finishSignOn, { connectionId: id, parameters }, caller)).toBe('sign_on_refused')
  }
})

describe('changing the key', () => {
  test('a provider with the old certificate, with both, with the new one: nobody is refused who was told in time', async () => {
    const old = await published()
    const { next } = await renew()
    const both = await published()
    expect(both).toHaveLength(2)
    expect(both[0]).toBe(old[0])
    const current = both.slice(1)
    const accepted = async () => {
      const url = await asked()
      return { old: accepts(old, url), both: accepts(both, url), new: accepts(current, url) }
    }
    expect(await accepted()).toEqual({ old: true, both: true, new: false })
    await to(next)
    expect(await published()).toEqual([current[0], old[0]])
    expect(await accepted()).toEqual({ old: false, both: true, new: true })
    await samlSignIn(platform, signOn, 'nora')
    expect((await connection()).signing.other).toMatchObject({ is: 'previous' })
    await withdraw((await connection()).signing.other?.fingerprint ?? '')
    expect(await published()).toEqual(current)
    expect(await accepted()).toEqual({ old: false, both: true, new: true })
  })

  test('the new key is tried out before it is used, and only that test says that it was', async () => {
    const { next } = await renew()
    const both = await published()
    await testBy('current')
    expect((await connection()).signing.other?.testedAt).toBeNull()
    const { url, report } = await testBy('other')
    expect(report.passed).toBe(true)
    expect([accepts(both.slice(0, 1), url), accepts(both.slice(1), url)]).toEqual([false, true])
    expect((await connection()).signing.other?.testedAt).not.toBeNull()
    await to(next)
    expect((await connection()).testedAt).not.toBeNull()
  })

  test('a key that was not tried makes a draft untested, and cannot stand in for the one in use', async () => {
    const { next } = await renew()
    await testBy('current')
    await to(next)
    expect(await connection()).toMatchObject({ state: 'active', testedAt: null })
    await testBy('other')
    expect((await connection()).testedAt).toBeNull()
  })

  test('a test that was begun before a switch says nothing of the key after it', async () => {
    const { next } = await renew()
    const { url } = await platform.call(sso.beginTest, { id }, founded.owner)
    platform.clock.advance(1_000)
    await to(next)
    const parameters = parametersOf(signOn.keys, saidOf(platform, signOn, url, 'tester'))
    expect((await platform.call(sso.finishTest, { id, parameters }, founded.owner)).passed).toBe(true)
    expect(await connection()).toMatchObject({ testedAt: null, signing: { other: { testedAt: null } } })
    // Were the moment not looked at, the answer to the old key would vouch for the new one.
    platform.clock.advance(-1_000)
    await platform.arrange(founded.orgId, `update sso_connection set changed_at = now() - interval '1 day' where id = $1`, [id])
    const late = await platform.call(sso.beginTest, { id }, founded.owner)
    const answer = parametersOf(signOn.keys, saidOf(platform, signOn, late.url, 'tester'))
    await platform.call(sso.finishTest, { id, parameters: answer }, founded.owner)
    expect((await connection()).testedAt).not.toBeNull()
  })

  test('a provider that was not ready is gone back on', async () => {
    const { old, next } = await renew()
    const before = await published()
    await to(next)
    await to(old)
    expect(await published()).toEqual(before)
    expect(accepts(before.slice(0, 1), await asked())).toBe(true)
    expect((await connection()).signing.other).toMatchObject({ is: 'next', fingerprint: next })
  })

  test('OpenID Connect has no such key, and there is none to try where none was made', async () => {
    expect(await platform.refusal(sso.beginTest, { id, signedBy: 'other' }, founded.owner)).toBe('no_other_key')
    await renew()
    expect(await platform.refusal(sso.renewSigningKey, { id }, founded.owner)).toBe('renewal_running')
    const insert = `insert into sso_connection (org_id, id, kind, name, settings, created_by)
      select org_id, 'co_00000000000000000000000000', 'oidc', 'Plain', '{"kind":"oidc","issuer":"https://id.example"}', created_by
      from sso_connection where id = $1`
    await platform.arrange(founded.orgId, insert, [id])
    const plain = 'co_00000000000000000000000000' as SsoConnectionId
    expect(await platform.refusal(sso.renewSigningKey, { id: plain }, founded.owner)).toBe('not_saml')
    await platform.arrange(founded.orgId, 'delete from sso_connection where id = $1', [plain])
  })
})

describe('trespassers and mistakes', () => {
  test('pressing twice does not switch back', async () => {
    const { next } = await renew()
    await to(next)
    expect(await platform.refusal(sso.switchSigningKey, { id, fingerprint: next }, founded.owner)).toBe('key_in_use')
    expect((await connection()).signing.current.fingerprint).toBe(next)
  })

  test('whoever sees an old page withdraws no key that is in use: it is named, not meant', async () => {
    const { old, next } = await renew()
    await to(next)
    expect(await platform.refusal(sso.withdrawSigningKey, { id, fingerprint: next }, founded.owner)).toBe('key_in_use')
    expect(await platform.refusal(sso.withdrawSigningKey, { id, fingerprint: 'a'.repeat(64) }, founded.owner)).toBe('no_such_key')
    await withdraw(old)
    expect(await platform.refusal(sso.switchSigningKey, { id, fingerprint: old }, founded.owner)).toBe('no_such_key')
  })

  test('of a switch and a withdrawal of the same key at once one happens', async () => {
    const { next } = await renew()
    const outcomes = await Promise.allSettled([to(next), withdraw(next)])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const certificates = await published()
    expect(accepts(certificates.slice(0, 1), await asked())).toBe(true)
  })

  test('neither private key goes into an answer, an entry or a column in the clear; what was withdrawn is nowhere', async () => {
    const { old, next } = await renew()
    await to(next)
    const sealed = async () =>
      (
        await platform.admin.query<{ hex: string | null }>(
          `select encode(other_secret_sealed, 'hex') as hex from sso_connection where id = $1`, // prettier-ignore
          [id],
        )
      ).rows[0]?.hex
    const before = await sealed()
    expect(before).toMatch(/^[0-9a-f]{100}/)
    await withdraw(old)
    expect(await sealed()).toBeNull()
    const { rows } = await platform.admin.query<{ plain: boolean; envelope: boolean; entries: string }>(
      `select bool_or(body like '%PRIVATE KEY%') as plain,
        bool_or(body like '%' || encode(decode($1, 'hex'), 'base64') || '%' or body like '%' || $1 || '%') as envelope,
        count(*) filter (where body like '%sso.signing_key_withdrawn%') as entries from ledger`,
      [before],
    )
    expect(rows[0]).toMatchObject({ plain: false, envelope: false })
    expect(Number(rows[0]?.entries)).toBeGreaterThan(0)
  })

  test('the two halves of another place open nothing: a key is sealed to the place it stands in', async () => {
    await renew()
    await platform.arrange(founded.orgId, 'update sso_connection set secret_sealed = other_secret_sealed where id = $1', [id])
    await expect(asked()).rejects.toThrow()
    // Put right again: by withdrawing nothing, but by making the connection anew.
    signOn = await samlFor(platform, founded.owner)
    id = signOn.connectionId
  })
})

describe('the clock of our own certificate', () => {
  const due = async (of: SsoConnectionId) =>
    (await platform.call(obligation.list, { subject: of }, founded.owner)).rows.filter(
      ({ kind }) => kind === signingKeyRenewal.name,
    )

  test('runs from the making, warns in time, and begins anew with the key that is switched to', async () => {
    const created = await createSaml(platform, founded.owner, await keysFor(platform))
    expect((await due(created.id)).map(({ dueAt }) => dueAt)).toEqual([created.signing?.current.notAfter])
    platform.clock.advance(60_000)
    const { signing } = await platform.call(sso.renewSigningKey, { id: created.id }, founded.owner)
    const fingerprint = signing?.other?.fingerprint ?? ''
    expect((await due(created.id)).map(({ dueAt }) => dueAt)).toEqual([created.signing?.current.notAfter])
    await platform.call(sso.switchSigningKey, { id: created.id, fingerprint }, founded.owner)
    expect((await due(created.id)).map(({ dueAt }) => dueAt)).toEqual([signing?.other?.notAfter])
    const warned = async () =>
      (
        await platform.admin.query<{ kind: string }>(
          `select e.kind from obligation_event e join obligation o on o.id = e.obligation_id
            where o.subject = $1 and o.kind = $2 and e.kind in ('warned', 'breached') order by e.at`,
          [created.id, signingKeyRenewal.name],
        )
      ).rows.map(({ kind }) => kind)
    const untilSoon = Date.parse(signing?.other?.notAfter ?? '') - 29 * 86_400_000 - platform.clock.now().getTime()
    platform.clock.advance(untilSoon)
    await runDue(platform.services, founded.orgId)
    platform.clock.advance(-untilSoon)
    expect(await warned()).toEqual(['warned'])
    await platform.call(sso.remove, { id: created.id }, founded.owner)
    expect(await due(created.id)).toEqual([])
  })
})

/** What a SAML provider calls: our metadata, and the address that its form is posted to. */
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { session } from '@holdfast/contract'
import { newCaller, startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { samlAnswer, samlFor, type SamlSignOn } from '../../../test/saml.ts'
import { signOnFor } from '../../../test/sign-on.ts'
import { registerSamlPages } from './saml-pages.ts'

const index = '<!doctype html><html><head><title>Holdfast</title></head><body><div id="root"></div></body></html>'
let platform: Platform
let founded: FoundedPlatform
let signOn: SamlSignOn
let app: FastifyInstance
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  signOn = await samlFor(platform, founded.owner)
  app = Fastify({ bodyLimit: 64 * 1024 })
  app.setErrorHandler((error: { status?: number; statusCode?: number }, _, reply) =>
    reply.code(error.status ?? error.statusCode ?? 500).send('refused'),
  )
  registerSamlPages(app, { ...platform.composition.path, index })
}, 60_000)
afterAll(async () => {
  await app.close()
  await platform.close()
})

const post = (payload: string, url = `/sso/callback/${signOn.connectionId}`, type = 'application/x-www-form-urlencoded') =>
  app.inject({ method: 'POST', url, payload, headers: { 'content-type': type, origin: 'https://id.example.test' } })
const responseIn = (html: string): string | null => /<meta name="saml-response" content="([^"]*)">/.exec(html)?.[1] ?? null

describe('our metadata', () => {
  test('says what a provider must know, and nothing of other connections', async () => {
    const { statusCode, headers, body } = await app.inject(`/sso/metadata/${signOn.connectionId}`)
    expect([statusCode, headers['content-type']]).toEqual([200, 'application/samlmetadata+xml; charset=utf-8'])
    expect(body).toContain(`entityID="${signOn.entityId}"`)
    expect(body).toContain(`Location="${signOn.acsUrl}"`)
    expect(body).not.toContain('PRIVATE')
    const { connectionId } = await signOnFor(platform, founded.owner)
    const others = [connectionId, 'co_01jb0000000000000000000000', 'co_x', '..%2f..%2fetc']
    for (const id of others) expect((await app.inject(`/sso/metadata/${id}`)).statusCode).toBe(404)
  })
})

describe('the form of a provider', () => {
  test('becomes a page that holds the answer, sets no cookie and changes nothing; the page’s own request signs in', async () => {
    const caller = newCaller()
    const parameters = await samlAnswer(platform, signOn, 'nora', caller)
    const before = await platform.admin.query<{ n: string }>('select count(*) as n from ledger')
    const answer = await post(`${parameters}&RelayState=https%3A%2F%2Fevil.example`)
    expect([answer.statusCode, answer.headers['set-cookie'], answer.headers['location']]).toEqual([200, undefined, undefined])
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.body).not.toContain('evil.example')
    expect((await platform.admin.query<{ n: string }>('select count(*) as n from ledger')).rows).toEqual(before.rows)
    const handed = new URLSearchParams({ SAMLResponse: responseIn(answer.body) ?? '' }).toString()
    const finished = platform.call(session.finishSignOn, { connectionId: signOn.connectionId, parameters: handed }, caller)
    expect(await finished).toMatchObject({ next: 'done' })
  })

  test('puts nothing into the page but base64', async () => {
    for (const sent of ['"><script>alert(1)</script>', 'AAAA" http-equiv="refresh', '$&$1', '', '<!--', 'AA==AA']) {
      const { body } = await post(new URLSearchParams({ SAMLResponse: sent }).toString())
      expect(body).toBe(index)
    }
    expect((await post('nothing=1')).body).toBe(index)
    expect(responseIn((await post('SAMLResponse=QUJD%0AREVG')).body)).toBe('QUJDREVG')
  })

  test('is bounded, is a form, and is posted to a connection', async () => {
    expect((await post(`SAMLResponse=${'A'.repeat(150_000)}`)).statusCode).toBe(200)
    expect((await post(`SAMLResponse=${'A'.repeat(300_000)}`)).statusCode).toBe(413)
    expect((await post('{}', undefined, 'text/xml')).statusCode).toBe(415)
    expect((await post('SAMLResponse=QUJD', '/sso/callback/elsewhere')).statusCode).toBe(404)
    const elsewhere = await app.inject({
      ...{ method: 'POST', url: '/other', payload: 'a=1' },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(elsewhere.statusCode).toBe(404)
  })
})

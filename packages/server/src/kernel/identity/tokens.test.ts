import { createHmac } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { session, SessionId } from '@holdfast/contract'
import { publicUrl, startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { newId, newIdOf } from '../identifier.ts'
import { openUnit, record } from '../unit.ts'
import { renewSecret, stillVerifying } from './secrets.ts'
import { rotateSigningKey } from './signing-keys.ts'

let platform: Platform
let founded: FoundedPlatform
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
})
afterAll(() => platform.close())

const claims = () => ({ personId: founded.personId, orgId: founded.orgId, sessionId: newIdOf(SessionId, 'se') })
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const headerOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as Record<string, unknown>
const payloadOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as JWTPayload

/** A change of the installation's own rows, as an operation of the operator would make it. */
const operate = async (work: (unit: ReturnType<typeof openUnit>) => Promise<unknown>): Promise<void> => {
  const { ground, tokens } = platform.services
  const unit = openUnit(ground, founded.orgId, null, true)
  try {
    await work(unit)
  } catch (error) {
    await unit.transaction.rollback()
    throw error
  }
  const actor = { type: 'system', id: 'test', via: 'test' }
  await record(ground, unit, {
    actor,
    action: 'test.rotated',
    targetId: 'test',
    requestId: newId('rq'),
    origin: null,
    reason: null,
  })
  tokens.forget()
}

test('a token says who, where and which session, and nothing about rights', async () => {
  const { tokens } = platform.services
  const expected = claims()
  const token = await tokens.signAccess(expected, new Date())
  expect(await tokens.verifyAccess(token, new Date())).toEqual(expected)
  expect(headerOf(token)).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: expect.stringMatching(/^sk_/) })
  expect(Object.keys(payloadOf(token)).toSorted()).toEqual(['aud', 'exp', 'iat', 'iss', 'org', 'sid', 'sub'])
  expect(await tokens.verifyAccess(token, new Date(Date.now() + 14 * 60_000))).toEqual(expected)
  expect(await tokens.verifyAccess(token, new Date(Date.now() + 16 * 60_000))).toBeNull()
})

describe('forged tokens are nobody’s', () => {
  const forgeries: Record<string, (good: string) => Promise<string> | string> = {
    'alg none': (good) => `${part({ ...headerOf(good), alg: 'none' })}.${good.split('.')[1]}.`,
    'HS256 with the public key as secret': async (good) => {
      const { rows } = await platform.admin.query('select public_jwk from signing_key where kid = $1', [headerOf(good)['kid']])
      const signed = `${part({ ...headerOf(good), alg: 'HS256' })}.${good.split('.')[1]}`
      return `${signed}.${createHmac('sha256', JSON.stringify(rows[0].public_jwk)).update(signed).digest('base64url')}`
    },
    'a key of its own, under our key id': async (good) => sign(good, {}),
    'a key of its own, embedded': async (good) => sign(good, {}, true),
    'a key id that is a path': async (good) => sign(good, { kid: '../../etc/passwd' }),
    'a key id that is SQL': async (good) => sign(good, { kid: "' or 1=1 --" }),
    'another type, genuinely signed': (good) => genuine(good, { typ: 'JWT' }),
    'no type': (good) => genuine(good, { typ: undefined }),
    'another issuer': (good) => genuine(good, {}, { iss: 'https://evil.test' }),
    'audiences among which is ours': (good) => genuine(good, {}, { aud: [`${publicUrl}/api/v1`, 'https://evil.test'] }),
    'no session': (good) => genuine(good, {}, { sid: undefined }),
    'a session id of another shape': (good) => genuine(good, {}, { sid: 'se_x' }),
    'no expiry': (good) => genuine(good, {}, { exp: undefined }),
    'a life of a year': (good) => genuine(good, {}, { iat: 1, exp: 4e9 }),
    'issued tomorrow': (good) =>
      genuine(good, {}, { iat: Math.floor(Date.now() / 1000) + 86_400, exp: Math.floor(Date.now() / 1000) + 90_000 }),
    'a changed payload': (good) =>
      `${good.split('.')[0]}.${part({ ...payloadOf(good), sub: newId('pe') })}.${good.split('.')[2]}`,
    'a policy statement as a token': (good) =>
      platform.services.tokens.signStatement(
        Object.fromEntries(Object.entries(payloadOf(good)).map(([name, value]) => [name, String(value)])),
        new Date(),
      ),
    rubbish: () => 'a.b.c',
    'nothing between dots': () => '..',
    'a megabyte': () => 'a'.repeat(1_000_000),
  }
  const sign = async (good: string, header: Record<string, string>, embed = false): Promise<string> => {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA')
    const jwk = embed ? { jwk: await exportJWK(publicKey) } : {}
    return new SignJWT(payloadOf(good))
      .setProtectedHeader({ ...headerOf(good), alg: 'EdDSA', ...header, ...jwk })
      .sign(privateKey)
  }
  /** By our own signing key: only the check that the name says can refuse it. */
  const genuine = async (
    good: string,
    header: Record<string, unknown>,
    payload: Record<string, unknown> = {},
  ): Promise<string> => {
    const { createSigningKeys } = await import('./signing-keys.ts')
    const { ground, secrets } = platform.services
    const { key } = await createSigningKeys(ground, secrets).signing(new Date())
    const merged = Object.fromEntries(
      Object.entries({ ...payloadOf(good), ...payload }).filter(([, value]) => value !== undefined),
    )
    return new SignJWT(merged).setProtectedHeader({ ...headerOf(good), alg: 'EdDSA', ...header }).sign(key)
  }
  test('the forger itself can sign what is accepted', async () => {
    const good = await platform.services.tokens.signAccess(claims(), new Date())
    expect(await platform.services.tokens.verifyAccess(await genuine(good, {}), new Date())).not.toBeNull()
  })
  test.each(Object.keys(forgeries))('%s', async (name) => {
    const good = await platform.services.tokens.signAccess(claims(), new Date())
    const forged = await forgeries[name]?.(good)
    expect(await platform.services.tokens.verifyAccess(forged ?? '', new Date())).toBeNull()
  })
})

test('unknown key ids do not reach the database more than once in five seconds', async () => {
  const good = await platform.services.tokens.signAccess(claims(), new Date())
  const connects = platform.options.aside.totalCount
  let acquired = 0
  const count = (): void => void acquired++
  platform.options.aside.on('acquire', count)
  for (let n = 0; n < 50; n++) {
    const forged = `${part({ ...headerOf(good), kid: newId('sk') })}.${good.split('.')[1]}.${good.split('.')[2]}`
    expect(await platform.services.tokens.verifyAccess(forged, new Date())).toBeNull()
  }
  platform.options.aside.off('acquire', count)
  expect(acquired).toBeLessThanOrEqual(1)
  expect(platform.options.aside.totalCount - connects).toBeLessThanOrEqual(1)
})

describe('rotation while requests run', () => {
  test('what was signed before verifies on, for 20 minutes; what follows bears another key', async () => {
    const { tokens } = platform.services
    const before = await tokens.signAccess(claims(), new Date())
    await operate((unit) => rotateSigningKey(unit, new Date()))
    const later = await tokens.signAccess(claims(), new Date())
    expect(headerOf(later)['kid']).not.toBe(headerOf(before)['kid'])
    expect(await tokens.verifyAccess(before, new Date())).not.toBeNull()
    expect(await tokens.verifyAccess(later, new Date())).not.toBeNull()
    expect(await platform.call(session.current, {}, founded.owner)).toMatchObject({ next: 'done' })
    await platform.admin.query(`update signing_key set retired_at = now() - interval '21 minutes' where state = 'retired'`)
    tokens.forget()
    expect(await tokens.verifyAccess(before, new Date())).toBeNull()
    const { rows } = await platform.admin.query('select state, count(*)::int as n from signing_key group by state order by state')
    expect(rows).toEqual([
      { state: 'next', n: 1 },
      { state: 'retired', n: 1 },
      { state: 'signing', n: 1 },
    ])
  })

  test('refresh tokens of the version before are honoured for as long as they could live', async () => {
    const { tokens, secrets } = platform.services
    const id = newIdOf(SessionId, 'se')
    const before = await tokens.refreshToken(id, 3)
    await operate((unit) => renewSecret(unit, 'refresh', new Date()))
    expect(await tokens.readRefresh(before, new Date())).toEqual({ sessionId: id, sequence: 3 })
    expect(await tokens.refreshToken(id, 3)).not.toBe(before)
    expect(stillVerifying(await secrets.versions('refresh'), new Date())).toHaveLength(2)
    expect(stillVerifying(await secrets.versions('refresh'), new Date(Date.now() + 8 * 86_400_000))).toHaveLength(1)
    expect(await tokens.readRefresh(before, new Date(Date.now() + 8 * 86_400_000))).toBeNull()
  })

  test('the key of the address index is never rotated', async () => {
    await expect(operate((unit) => renewSecret(unit, 'email-index', new Date()))).rejects.toThrow(/not rotated/)
  })

  test.each(['v1.x.0.y', '', 'v1.se_00000000000000000000000000.0.AAAA', 'v2'])('%j is no refresh token', async (text) => {
    expect(await platform.services.tokens.readRefresh(text, new Date())).toBeNull()
  })

  test('a refresh token with another number is no token', async () => {
    const token = await platform.services.tokens.refreshToken(newIdOf(SessionId, 'se'), 3)
    expect(await platform.services.tokens.readRefresh(token.replace('.3.', '.4.'), new Date())).toBeNull()
  })
})

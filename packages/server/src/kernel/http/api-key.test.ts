import { apiKey, accessLog, host, member, obligations, organisation, policy, session, type Scope } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  addMember,
  enrol,
  newCaller,
  startPlatform,
  type Caller,
  type FoundedPlatform,
  type Platform,
} from '../../../test/platform.ts'
import type { Gate } from '../gate.ts'
import { permit } from '../permit.ts'
import { Problem } from '../problem.ts'
import { createAuthenticator } from './authenticate.ts'

let platform: Platform
let founded: FoundedPlatform
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
})
afterAll(() => platform.close())

const keyWith = (limits: { scopes?: Scope[]; networks?: string[]; days?: number }, as: Caller = founded.owner) =>
  platform.call(apiKey.create, { name: 'tried', role: 'owner', ...limits }, as)
const callerAt = (key: string, address = '192.0.2.1') => newCaller({ apiKey: key, origin: { address, agent: 'test' } })
const whoIs = (key: string, address?: string): Promise<string> =>
  platform.call(session.current, {}, callerAt(key, address)).then(
    ({ organisation: { role } }) => role,
    (error: unknown) => (error instanceof Problem ? error.code : 'error'),
  )

/** Whether the key would get in if this part of what the database says about it were different: the fence that reads it, removed. */
const getsInIf = async (key: string, change: Record<string, unknown>, ip = '192.0.2.1'): Promise<boolean> => {
  const { gate, services } = platform.composition.path
  const altered: Gate = {
    ...gate,
    find: async <T>(name: Parameters<Gate['find']>[0], id: string) =>
      ({ ...(await gate.find<object>(name, id)), ...change }) as T,
  }
  const authenticator = createAuthenticator({ services, gate: altered })
  try {
    return (await authenticator.authenticate({ headers: { authorization: `Bearer ${key}` }, ip })) !== null
  } catch (error) {
    if (error instanceof Problem) return false
    throw error
  } finally {
    await authenticator.close()
  }
}

describe('where a key comes from', () => {
  test.each([
    [['192.0.2.0/24'], ['192.0.2.1', '::ffff:192.0.2.77'], ['192.0.3.1', '2001:db8::1', '::1', '']],
    [['2001:db8:1::/48'], ['2001:db8:1::1', '2001:db8:1:ffff::2'], ['2001:db8:2::1', '192.0.2.1']],
    [
      ['198.51.100.7/32', '10.0.0.0/8'],
      ['198.51.100.7', '10.9.8.7'],
      ['198.51.100.8', '11.0.0.1'],
    ],
  ])('%j: in or out', async (networks, inside, outside) => {
    const { key } = await keyWith({ networks })
    for (const address of inside) expect(await whoIs(key, address), address).toBe('owner')
    for (const address of outside) expect(await whoIs(key, address), address).toBe('unauthenticated')
  })

  test('from elsewhere it is refused and written down, once a minute; without the fence it would get in', async () => {
    const { key, id } = await keyWith({ networks: ['192.0.2.0/24'] })
    await whoIs(key, '203.0.113.5')
    await whoIs(key, '203.0.113.5')
    await platform.settle()
    const { rows } = await platform.call(accessLog.list, { operation: 'apiKey.use' }, founded.owner)
    expect(rows.filter(({ target }) => target === id)).toMatchObject([{ outcome: 'refused:other_network' }])
    expect(JSON.stringify(rows)).not.toContain(key.slice(-43))
    expect(await getsInIf(key, {}, '203.0.113.5')).toBe(false)
    expect(await getsInIf(key, { networks: null }, '203.0.113.5')).toBe(true)
  })

  test('a wrong secret learns nothing of networks, and is not written down as a theft', async () => {
    const { key, id } = await keyWith({ networks: ['192.0.2.0/24'] })
    await whoIs(`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`, '203.0.113.5')
    await platform.settle()
    const { rows } = await platform.call(accessLog.list, { operation: 'apiKey.use' }, founded.owner)
    expect(rows.filter(({ target }) => target === id)).toEqual([])
  })

  test.each(['192.0.2.0/33', 'here', '2001:db8::/129', '192.0.2.0/24/1'])('%s is no network', async (network) => {
    expect(await platform.refusal(apiKey.create, { name: 'x', role: 'viewer', networks: [network] }, founded.owner)).toBe(
      'invalid_input',
    )
  })
})

describe('how long', () => {
  test('a key that has run out is refused; without the fence it would get in', async () => {
    const { key } = await keyWith({ days: 1 })
    platform.clock.advance(86_400_001)
    try {
      expect(await whoIs(key)).toBe('unauthenticated')
      expect(await getsInIf(key, {})).toBe(false)
      expect(await getsInIf(key, { expires_at: null })).toBe(true)
    } finally {
      platform.clock.advance(-86_400_001)
    }
  })

  test('while it is rotated both secrets work, then the old one does not; without the fence it would', async () => {
    const { key: old, id } = await keyWith({})
    const rotated = await platform.call(apiKey.rotate, { id, overlapHours: 2 }, founded.owner)
    expect(rotated.id).toBe(id)
    const overlapMs = Date.parse(rotated.oldSecretUntil ?? '') - platform.clock.now().getTime()
    expect(overlapMs).toBeGreaterThan(2 * 3_600_000 - 60_000)
    expect([await whoIs(old), await whoIs(rotated.key)]).toEqual(['owner', 'owner'])
    platform.clock.advance(2 * 3_600_000 + 1)
    try {
      expect([await whoIs(old), await whoIs(rotated.key)]).toEqual(['unauthenticated', 'owner'])
      expect(await getsInIf(old, { old_until: new Date(Date.now() + 1e9) })).toBe(true)
    } finally {
      platform.clock.advance(-(2 * 3_600_000 + 1))
    }
  })

  test('the overlap ends early when told to, or is none; the secret before the last is gone', async () => {
    const { key: first, id } = await keyWith({})
    const { key: second } = await platform.call(apiKey.rotate, { id }, founded.owner)
    await platform.call(apiKey.endOverlap, { id }, founded.owner)
    expect([await whoIs(first), await whoIs(second)]).toEqual(['unauthenticated', 'owner'])
    expect(await platform.refusal(apiKey.endOverlap, { id }, founded.owner)).toBe('no_overlap')
    const { key: third } = await platform.call(apiKey.rotate, { id }, founded.owner)
    const { key: fourth } = await platform.call(apiKey.rotate, { id, overlapHours: 0 }, founded.owner)
    expect([await whoIs(second), await whoIs(third), await whoIs(fourth)]).toEqual([
      'unauthenticated',
      'unauthenticated',
      'owner',
    ])
    await platform.call(apiKey.revoke, { id }, founded.owner)
    expect(await whoIs(fourth)).toBe('unauthenticated')
    expect(await platform.refusal(apiKey.rotate, { id }, founded.owner)).toBe('key_not_found')
  })

  test('nobody is shown a secret that acts as somebody else, whatever they manage', async () => {
    const { caller } = await addMember(platform, founded, 'member')
    const { id } = await platform.call(apiKey.create, { name: 'mine', role: 'member' }, caller)
    expect(await platform.refusal(apiKey.rotate, { id }, founded.owner)).toBe('key_not_found')
    expect((await platform.call(apiKey.rotate, { id }, caller)).id).toBe(id)
  })
})

describe('what a key was narrowed to', () => {
  test('it does that and nothing else, not even where its role would; one that is not narrowed does', async () => {
    const { key } = await keyWith({ scopes: ['policy:read'] })
    const wide = (await keyWith({})).key
    expect((await platform.call(policy.list, {}, callerAt(key))).rows).toEqual([])
    for (const operation of [member.list, host.list, accessLog.list]) {
      expect(await platform.refusal(operation, {}, callerAt(key)), operation.name).toBe('forbidden')
      await platform.call(operation, {}, callerAt(wide))
    }
    expect((await platform.call(session.current, {}, callerAt(key))).permissions).toEqual(['policy:read'])
  })

  test('it cannot make itself a wider key: not by its scope, and not by any', async () => {
    const wanted = { name: 'wider', role: 'owner' as const }
    const narrow = callerAt((await keyWith({ scopes: ['policy:read'] })).key)
    const keyring = callerAt((await keyWith({ scopes: ['key:own', 'key:manage'] })).key)
    for (const caller of [narrow, keyring]) expect(await platform.refusal(apiKey.create, wanted, caller)).toBe('session_required')
    const { id } = await keyWith({})
    expect(await platform.refusal(apiKey.rotate, { id }, keyring)).toBe('session_required')
    // With that fence removed the second would get in, and the first would still meet its scope.
    const { sessionOnly: _, ...open } = apiKey.create
    const principal = async ({ apiKey: key }: Caller) =>
      platform.composition.authenticate({ headers: { authorization: `Bearer ${key ?? ''}` }, ip: '192.0.2.1' })
    const now = platform.clock.now()
    expect(() => permit(open as typeof apiKey.create, null, now)).toThrow()
    const [narrowed, ringed] = [await principal(narrow), await principal(keyring)]
    expect(() => permit(open as typeof apiKey.create, ringed, now)).not.toThrow()
    expect(() => permit(open as typeof apiKey.create, narrowed, now)).toThrow()
    expect(() => permit(open as typeof apiKey.create, { ...narrowed, scopes: null } as typeof narrowed, now)).not.toThrow()
  })

  test('the wider view of a list needs its permission too', async () => {
    const reviewer = await addMember(platform, founded, 'reviewer')
    const subject = await platform.call(policy.create, { title: 'Owed', content: '# Owed' }, founded.owner)
    await platform.call(policy.submit, { id: subject.id }, founded.owner)
    await platform.call(policy.approve, { id: subject.id, sha256: subject.sha256 }, reviewer.caller)
    await platform.call(policy.publish, { id: subject.id }, founded.owner)
    const keyOf = async (scopes: Scope[]) =>
      callerAt((await platform.call(apiKey.create, { name: 'r', role: 'reviewer', scopes }, reviewer.caller)).key)
    const { rows } = await platform.call(obligations.list, {}, founded.owner)
    const id = rows.find(({ subject: about }) => about === subject.policyId)?.id
    if (!id) throw new Error('nothing is owed')
    expect(await platform.refusal(obligations.read, { id }, await keyOf(['obligation:read']))).toBe('obligation_not_found')
    expect((await platform.call(obligations.read, { id }, await keyOf(['obligation:read', 'obligation:oversee']))).id).toBe(id)
  })

  test('no key names what its role could not do, nor what belongs to the operator elsewhere', async () => {
    const viewer = await addMember(platform, founded, 'viewer')
    const wanted = { name: 'x', role: 'viewer' as const, scopes: ['ledger:export' as const] }
    expect(await platform.refusal(apiKey.create, wanted, viewer.caller)).toBe('scope_not_held')
    const { id } = await platform.call(organisation.create, { name: 'Other', ownerEmail: 'o@example.test' }, founded.owner)
    const other = await addMember(platform, { orgId: id }, 'owner')
    const foreign = { name: 'x', role: 'owner' as const, scopes: ['operator:read' as const] }
    expect(await platform.refusal(apiKey.create, foreign, other.caller)).toBe('scope_not_held')
  })
})

test('a key is dead with whoever made it; without the fence it would not be', async () => {
  const { caller, personId } = await addMember(platform, founded, 'reviewer')
  await enrol(platform, platform.clock, caller)
  const { key } = await platform.call(apiKey.create, { name: 'left', role: 'reviewer' }, caller)
  await platform.call(member.changeRole, { id: personId, role: 'viewer' }, founded.owner)
  expect(await whoIs(key)).toBe('viewer')
  await platform.call(member.remove, { id: personId }, founded.owner)
  expect(await whoIs(key)).toBe('unauthenticated')
  expect(await getsInIf(key, { revoked_at: null })).toBe(false) // two fences: the key is revoked, and nobody holds it
  expect(await getsInIf(key, { revoked_at: null, member_role: 'viewer' })).toBe(true)
})

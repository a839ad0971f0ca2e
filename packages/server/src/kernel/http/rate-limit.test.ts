import { operations } from '@holdfast/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Principal } from '../principal.ts'
import { createRateLimits, defaultPolicies, rateHeaders, rateProblem } from './rate-limit.ts'

const policies = { ...defaultPolicies, address: { quota: 5, windowSeconds: 10 }, secret: { quota: 2, windowSeconds: 60 } }
const start = Date.parse('2026-03-01T09:00:00Z')

const owner: Principal = {
  ...{
    kind: 'api_key',
    heldBack: null,
    scopes: null,
    keyId: 'ak_00000000000000000000000001',
    personId: 'pe_00000000000000000000000001' as never,
  },
  ...{ orgId: '01890000-0000-7000-8000-000000000001' as never, role: 'owner', operator: false, plan: 'starter' },
} as Principal

describe('rate limits', () => {
  test('the quota may come at once; the next request waits as long as it is told, and is then accepted', () => {
    let now = start
    const { byPlace } = createRateLimits(policies, () => now)
    const states = Array.from({ length: 5 }, () => byPlace('192.0.2.1'))
    expect(states.map(({ remaining }) => remaining)).toEqual([4, 3, 2, 1, 0])
    const refused = byPlace('192.0.2.1')
    expect(refused.retryAfterSeconds).toBe(2)
    expect(byPlace('192.0.2.2').retryAfterSeconds).toBe(0)
    now += refused.retryAfterSeconds * 1000
    expect(byPlace('192.0.2.1').retryAfterSeconds).toBe(0)
    expect(byPlace('192.0.2.1').retryAfterSeconds).toBeGreaterThan(0)
    now += 10_000
    expect(byPlace('192.0.2.1').remaining).toBe(4)
  })

  test('nobody ever gets more than twice the quota in a window, however they time it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4000 }), { maxLength: 200 }), (waits) => {
        let now = start
        const { byPlace } = createRateLimits(policies, () => now)
        const accepted: number[] = []
        for (const wait of waits) {
          now += wait
          if (byPlace('a').retryAfterSeconds === 0) accepted.push(now)
        }
        for (const at of accepted)
          expect(accepted.filter((time) => time >= at && time < at + 10_000).length).toBeLessThanOrEqual(10)
      }),
    )
  })

  test('guessing is limited by address, whoever one claims to be; the tightest policy is the one reported', () => {
    const { byCaller } = createRateLimits(policies, () => start)
    const { signIn } = operations.session
    expect(byCaller(signIn, null, '192.0.2.1')?.remaining).toBe(1)
    expect(byCaller(signIn, owner, '192.0.2.1')).toMatchObject({ name: 'secret', remaining: 0, retryAfterSeconds: 0 })
    expect(byCaller(signIn, null, '192.0.2.1')?.retryAfterSeconds).toBe(30)
    expect(byCaller(operations.policy.list, null, '192.0.2.1')).toBeNull()
    expect(byCaller(operations.policy.list, owner, '192.0.2.1')?.name).toBe('principal')
  })

  test('the agents of an organisation use up nothing of what its people have, and have a bound of their own', () => {
    const few = { ...policies, organisation: { quota: 3, windowSeconds: 60 }, agents: { quota: 5, windowSeconds: 60 } }
    const { byCaller } = createRateLimits(few, () => start)
    const agentOf = (index: number) =>
      ({ kind: 'agent', agentId: `ag_${index}`, hostId: `ho_${index}`, orgId: owner.orgId }) as never
    const call = (principal: Principal) => byCaller(operations.policy.list, principal, '192.0.2.1')?.retryAfterSeconds
    expect([1, 2, 3, 4, 5].map((index) => call(agentOf(index)))).toEqual([0, 0, 0, 0, 0])
    expect(call(agentOf(6))).toBeGreaterThan(0)
    expect([call(owner), call(owner), call(owner)]).toEqual([0, 0, 0])
    expect(call(owner)).toBeGreaterThan(0)
  })

  test('says so in RateLimit, RateLimit-Policy and the problem', () => {
    const { byPlace } = createRateLimits(policies, () => start)
    expect(rateHeaders(byPlace('a'))).toEqual({ 'ratelimit-policy': '"address";q=5;w=10', ratelimit: '"address";r=4;t=2' })
    for (let request = 0; request < 5; request++) byPlace('a')
    expect(rateProblem(byPlace('a'))).toMatchObject({ code: 'rate_limited', status: 429, extras: { retryAfterSeconds: 2 } })
  })

  test('what is charged beside a request is waited for, and never longer than two windows', () => {
    let now = start
    const limits = createRateLimits(
      { ...policies, principal: { quota: 10, windowSeconds: 10 }, organisation: { quota: 1e9, windowSeconds: 1 } },
      () => now,
    )
    const ask = () => limits.byCaller(operations.policy.list, owner, '192.0.2.1')?.retryAfterSeconds
    limits.charge(owner, '192.0.2.1', 8)
    expect([ask(), ask(), ask()]).toEqual([0, 0, 1])
    limits.charge(owner, '192.0.2.1', 1_000_000)
    expect(ask()).toBe(11)
    now += 11_000
    expect(ask()).toBe(0)
    limits.charge(null, '192.0.2.7', 5)
    expect(limits.byPlace('192.0.2.7').retryAfterSeconds).toBeGreaterThan(0)
    limits.charge(null, '192.0.2.8', 0)
    expect(limits.byPlace('192.0.2.8').retryAfterSeconds).toBe(0)
  })
})

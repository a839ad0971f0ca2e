import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { closingOf, mayAsk, mayDecide, networkWithin, selects, type Rules } from '../../kernel/access/entitled.ts'
import { extendedEnd, problemOf, requestHashOf, stateAt, termOf, withinSecret, ticketFits, type Bound } from './rules.ts'
import { mailboxOf } from '../../kernel/people.ts'

const rules = {
  id: 'ap_1',
  version: 1,
  name: 'Production',
  selects: { hostIds: [], environments: ['production'], labels: [] },
  logins: ['deploy'],
  requesters: { roles: ['member'], personIds: [], serviceAccountIds: [] },
  approvers: { roles: ['reviewer'], personIds: ['pe_lead'] },
  approvals: 1,
  maxSeconds: 3600,
  reasonRequired: true,
  ticketPattern: null,
  sourceNetworks: [],
  hours: null,
  extensions: [],
  apiKeysMayAsk: false,
  bastionId: null,
  state: 'active',
} as unknown as Rules
const asked = { login: 'deploy', seconds: 600, notBefore: null, reason: 'why', ticket: null, extensions: [], sourceNetworks: [] }
const now = new Date('2026-11-23T10:00:00Z')

describe('which hosts', () => {
  const host = { id: 'ho_1', environment: 'production', labels: ['team=data', 'tier=1'] }
  const on = (selection: Partial<Rules['selects']>) =>
    selects({ hostIds: [], databaseIds: [], environments: [], labels: [], ...selection }, host)

  test('by id, by environment, by all of the labels; nothing selects nothing', () => {
    expect(on({})).toBe(false)
    expect(on({ hostIds: ['ho_1'] as never })).toBe(true)
    expect(on({ environments: ['staging', 'production'] })).toBe(true)
    expect(on({ environments: ['staging'] })).toBe(false)
    expect(on({ labels: ['team=data'] })).toBe(true)
    expect(on({ labels: ['team=data', 'tier=2'] })).toBe(false)
    expect(on({ environments: ['staging'], labels: ['team=data'] })).toBe(false)
    expect(on({ hostIds: ['ho_1'] as never, environments: ['staging'] })).toBe(true)
  })
})

describe('who', () => {
  test('the role must be able to, and the policy must name it', () => {
    expect(mayAsk(rules, { personId: 'pe_1', role: 'member' })).toBe(true)
    expect(mayAsk(rules, { personId: 'pe_1', role: 'admin' })).toBe(false)
    expect(
      mayAsk(
        { ...rules, requesters: { roles: ['viewer'], personIds: [], serviceAccountIds: [] } },
        { personId: 'pe_1', role: 'viewer' },
      ),
    ).toBe(false)
    expect(mayAsk(rules, { personId: 'pe_1', role: null })).toBe(false)
    expect(mayAsk({ ...rules, state: 'retired' }, { personId: 'pe_1', role: 'member' })).toBe(false)
    expect(mayDecide(rules, { personId: 'pe_1', role: 'reviewer' })).toBe(true)
    expect(mayDecide(rules, { personId: 'pe_lead', role: 'admin' })).toBe(true)
    expect(mayDecide(rules, { personId: 'pe_lead', role: 'member' })).toBe(false)
    expect(mayDecide(rules, { personId: 'pe_lead', role: null })).toBe(false)
  })

  test('one mailbox is one person', () => {
    expect(mailboxOf('Sam+second@Example.test')).toBe(mailboxOf('sam@example.test'))
    expect(mailboxOf('sam@example.test')).not.toBe(mailboxOf('sam@example.org'))
  })
})

describe('terms', () => {
  test('each is refused by its own code', () => {
    const check = (part: object, policy: Partial<Rules> = {}) => problemOf({ ...rules, ...policy }, { ...asked, ...part }, now)
    expect(check({})).toBeNull()
    expect(check({ login: 'root' })).toBe('login_not_allowed')
    expect(check({ seconds: 3601 })).toBe('too_long')
    expect(check({ extensions: ['permit-port-forwarding'] })).toBe('extension_not_allowed')
    expect(check({ reason: ' ' })).toBe('reason_needed')
    expect(check({}, { ticketPattern: 'OPS-#' })).toBe('ticket_needed')
    expect(check({ ticket: 'OPS-7' }, { ticketPattern: 'OPS-#' })).toBeNull()
    expect(check({ sourceNetworks: ['10.1.0.0/16'] }, { sourceNetworks: ['10.2.0.0/16'] })).toBe('network_not_allowed')
    expect(check({ notBefore: new Date(now.getTime() - 1000) })).toBe('not_before_refused')
    expect(check({ notBefore: new Date(now.getTime() + 31 * 86_400_000) })).toBe('not_before_refused')
  })

  test('a duration is allowed exactly up to the longest', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 100_000 }), fc.integer({ min: 60, max: 100_000 }), (seconds, maxSeconds) => {
        expect(problemOf({ ...rules, maxSeconds }, { ...asked, seconds }, now)).toBe(seconds > maxSeconds ? 'too_long' : null)
      }),
    )
  })

  test('a ticket pattern means itself, but for #, and takes no time however it is written', () => {
    expect(ticketFits('OPS-#', 'OPS-123')).toBe(true)
    for (const ticket of ['OPS-', 'ops-1', 'OPS-1x', 'xOPS-1', 'OPS-1\n']) expect(ticketFits('OPS-#', ticket), ticket).toBe(false)
    expect(ticketFits('OPS-#', 'OPS-1234567890123')).toBe(false)
    const visible = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 40,
    })
    fc.assert(fc.property(visible, (pattern) => pattern.includes('#') || ticketFits(pattern, pattern)))
    fc.assert(
      fc.property(
        visible,
        visible,
        (pattern, ticket) => pattern.includes('#') || ticketFits(pattern, ticket) === (pattern === ticket),
      ),
    )
    const started = performance.now()
    ticketFits('#'.repeat(40), `${'1'.repeat(60)}x`)
    ticketFits('#1'.repeat(20), `${'1'.repeat(60)}x`)
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test('networks: inside is inside', () => {
    expect(networkWithin('10.1.2.0/24', ['10.0.0.0/8'])).toBe(true)
    expect(networkWithin('10.0.0.0/7', ['10.0.0.0/8'])).toBe(false)
    expect(networkWithin('11.0.0.0/24', ['10.0.0.0/8'])).toBe(false)
    expect(networkWithin('2001:db8:1::/48', ['10.0.0.0/8', '2001:db8::/32'])).toBe(true)
    expect(networkWithin('0.0.0.0/0', ['10.0.0.0/8'])).toBe(false)
  })
})

describe('times', () => {
  const hours = { timeZone: 'Europe/Vienna', weekdays: [1, 2, 3, 4, 5], from: '08:00', to: '18:00' } as const
  const office = { ...hours, weekdays: [...hours.weekdays] }

  test('hours end at their end, in their time zone, on the day the clocks change too', () => {
    expect(closingOf(office, now)?.toISOString()).toBe('2026-11-23T17:00:00.000Z')
    expect(closingOf(office, new Date('2026-11-23T06:59:59Z'))).toBeNull()
    expect(closingOf(office, new Date('2026-11-23T17:00:00Z'))).toBeNull()
    expect(closingOf(office, new Date('2026-11-22T10:00:00Z'))).toBeNull() // Sunday
    const night = { ...office, weekdays: [7], from: '00:00', to: '06:00' }
    expect(closingOf(night, new Date('2026-03-29T00:30:00Z'))?.toISOString()).toBe('2026-03-29T04:00:00.000Z')
  })

  test('a grant is never longer than asked, nor past the hours, and begins when it should', () => {
    const moment = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(
        moment,
        fc.option(moment),
        fc.integer({ min: 60, max: 200_000 }),
        fc.boolean(),
        (at, notBefore, seconds, bounded) => {
          const term = termOf({ hours: bounded ? office : null }, { seconds, notBefore }, at)
          if (!term) return void expect(bounded).toBe(true)
          expect(term.startsAt.getTime()).toBe(Math.max(at.getTime(), notBefore?.getTime() ?? 0))
          expect(term.endsAt.getTime() - term.startsAt.getTime()).toBeLessThanOrEqual(seconds * 1000)
          expect(term.endsAt > term.startsAt).toBe(true)
          if (bounded) expect(term.endsAt <= (closingOf(office, term.startsAt) ?? at)).toBe(true)
        },
      ),
    )
  })

  test('an extension never shortens, and never goes further than the longest time from now', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7200 }), fc.integer({ min: 60, max: 7200 }), (left, seconds) => {
        const endsAt = new Date(now.getTime() + left * 1000)
        const moved = extendedEnd({ hours: null, maxSeconds: 3600 }, endsAt, seconds, now)
        expect(moved! >= endsAt).toBe(true)
        expect(moved!.getTime()).toBeLessThanOrEqual(Math.max(endsAt.getTime(), now.getTime() + 3_600_000))
      }),
    )
  })

  test('a service account asks only where it is named itself: a role never means it, and its own must be able to', () => {
    const robot = { serviceAccountId: 'sa_1', role: 'member' } as const
    const named = { ...rules, requesters: { roles: [], personIds: [], serviceAccountIds: ['sa_1'] as never } }
    expect(mayAsk(rules, robot)).toBe(false)
    expect(mayAsk(named, robot)).toBe(true)
    expect(mayAsk(named, { ...robot, role: 'viewer' })).toBe(false)
    expect(mayAsk(named, { ...robot, role: null })).toBe(false)
    expect(mayAsk({ ...named, state: 'retired' }, robot)).toBe(false)
    // An id of the other kind opens nothing.
    expect(mayAsk({ ...rules, requesters: { roles: [], personIds: ['sa_1'] as never, serviceAccountIds: [] } }, robot)).toBe(
      false,
    )
    expect(mayAsk(named, { personId: 'sa_1', role: 'member' })).toBe(false)
  })

  test('access of a service account lasts no longer than the secret that asked', () => {
    const term = { startsAt: now, endsAt: new Date(now.getTime() + 1000) }
    const at = (ms: number) => new Date(now.getTime() + ms)
    expect(withinSecret(term, at(2000))).toBe(term)
    expect(withinSecret(term, at(400))).toEqual({ startsAt: now, endsAt: at(400) })
    expect(withinSecret(term, now)).toBe(null)
    expect(withinSecret(term, null)).toBe(null)
  })

  test('what has run out is over, noted or not', () => {
    const later = new Date(now.getTime() + 1)
    expect(stateAt({ state: 'approved', endsAt: later, requestExpiresAt: now }, now)).toBe('approved')
    expect(stateAt({ state: 'approved', endsAt: now, requestExpiresAt: now }, now)).toBe('ended')
    expect(stateAt({ state: 'requested', endsAt: null, requestExpiresAt: now }, now)).toBe('lapsed')
    expect(stateAt({ state: 'requested', endsAt: null, requestExpiresAt: later }, now)).toBe('requested')
  })
})

describe('the hash of a request', () => {
  const bound: Bound = {
    ...{
      org: 'o',
      by: { person: 'pe_1' },
      target: 'ho_1',
      login: 'deploy',
      seconds: 600,
      notBefore: null,
      reason: 'why',
      ticket: null,
    },
    ...{ extensions: [], sourceNetworks: ['10.0.0.0/8'], policy: 'ap_1', policyVersion: 1, extendsId: null },
  }
  const others: Partial<Bound>[] = [
    ...[
      { org: 'p' },
      { by: { person: 'pe_2' } },
      { by: { serviceAccount: 'pe_1', key: 'ak_1' } },
      { by: { serviceAccount: 'pe_1', key: 'ak_2' } },
      { by: { serviceAccount: 'sa_1', key: 'ak_1' } },
      { target: 'ho_2' },
      { login: 'root' },
      { seconds: 601 },
      { notBefore: now },
      { reason: 'other' },
    ],
    ...[
      { ticket: 'OPS-1' },
      { extensions: ['permit-port-forwarding'] },
      { sourceNetworks: [] },
      { policy: 'ap_2' },
      { policyVersion: 2 },
    ],
    { extendsId: 'gr_1' },
  ]

  test('is another when anything is another, and the same whatever the order of lists', () => {
    const hashes = [bound, ...others.map((other) => ({ ...bound, ...other }))].map(requestHashOf)
    expect(new Set(hashes).size).toBe(hashes.length)
    const lists = { extensions: ['a', 'b'], sourceNetworks: ['1', '2'] }
    const turned = { extensions: ['b', 'a'], sourceNetworks: ['2', '1'] }
    expect(requestHashOf({ ...bound, ...lists })).toBe(requestHashOf({ ...bound, ...turned }))
  })

  test('fields cannot run into each other', () => {
    const text = fc.string()
    fc.assert(
      fc.property(text, text, text, text, (a, b, c, d) => {
        const same = a === c && b === d
        expect(requestHashOf({ ...bound, login: a, reason: b }) === requestHashOf({ ...bound, login: c, reason: d })).toBe(same)
      }),
    )
  })

  test('has one definition, written down', () => {
    const text = '["holdfast access request 1","o","pe_1","ho_1","deploy",600,null,"why",null,[],["10.0.0.0/8"],"ap_1",1,null]'
    expect(requestHashOf(bound)).toBe(createHash('sha256').update(text).digest('hex'))
    const machine =
      '["holdfast access request 2","o","service_account","sa_1","ak_1","ho_1","deploy",600,null,"why",null,[],["10.0.0.0/8"],"ap_1",1,null]'
    const by = { serviceAccount: 'sa_1', key: 'ak_1' }
    expect(requestHashOf({ ...bound, by })).toBe(createHash('sha256').update(machine).digest('hex'))
  })
})

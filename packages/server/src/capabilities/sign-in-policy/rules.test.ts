import { expect, test } from 'vitest'
import { newOrgId } from '../../kernel/identifier.ts'
import { heldBackBy, isInside, isOver, noRules, ssoOf, type SessionStanding } from '../../kernel/identity/sign-in-policy.ts'
import { changed, locksOut } from './rules.ts'

const now = new Date('2026-11-29T12:00:00Z')
const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000)
const orgId = newOrgId()
const standing = (change: Partial<SessionStanding> = {}): SessionStanding => ({
  ...{ orgId, address: '192.0.2.7', signedInAt: ago(10), attendedAt: ago(1), methods: ['password'] },
  ...change,
})

test.each([
  [['192.0.2.0/24'], '192.0.2.7', true],
  [['192.0.2.0/24'], '::ffff:192.0.2.7', true],
  [['192.0.2.0/24'], '192.0.3.7', false],
  [['192.0.2.7'], '192.0.2.7', true],
  [['2001:db8::/32'], '2001:db8:1::9', true],
  [['2001:db8::/32'], '2001:db9::9', false],
  [['2001:db8::/32'], '192.0.2.7', false],
  [['10.0.0.0/8'], 'unknown', false],
  [['10.0.0.0/8'], '', false],
  [[], '203.0.113.9', true],
])('networks %j and %s: %s', (networks, address, inside) => expect(isInside(networks, address)).toBe(inside))

test('a session is over when it is too old, or nobody was at it; one that is locked waits for its person', () => {
  expect(isOver(null, standing({ signedInAt: ago(100_000) }), now)).toBe(false)
  expect(isOver({ ...noRules, sessionMinutes: 60 }, standing({ signedInAt: ago(61) }), now)).toBe(true)
  expect(isOver({ ...noRules, sessionMinutes: 60 }, standing({ signedInAt: ago(60) }), now)).toBe(false)
  expect(isOver({ ...noRules, idleMinutes: 60 }, standing({ attendedAt: ago(61) }), now)).toBe(true)
  expect(isOver({ ...noRules, idleMinutes: 60 }, standing({ attendedAt: null }), now)).toBe(false)
})

test('it is held back for where it comes from, then for being left, then for how it was signed in', () => {
  const rules = { ...noRules, networks: ['10.0.0.0/8'], lockMinutes: 5, methods: ['passkey' as const] }
  expect(heldBackBy(rules, standing({ attendedAt: ago(6) }), now)).toBe('network')
  expect(heldBackBy(rules, standing({ address: '10.1.1.1', attendedAt: ago(6) }), now)).toBe('locked')
  expect(heldBackBy(rules, standing({ address: '10.1.1.1' }), now)).toBe('method')
  expect(heldBackBy(rules, standing({ address: '10.1.1.1', methods: ['password', 'passkey'] }), now)).toBeNull()
  expect(heldBackBy(null, standing({ attendedAt: null }), now)).toBe('locked')
  expect(heldBackBy(null, standing(), now)).toBeNull()
})

test('single sign-on of another organisation is none of this one’s', () => {
  const rules = { ...noRules, methods: ['sso' as const] }
  expect(heldBackBy(rules, standing({ methods: [ssoOf(orgId)] }), now)).toBeNull()
  expect(heldBackBy(rules, standing({ methods: [ssoOf(newOrgId()), 'password', 'sso'] }), now)).toBe('method')
})

test('whoever sets what shuts them out is told why, and what to do', () => {
  const told = (rules: Partial<typeof noRules>) => locksOut({ ...noRules, ...rules }, standing(), now)
  expect(told({})).toBeNull()
  expect(told({ networks: ['10.0.0.0/8'] })).toContain('You are at 192.0.2.7')
  expect(told({ methods: ['passkey', 'sso'] })).toContain('a passkey or single sign-on')
  expect(locksOut({ ...noRules, sessionMinutes: 15 }, standing({ signedInAt: ago(16) }), now)).toContain('sign in again')
})

test('what a change does not name stays; null takes away', () => {
  const policy = { requireMfa: true, ...noRules, sessionMinutes: 60, lockMinutes: 5 }
  expect(changed(policy, { sessionMinutes: null })).toEqual({ ...policy, sessionMinutes: null })
  expect(changed(policy, {})).toEqual(policy)
})

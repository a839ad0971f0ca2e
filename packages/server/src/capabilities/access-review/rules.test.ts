import { proposals, reviewedKinds } from '@holdfast/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvCell, impossible, inOrder, propose, versionOf, type Access } from './rules.ts'

const now = new Date('2026-11-29T12:00:00Z')
const ago = (days: number): Date => new Date(now.getTime() - days * 86_400_000)
const member: Access = {
  ...{ kind: 'member', ref: 'pe_1', label: 'Member', detail: '', personId: 'pe_1', role: 'member' },
  ...{ since: ago(400), lastUsedAt: ago(1), expiresAt: null, terms: [], secondFactor: true, holderGone: false },
}
const invited = { kind: 'invitation', lastUsedAt: null, personId: null } as const
const emergency = { kind: 'emergency_key', lastUsedAt: null, secondFactor: null, expiresAt: new Date(now.getTime() + 1) } as const
const key: Access = { ...member, kind: 'api_key', ref: 'ak_1', secondFactor: null, expiresAt: new Date(now.getTime() + 1) }

describe('proposals', () => {
  test.each([
    ['used yesterday', member, 'keep', []],
    ['a quarter unused', { ...member, lastUsedAt: ago(91) }, 'remove', ['unused_90_days']],
    ['just not a quarter', { ...member, lastUsedAt: ago(89) }, 'keep', []],
    ['never used', { ...member, lastUsedAt: null }, 'remove', ['never_used']],
    ['never used, but new', { ...member, lastUsedAt: null, since: ago(3) }, 'keep', []],
    [
      'an Admin who was not here for a month',
      { ...member, role: 'admin', lastUsedAt: ago(31) },
      'lower',
      ['manager_unused_30_days'],
    ],
    ['an Owner who was not here for a quarter', { ...member, role: 'owner', lastUsedAt: ago(91) }, 'remove', ['unused_90_days']],
    ['without a second factor', { ...member, secondFactor: false }, 'attend', ['no_second_factor']],
    ['both', { ...member, secondFactor: false, lastUsedAt: ago(91) }, 'remove', ['unused_90_days', 'no_second_factor']],
    ['a key', key, 'keep', []],
    ['a key for ever', { ...key, expiresAt: null }, 'attend', ['no_expiry']],
    ['a key of an Admin is no Admin', { ...key, role: 'admin', lastUsedAt: ago(31) }, 'keep', []],
    ['nobody answers for it', { ...member, kind: 'service_account', holderGone: true }, 'attend', ['holder_gone']],
    ['standing access of staff', { ...member, kind: 'staff_policy' }, 'attend', ['standing_access']],
    ['the emergency way in is not for use', { ...member, kind: 'break_glass', lastUsedAt: null }, 'keep', []],
    ['an emergency key, never tried', { ...member, ...emergency }, 'keep', []],
    ['whose holder has left', { ...member, ...emergency, holderGone: true }, 'remove', ['holder_gone']],
    ['over its date', { ...member, ...emergency, expiresAt: now }, 'remove', ['past_its_date']],
    ['a key over its date ended by itself', { ...key, expiresAt: now }, 'keep', []],
    ['a fresh invitation', { ...member, ...invited, since: ago(2) }, 'keep', []],
    ['one that waits', { ...member, ...invited, since: ago(4) }, 'remove', ['invitation_waiting']],
    ['whose inviter is no manager', { ...member, ...invited, since: ago(0), inviterGone: true }, 'remove', ['inviter_gone']],
    ['a connection nobody used', { ...member, kind: 'sso_connection', lastUsedAt: null }, 'remove', ['never_used']],
    ['a group', { ...member, kind: 'directory_group', lastUsedAt: null, empty: false }, 'keep', []],
    ['an empty group', { ...member, kind: 'directory_group', empty: true }, 'remove', ['nobody_in_it']],
    ['an empty group of yesterday', { ...member, kind: 'directory_group', empty: true, since: ago(1) }, 'keep', []],
  ] as const)('%s', (_, access, proposal, reasons) => {
    expect(propose(access as Access, now)).toMatchObject({ proposal, reasons })
  })

  const time = fc.date({ min: ago(2000), max: now, noInvalidDate: true })
  const anything = fc.record({
    kind: fc.constantFrom(...reviewedKinds),
    role: fc.constantFrom('owner', 'admin', 'reviewer', 'member', 'viewer', null),
    since: time,
    lastUsedAt: fc.option(time),
    expiresAt: fc.option(time),
    secondFactor: fc.constantFrom(true, false, null),
    holderGone: fc.boolean(),
  })
  const strength = (access: Access): number => proposals.indexOf(propose(access, now).proposal)

  test('always says why, and keeps nothing for a reason', () => {
    fc.assert(
      fc.property(anything, (part) => {
        const { proposal, reasons, proposedRole } = propose({ ...member, ...part } as Access, now)
        expect(reasons.length > 0).toBe(proposal !== 'keep')
        expect(proposedRole !== null).toBe(proposal === 'lower')
        expect(new Set(reasons).size).toBe(reasons.length)
      }),
    )
  })

  test('whoever uses less is never proposed more', () => {
    fc.assert(
      fc.property(anything, time, time, (part, a, b) => {
        const [earlier, later] = a < b ? [a, b] : [b, a]
        const access = { ...member, ...part } as Access
        expect(strength({ ...access, lastUsedAt: earlier })).toBeGreaterThanOrEqual(strength({ ...access, lastUsedAt: later }))
      }),
    )
  })
})

describe('what a decision is bound to', () => {
  test('holder, role, expiry and terms; not use, nor words', () => {
    const version = versionOf(key)
    expect(versionOf({ ...key, lastUsedAt: null, label: 'x', detail: 'y', secondFactor: true, since: now })).toBe(version)
    const others: Partial<Access>[] = [
      ...[{ role: 'owner' as const }, { personId: 'pe_2' }, { expiresAt: null }, { terms: ['x'] }, { ref: 'ak_2' }],
      { kind: 'service_key' },
    ]
    for (const other of others) expect(versionOf({ ...key, ...other })).not.toBe(version)
  })

  test('what cannot be done is said', () => {
    expect(impossible('member', 'change', 'viewer')).toBeNull()
    expect(impossible('member', 'change', undefined)).toMatch(/which role/)
    expect(impossible('api_key', 'change', 'viewer')).toMatch(/no role/)
    expect(impossible('service_account', 'change', 'owner')).toMatch(/never an Owner/)
    expect(impossible('break_glass', 'remove', undefined)).toMatch(/single sign-on/)
    for (const kind of reviewedKinds) expect(impossible(kind, 'keep', undefined)).toBeNull()
  })

  test('a key goes before its account, everything before its member', () => {
    const sorted = inOrder(
      (['member', 'service_account', 'service_key', 'api_key', 'server_grant'] as const).map((kind) => ({ kind })),
    )
    expect(sorted.map(({ kind }) => kind)).toEqual(['server_grant', 'api_key', 'service_key', 'service_account', 'member'])
    expect(new Set(inOrder(reviewedKinds.map((kind) => ({ kind }))).map(({ kind }) => kind)).size).toBe(reviewedKinds.length)
  })
})

describe('a cell of a CSV file', () => {
  /** As a reader takes it apart (RFC 4180). */
  const read = (cell: string): string => cell.slice(1, -1).replaceAll('""', '"')

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '\n=cmd', '|x', '%0A', '"=1"&""'])(
    '%j is no formula',
    (value) => {
      const opened = read(csvCell(value))
      expect(/^\s*[=+\-@|%]/.test(opened)).toBe(false)
      expect(opened.endsWith(value)).toBe(true)
    },
  )
  test('ends where it ends, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const cell = csvCell(value)
        expect(cell.slice(1, -1).replaceAll('""', '')).not.toContain('"')
        expect([value, `'${value}`]).toContain(read(cell))
      }),
    )
  })
})

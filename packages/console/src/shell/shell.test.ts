import { permissions, type Permission, type Role } from '@holdfast/contract'
import { describe, expect, test } from 'vitest'
import { paletteActions, recordAt } from './palette.ts'
import { placeGroups, placeOf, visibleGroups } from './places.ts'

const mayAs =
  (role: Role) =>
  (permission: Permission): boolean =>
    permission === 'self' ||
    (permission in permissions && (permissions[permission as keyof typeof permissions] as readonly Role[]).includes(role))

const titles = (role: Role) => visibleGroups(mayAs(role)).flatMap(({ places }) => places.map(({ title }) => title))

describe('the rail', () => {
  test('shows a Viewer no audit, no access log, no encryption keys, and nothing of the operator', () => {
    const seen = titles('viewer')
    for (const absent of ['Audit', 'Access log', 'Encryption keys', 'Health', 'Outbox', 'Secrets', 'Organisations'])
      expect(seen).not.toContain(absent)
    expect(seen).toEqual(expect.arrayContaining(['Now', 'Verify', 'Members', 'Policies']))
  })
  test('has no empty groups', () => {
    for (const { places } of visibleGroups(mayAs('viewer'))) expect(places.length).toBeGreaterThan(0)
  })
  test('shortcut letters are all different', () => {
    const keys = placeGroups.flatMap(({ places }) => places.flatMap(({ key }) => key ?? []))
    expect(new Set(keys).size).toBe(keys.length)
  })
  test.each([
    ['/', '/'],
    ['/ledger/4821', '/ledger'],
    ['/ledger/verify', '/ledger/verify'],
    ['/policies/po_x/versions/pv_x', '/policies'],
    ['/access/grants/gr_x', '/access'],
    ['/access/policies/new', '/access/policies'],
    ['/ledgers', null],
    ['/cli-login', null],
  ])('%s belongs to %s', (path, place) => expect(placeOf(path)).toBe(place))
})

describe('the palette', () => {
  test('finds records by number and id', () => {
    expect(recordAt('#4821')).toEqual({ to: '/ledger/4821', title: 'Ledger entry #4821' })
    expect(recordAt(' 12 ')?.to).toBe('/ledger/12')
    expect(recordAt('po_00000000000000000000000000')?.to).toBe('/policies/po_00000000000000000000000000')
    expect(recordAt('pe_00000000000000000000000000')?.to).toBe('/ledger?target=pe_00000000000000000000000000')
    expect(recordAt('gr_00000000000000000000000000')?.to).toBe('/access/grants/gr_00000000000000000000000000')
    expect(recordAt('ho_00000000000000000000000000')?.to).toBe('/servers/ho_00000000000000000000000000')
    expect(recordAt('members')).toBeNull()
    expect(recordAt('#12a')).toBeNull()
  })
  test('offers only what a role may do', () => {
    expect(paletteActions.filter(({ permission }) => mayAs('viewer')(permission)).map(({ title }) => title)).not.toContain(
      'Invite somebody',
    )
  })
})

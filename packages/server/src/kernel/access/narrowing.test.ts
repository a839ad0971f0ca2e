import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Rules } from './entitled.ts'
import { gapOf, type Held } from './narrowing.ts'

const now = new Date('2026-03-02T10:00:00Z') // a Monday
const hours = (count: number): Date => new Date(now.getTime() + count * 3_600_000)
const rules = {
  kind: 'host',
  selects: { hostIds: [], databaseIds: [], environments: ['production'], labels: [] },
  logins: ['deploy', 'root'],
  requesters: { roles: ['member'], personIds: ['pe_named'], serviceAccountIds: ['sa_named'] },
  maxSeconds: 7200,
  sourceNetworks: ['10.0.0.0/8'],
  hours: { timeZone: 'UTC', weekdays: [1], from: '08:00', to: '18:00' },
  extensions: ['permit-port-forwarding'],
  bastionId: null,
} as unknown as Rules
const held: Held = {
  by: { personId: 'pe_sam', role: 'member' },
  target: { kind: 'host', id: 'ho_1', environment: 'production', labels: [] },
  login: 'deploy',
  extensions: ['permit-port-forwarding'],
  sourceNetworks: ['10.1.0.0/16'],
  term: { startsAt: now, endsAt: hours(1) },
}
const gap = (next: object, of: Partial<Held> = {}) =>
  gapOf({ ...rules, ...next } as Rules, { bastionId: null }, { ...held, ...of }, now)
const requesters = (who: object) => ({ requesters: { roles: [], personIds: [], serviceAccountIds: [], ...who } })

describe('what the next rules do not allow any more', () => {
  test('whoever they do not name: by role, by name, by account; whoever left', () => {
    const [named, robot] = [{ personId: 'pe_named', role: 'admin' as const }, { serviceAccountId: 'sa_named' }]
    for (const by of [held.by, named, robot]) expect(gap({}, { by })).toBeNull()
    const nobody = /does not name/
    expect(gap(requesters({ personIds: ['pe_named'], serviceAccountIds: ['sa_named'] }))).toMatch(nobody)
    expect(gap(requesters({ roles: ['member'] }), { by: named })).toMatch(nobody)
    expect(gap(requesters({ roles: ['admin'] }), { by: named })).toBeNull()
    expect(gap(requesters({ roles: ['owner', 'admin', 'member'] }), { by: robot })).toMatch(nobody)
    expect(gap({}, { by: { personId: 'pe_named', role: null } })).toMatch(nobody)
  })

  test('the server, the login, the forwarding, the networks', () => {
    expect(gap({ selects: { ...rules.selects, environments: ['lab'] } })).toMatch(/cover this server/)
    expect(gap({ selects: { ...rules.selects, environments: [], hostIds: ['ho_1'] } })).toBeNull()
    expect(gap({ logins: ['root'] })).toMatch(/login/)
    expect(gap({ extensions: [] })).toMatch(/forwarding/)
    expect(gap({ extensions: [] }, { extensions: [] })).toBeNull()
    expect(gap({ sourceNetworks: ['10.2.0.0/16'] })).toMatch(/networks/)
    expect(gap({}, { sourceNetworks: [] })).toMatch(/networks/)
    expect(gap({ sourceNetworks: [] })).toBeNull()
  })

  test('a bastion that is new or another; not that none is needed any more', () => {
    const moved = (from: string | null, to: string | null) =>
      gapOf({ ...rules, bastionId: to } as Rules, { bastionId: from }, held, now)
    expect(moved(null, 'ho_b')).toMatch(/recorded/)
    expect(moved('ho_b', 'ho_c')).toMatch(/recorded/)
    expect([moved('ho_b', 'ho_b'), moved('ho_b', null)]).toEqual([null, null])
  })

  test('the time: what is left counts, not what has been; hours that close earlier; a request has none yet', () => {
    const term = { startsAt: hours(-20), endsAt: hours(1) }
    expect(gap({ maxSeconds: 3600 }, { term })).toBeNull()
    expect(gap({ maxSeconds: 3599 }, { term })).toMatch(/time/)
    expect(gap({ maxSeconds: 60 }, { term: null })).toBeNull()
    const ahead = { startsAt: hours(5), endsAt: hours(6) }
    expect(gap({ maxSeconds: 3600 }, { term: ahead })).toBeNull()
    const closing = (to: string) => ({ hours: { timeZone: 'UTC', weekdays: [1], from: '08:00', to } })
    expect(gap(closing('11:00'))).toBeNull()
    expect(gap(closing('10:59'))).toMatch(/hours/)
    expect(gap(closing('09:00'))).toMatch(/hours/)
    expect(gap(closing('14:00'), { term: ahead })).toMatch(/hours/)
    expect(gap({ hours: null })).toBeNull()
  })

  test('what only a request must bring ends nothing', () => {
    expect(gap({ reasonRequired: true, ticketPattern: 'OPS-#', approvals: 2 })).toBeNull()
  })

  test('rules that allow more never end anything', () => {
    const more = fc.record(
      {
        logins: fc.array(fc.constantFrom('a', 'b')).map((names) => [...names, 'deploy', 'root']),
        maxSeconds: fc.integer({ min: 7200, max: 2_592_000 }),
        sourceNetworks: fc.constantFrom([], ['10.0.0.0/8', '192.168.0.0/16'], ['0.0.0.0/0']),
        extensions: fc.constant(['permit-port-forwarding', 'permit-agent-forwarding']),
        hours: fc.constantFrom(null, rules.hours),
      },
      { requiredKeys: [] },
    )
    fc.assert(fc.property(more, (next) => gap(next) === null))
  })
})

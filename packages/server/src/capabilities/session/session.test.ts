import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OrgId, session } from '@holdfast/contract'
import { addMember, newCaller, startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { timesTheWork } from '../../../test/work.ts'
import { newOrgId } from '../../kernel/identifier.ts'
import { deviceOf, isNewDevice } from './rules.ts'

let platform: Platform
let founded: FoundedPlatform
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
})
afterAll(() => platform.close())

const actions = async (): Promise<string[]> =>
  (await platform.admin.query<{ action: string }>(`select body::jsonb->>'action' as action from ledger order by seq`)).rows.map(
    ({ action }) => action,
  )

test('the founder is signed in, unrestricted, with every right of the operator', async () => {
  const now = await platform.call(session.current, {}, founded.owner)
  expect(now).toMatchObject({
    next: 'done',
    person: { name: 'Olga Owner', email: founded.email },
    organisation: { role: 'owner', operator: true },
  })
  expect(now.organisations).toHaveLength(1)
  expect(now.permissions).toContain('operator:keys')
  expect(now.recoveryCodesLeft).toBe(10)
  expect(now.stepUpUntil).not.toBeNull()
  expect(await actions()).toEqual(['organisation.created', 'session.started', 'factor.enrolment_started', 'factor.enrolled'])
})

describe('sign-in', () => {
  test('is refused alike for a wrong password, an unknown address, a suspended and a departed person', async () => {
    const [gone, suspended] = [await addMember(platform, founded, 'member'), await addMember(platform, founded, 'member')]
    await platform.arrange(founded.orgId, 'delete from membership where person_id = $1', [gone.personId])
    await platform.arrange(founded.orgId, `update person set state = 'suspended' where id = $1`, [suspended.personId])
    const attempts = [
      { email: founded.email, password: 'wrong wrong wrong' },
      { email: 'nobody@example.test', password: 'wrong wrong wrong' },
      { email: gone.email, password: gone.password },
      { email: suspended.email, password: suspended.password },
    ]
    const answers = await Promise.all(
      attempts.map((attempt, index) =>
        platform
          .call(session.signIn, attempt, newCaller({ origin: { address: `198.51.100.${index}`, agent: 'curl' } }))
          .catch((error: unknown) => String(error)),
      ),
    )
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toMatch(/Address or password is wrong/)
    // A live session of a suspended or departed person is dead at the next request.
    expect(await platform.refusal(session.current, {}, gone.caller)).toBe('unauthenticated')
    expect(await platform.refusal(session.current, {}, suspended.caller)).toBe('unauthenticated')
  })

  test('costs as much for an unknown address as for a known one', async () => {
    let place = 0
    const attempt = (email: string) => () =>
      platform.refusal(
        session.signIn,
        { email, password: 'wrong wrong wrong' },
        newCaller({ origin: { address: `203.0.113.${++place}`, agent: 'curl' } }),
      )
    const { email } = await addMember(platform, founded, 'member')
    const [known, unknown] = [attempt(email), attempt('nobody2@example.test')]
    expect(await timesTheWork(known, unknown, { pairs: 9 })).toBeLessThan(2)
    // The fence removed: nobody’s password is refused without a look.
    const { passwords } = platform.services
    const { verify } = passwords
    passwords.verify = async (stored, password) => stored !== null && verify(stored, password)
    try {
      expect(await timesTheWork(known, unknown, { pairs: 9 })).toBeGreaterThan(2)
    } finally {
      passwords.verify = verify
    }
  })
})

describe('several organisations', () => {
  const elsewhere = OrgId.parse(newOrgId())
  test('a session continues in another one of the person’s, under a new id and that one’s rules', async () => {
    const { caller, personId } = await addMember(platform, founded, 'member')
    await platform.arrange(
      elsewhere,
      `insert into org (id, slug, name, require_mfa) values ($1, 'elsewhere', 'Elsewhere', true)`,
      [elsewhere],
    )
    expect(await platform.refusal(session.switchOrganisation, { orgId: elsewhere }, caller)).toBe('organisation_not_found')
    const members = `insert into membership (org_id, person_id, role) values ($1, $2, 'viewer')`
    await platform.arrange(elsewhere, members, [elsewhere, personId])
    const before = newCaller({ ...caller })
    expect(await platform.call(session.switchOrganisation, { orgId: elsewhere }, caller)).toMatchObject({ next: 'enrol_factor' })
    expect(await platform.refusal(session.current, {}, before)).toBe('unauthenticated')
    const current = await platform.call(session.current, {}, caller)
    expect(current).toMatchObject({
      next: 'enrol_factor',
      organisation: { id: elsewhere, name: 'Elsewhere', role: 'viewer', operator: false },
    })
    expect(current.organisations.filter(({ operator }) => operator)).toHaveLength(1)
    const { rows } = await platform.admin.query(
      `select body::jsonb->>'action' as action from ledger where org_id = $1 order by seq desc limit 1`,
      [elsewhere],
    )
    expect(rows[0].action).toBe('session.organisation_entered')
    // Back, and all devices are seen from either.
    await platform.call(session.switchOrganisation, { orgId: founded.orgId }, caller)
    expect((await platform.call(session.list, {}, caller)).rows).toHaveLength(1)
  })

  test('the next sign-in begins where the person worked last', async () => {
    const { caller, personId, email, password } = await addMember(platform, founded, 'viewer')
    const homeAfterSignIn = async () => {
      const next = newCaller()
      await platform.call(session.signIn, { email, password }, next)
      return (await platform.call(session.current, {}, next)).organisation.id
    }
    await platform.arrange(elsewhere, `insert into membership (org_id, person_id, role) values ($1, $2, 'viewer')`, [
      elsewhere,
      personId,
    ])
    expect(await homeAfterSignIn()).toBe(founded.orgId)
    platform.clock.advance(60_000)
    await platform.call(session.switchOrganisation, { orgId: elsewhere }, caller)
    expect(await homeAfterSignIn()).toBe(elsewhere)
    platform.clock.advance(60_000)
    await platform.call(session.switchOrganisation, { orgId: founded.orgId }, caller)
    expect(await homeAfterSignIn()).toBe(founded.orgId)
  })

  test('operator rights do not follow into another organisation', async () => {
    const { caller, personId } = await addMember(platform, founded, 'owner')
    await platform.arrange(elsewhere, `insert into membership (org_id, person_id, role) values ($1, $2, 'owner')`, [
      elsewhere,
      personId,
    ])
    expect((await platform.call(session.current, {}, caller)).permissions).toContain('operator:keys')
    await platform.call(session.switchOrganisation, { orgId: elsewhere }, caller)
    const { permissions } = await platform.call(session.current, {}, caller)
    expect(permissions).toContain('organisation:write')
    expect(permissions.filter((permission) => permission.startsWith('operator:'))).toEqual([])
  })
})

test.each([
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0 Safari/537.36 Edg/149.0',
    'Edge on Windows',
  ],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/19.0 Safari/605.1.15', 'Safari on macOS'],
  ['Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/149.0 Mobile Safari/537.36', 'Chrome on Android'],
  ['holdfast-cli/0.1.0', 'Holdfast command line'],
  ['python-requests/2', 'Another program'],
  ['', 'Unknown device'],
])('%j is %s', (agent, device) => {
  expect(deviceOf(agent)).toBe(device)
})

test('a device is new when no earlier one was like it nearby', () => {
  const home = { agent: 'Firefox/140 Linux', address: '192.0.2.1' }
  expect(isNewDevice(home, [])).toBe(false)
  expect(isNewDevice(home, [{ agent: 'Firefox/139 Linux', address: '192.0.2.77' }])).toBe(false)
  expect(isNewDevice(home, [{ ...home, address: '198.51.100.1' }])).toBe(true)
  expect(isNewDevice(home, [{ ...home, agent: 'Chrome/140 Linux' }])).toBe(true)
})

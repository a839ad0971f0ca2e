import { command, operator, organisation, session, type OrgId, type Plan } from '@holdfast/contract'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { addMember, newCaller, startPlatform, type FoundedPlatform, type Member, type Platform } from '../../../test/platform.ts'
import { accessCookie } from '../../kernel/http/cookies.ts'
import { permit } from '../../kernel/permit.ts'
import { Problem } from '../../kernel/problem.ts'
import { lapse } from './plan.ts'
import { lapseMail, lostBetween } from './rules.ts'

const configure = command({
  path: '/test/configure',
  summary: 'Set something up',
  permission: 'organisation:write',
  entitlement: 'sso',
  input: z.object({}),
  output: z.object({}),
  audit: { action: 'test.configured', target: () => 'test' },
})

let platform: Platform
let founded: FoundedPlatform
let customer: OrgId
let carla: Member
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  const input = { name: 'Customer Ltd', ownerEmail: 'carla@example.test' }
  customer = (await platform.call(organisation.create, input, founded.owner)).id
  carla = await addMember(platform, { orgId: customer }, 'owner')
})
afterAll(() => platform.close())
beforeEach(() => platform.call(operator.setPlan, { id: customer, plan: 'starter' }, founded.owner))

/** What the one place that decides says about a configuration, for the caller as a request would find them. */
const refusalOf = async ({ caller }: Member, operation = configure): Promise<Problem | null> => {
  const headers = { cookie: `${accessCookie}=${caller.access ?? ''}` }
  const principal = await platform.composition.authenticate({ headers, ip: '192.0.2.1' })
  try {
    permit(operation, principal, platform.clock.now())
    return null
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
}
const set = (plan: Plan, endsAt: string | null = null) =>
  platform.call(operator.setPlan, { id: customer, plan, endsAt }, founded.owner)
const inDays = (days: number) => new Date(platform.clock.now().getTime() + days * 86_400_000).toISOString()
const read = () => platform.call(organisation.read, {}, carla.caller)
const runLapse = () => lapse.run({ services: platform.services, orgId: customer, personId: null, log: () => {} })

test('the operator’s organisation has everything for good, a new one the least', async () => {
  expect(await platform.call(organisation.read, {}, founded.owner)).toMatchObject({ plan: 'enterprise', frozen: [] })
  expect(await read()).toMatchObject({ plan: 'starter', includes: [], frozen: ['sso', 'scim'], planEndsAt: null })
  const own = { id: founded.orgId, plan: 'starter' as const }
  expect(await platform.refusal(operator.setPlan, own, founded.owner)).toBe('operator_organisation')
})

test('a plan bites at the next request; the refusal says which is needed and who sets it', async () => {
  const refused = await refusalOf(carla)
  expect(refused).toMatchObject({ code: 'plan_required', status: 403 })
  expect(refused?.extras.detail).toContain('needs the plan Growth or Enterprise; your organisation is on Starter')
  await set('growth')
  expect(await refusalOf(carla)).toBeNull()
  await set('starter')
  expect((await refusalOf(carla))?.code).toBe('plan_required')
  // With the fence removed the same caller would get in.
  const { entitlement: _, ...unfenced } = configure
  expect(await refusalOf(carla, unfenced as typeof configure)).toBeNull()
})

test('at its end a plan lapses: set-up is frozen, reads and sign-in go on, the page says what it was', async () => {
  await set('growth', inDays(30))
  await runLapse()
  expect(await read()).toMatchObject({ plan: 'growth', planBefore: null })
  platform.clock.advance(31 * 86_400_000)
  try {
    await runLapse()
    await runLapse() // finds nothing more to do
    const { rows } = await platform.admin.query(
      `select plan, plan_before, (select count(*)::int from ledger where org_id = $1 and body::jsonb ->> 'action' = 'organisation.plan_lapsed') as entries
       from org where id = $1`,
      [customer],
    )
    expect(rows).toEqual([{ plan: 'starter', plan_before: 'growth', entries: 1 }])
  } finally {
    platform.clock.advance(-31 * 86_400_000)
  }
  expect((await refusalOf(carla))?.code).toBe('plan_required')
  expect(await read()).toMatchObject({ plan: 'starter', planBefore: 'growth', frozen: ['sso', 'scim'] })
  await set('enterprise')
  expect(await read()).toMatchObject({ plan: 'enterprise', planBefore: null, planEndsAt: null, frozen: [] })
})

test('Owners are told what is frozen and what goes on; nobody else is, and nobody where nothing was lost', async () => {
  await addMember(platform, { orgId: customer }, 'admin')
  const told = async (work: () => Promise<unknown>): Promise<number> => {
    const count = async () =>
      (await platform.admin.query<{ n: number }>('select count(*)::int as n from mail where org_id = $1', [customer])).rows[0]
        ?.n ?? 0
    const before = await count()
    await work()
    return (await count()) - before
  }
  expect(await told(() => set('growth', inDays(1)))).toBe(0)
  expect(await told(() => set('enterprise', inDays(1)))).toBe(0)
  expect(await told(runLapse)).toBe(0)
  platform.clock.advance(2 * 86_400_000)
  try {
    expect(await told(runLapse)).toBe(1)
    expect(await told(runLapse)).toBe(0)
  } finally {
    platform.clock.advance(-2 * 86_400_000)
  }
  await set('growth')
  expect(await told(() => set('starter'))).toBe(1) // the operator ends it before its time
})

test('the mail says what freezes, what goes on, what stays possible, and whom to ask', () => {
  const lost = lostBetween('growth', 'starter')
  expect(lost).toEqual(['sso', 'scim'])
  expect(lostBetween('enterprise', 'growth')).toEqual([])
  const { subject, text } = lapseMail(
    { name: 'Carla', organisation: 'Customer Ltd', before: 'growth', after: 'starter', lost },
    'https://trust.example',
  )
  expect(subject).toBe('Customer Ltd: the plan Growth has ended')
  for (const part of [
    'Nobody is locked out',
    'sign in by single sign-on as before',
    'cannot be added or changed',
    'Renewing and revoking its credentials',
    'Growth or Enterprise',
    'https://trust.example/settings/organisation',
  ])
    expect(text).toContain(part)
})

test('both chains say that the plan was set; one that ends in the past is refused', async () => {
  const count = async (org: OrgId) =>
    (
      await platform.admin.query<{ n: number }>(
        `select count(*)::int as n from ledger where org_id = $1 and body::jsonb ->> 'action' = 'organisation.plan_changed'`,
        [org],
      )
    ).rows[0]?.n ?? 0
  const before = [await count(customer), await count(founded.orgId)]
  await set('growth')
  expect([await count(customer), await count(founded.orgId)]).toEqual(before.map((n) => n + 1))
  const past = { id: customer, plan: 'growth' as const, endsAt: inDays(-1) }
  expect(await platform.refusal(operator.setPlan, past, founded.owner)).toBe('ends_in_the_past')
})

test('only managers of the operator’s organisation set plans; a key of a customer’s Owner cannot', async () => {
  const input = { id: customer, plan: 'enterprise' as const }
  expect(await platform.refusal(operator.setPlan, input, carla.caller)).toBe('forbidden')
  const member = await addMember(platform, founded, 'member')
  expect(await platform.refusal(operator.setPlan, input, member.caller)).toBe('forbidden')
  expect(await platform.refusal(operator.setPlan, { ...input, id: crypto.randomUUID() as OrgId }, founded.owner)).toBe(
    'organisation_not_found',
  )
  expect((await platform.call(session.current, {}, carla.caller)).organisation.name).toBe('Customer Ltd')
  expect(await platform.refusal(operator.setPlan, input, newCaller())).toBe('unauthenticated')
})

import {
  obligations,
  policy,
  type Duration,
  type OpenedBy,
  type PersonId,
  type policyAcknowledgement,
  type policyReview,
  type WithdrawnBy,
} from '@holdfast/contract'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest'
import { addMember } from '../../../test/platform.ts'
import { declaredObligations, type DeclaredObligations } from '../../kernel/obligation/context.ts'
import type { OpeningOf } from '../../kernel/obligation/obligations.ts'
import { hour, newSubject, report, review, startBench, triage, type Bench } from './obligation.fixture.ts'

let bench: Bench
let platform: Bench['platform']
let founded: Bench['founded']
let orgId: Bench['orgId']
let owner: Bench['owner']
let admin: Bench['admin']
let member: Bench['member']
let memberKey: Bench['memberKey']
let open: Bench['open']
let read: Bench['read']
let pass: Bench['pass']
let openReport: Bench['openReport']
let historyOf: Bench['historyOf']
let entriesAbout: Bench['entriesAbout']
beforeAll(async () => {
  bench = await startBench()
  ;({ platform, founded, orgId, owner, admin, member, memberKey, open, read, pass, openReport, historyOf, entriesAbout } = bench)
})
beforeEach(() => bench.settle())
afterEach(() => expect(bench.platform.errors.splice(0)).toEqual([]))
afterAll(() => bench?.platform.close())

describe('moving a deadline', () => {
  test('a pause across the deadline: no breach; resumed, as much time is left as there was', async () => {
    const id = await openReport()
    await pass(47 * hour)
    const paused = await platform.call(obligations.pause, { id, reason: 'Waiting for the reporter.' }, owner)
    expect(paused).toMatchObject({ state: 'paused', next: [], late: false })
    expect(await pass(500 * hour)).toBe(0)
    expect(await platform.refusal(obligations.pause, { id, reason: 'Again.' }, owner)).toBe('already_paused')
    const resumed = await platform.call(obligations.resume, { id, reason: 'The reporter answered.' }, owner)
    const left = Date.parse(resumed.dueAt) - platform.services.clock.now().getTime()
    expect(Math.abs(left - hour)).toBeLessThan(10_000)
    expect(await platform.refusal(obligations.resume, { id, reason: 'Again.' }, owner)).toBe('not_paused')
    expect(await pass(hour + 60_000)).toBe(1)
    expect(await historyOf(id)).toEqual(['opened', 'skipped', 'warned', 'paused', 'resumed', 'breached'])
    expect(await platform.refusal(obligations.pause, { id, reason: 'Too late.' }, owner)).toBe('overdue')
  })

  test('another deadline is another row, with its reason; the old one stays as it was', async () => {
    const id = await openReport()
    const before = await read(id)
    const dueAt = new Date(platform.services.clock.now().getTime() + 100 * hour).toISOString()
    const next = await platform.call(obligations.rebase, { id, dueAt, reason: 'The authority gave us longer.' }, owner)
    expect(next).toMatchObject({ rebasedFrom: id, dueAt, state: 'running', label: 'Incident 7', subject: before.subject })
    expect(next.events[0]?.reason).toBe('The authority gave us longer.')
    expect(await read(id)).toMatchObject({ state: 'rebased', dueAt: before.dueAt, rebasedTo: next.id, next: [] })
    expect(await entriesAbout(id)).toContain('obligation.rebased')
    expect(await pass(60 * hour)).toBe(0)
    expect(await platform.refusal(obligations.rebase, { id, dueAt, reason: 'Again.' }, owner)).toBe('obligation_ended')
    const past = new Date(0).toISOString()
    expect(await platform.refusal(obligations.rebase, { id: next.id, dueAt: past, reason: 'Back.' }, owner)).toBe(
      'due_in_the_past',
    )
  })

  test('a firm deadline cannot be moved; a member moves none', async () => {
    const id = await open(review, { subject: newSubject(), label: 'Break-glass', person: member.personId })
    const reason = 'Please.'
    const dueAt = new Date(platform.services.clock.now().getTime() + hour).toISOString()
    expect(await platform.refusal(obligations.pause, { id, reason }, owner)).toBe('obligation_firm')
    expect(await platform.refusal(obligations.rebase, { id, dueAt, reason }, owner)).toBe('obligation_firm')
    expect(await platform.refusal(obligations.rebase, { id, dueAt, reason }, memberKey)).toBe('forbidden')
    expect(await pass(15 * 60_000 + 1000)).toBe(1)
  })

  test('the rows are only added to: not even the database lets them be changed; without its fences the trespasser gets in', async () => {
    const id = await openReport()
    const client = await platform.admin.connect()
    const trespass = `update obligation set due_at = due_at + interval '1 year' where id = $1`
    try {
      await client.query('begin')
      await client.query('select enter($1, null, false)', [orgId])
      await client.query('savepoint fence')
      for (const table of ['obligation', 'obligation_event', 'business_calendar']) {
        await client.query('set local role holdfast_app')
        for (const change of [`update ${table} set org_id = org_id`, `delete from ${table}`]) {
          await expect(client.query(change)).rejects.toMatchObject({ code: '42501' })
          await client.query('rollback to fence')
          await client.query('set local role holdfast_app')
        }
        await client.query('rollback to fence')
      }
      const step = `insert into obligation_event (obligation_id, step, kind, at, due_at) values ($1, 'warned:1', 'warned', now(), now())`
      await client.query(step, [id])
      await expect(client.query(step, [id])).rejects.toMatchObject({ code: '23505' }) // nobody takes a step twice
      await client.query('rollback to fence')
      await expect(client.query(trespass, [id])).rejects.toMatchObject({ code: 'HF003' })
      await client.query('rollback to fence')
      await client.query('drop trigger refuse_change on obligation')
      await client.query('grant update on obligation to holdfast_app')
      await client.query('set local role holdfast_app')
      expect((await client.query(trespass, [id])).rowCount).toBe(1)
    } finally {
      await client.query('rollback')
      client.release()
    }
  })
})

describe('business days', () => {
  test('the organisation’s own calendar counts, as it was when the clock started', async () => {
    const holidays = Array.from({ length: 12 }, (_, index) => ({
      on: new Date(platform.services.clock.now().getTime() + (index + 1) * 24 * hour).toISOString().slice(0, 10),
      name: 'Long holidays',
    }))
    const calendar = { timeZone: 'UTC', weekdays: [1, 2, 3, 4, 5, 6, 7], holidays }
    const set = await platform.call(obligations.setCalendar, calendar, owner)
    expect(set).toMatchObject({ version: 1, setBy: founded.personId })
    const id = await open(triage, { subject: newSubject(), label: 'Report 1', role: 'reviewer' })
    const { dueAt, within, next } = await read(id)
    expect(within).toBe('1 business day')
    expect(Date.parse(dueAt) - platform.services.clock.now().getTime()).toBeGreaterThan(12.9 * 24 * hour)
    expect(next.map(({ kind }) => kind)).toEqual(['warned', 'breached', 'escalated'])
    const again = await platform.call(obligations.setCalendar, { ...calendar, holidays: [] }, owner)
    expect(again.version).toBe(2)
    expect((await read(id)).dueAt).toBe(dueAt)
    const bad = { ...calendar, timeZone: 'Mars/Olympus' }
    expect(await platform.refusal(obligations.setCalendar, bad, owner)).toBe('invalid_input')
  })
})

describe('who sees what', () => {
  test('a member their own, by paging; a Reviewer everybody’s; nobody another’s by its id', async () => {
    const stranger = await addMember(platform, founded, 'member', 'Sam Stranger')
    const reviewer = await addMember(platform, founded, 'reviewer', 'Rea Reviewer')
    const own = await open(report, { subject: newSubject(), label: 'Own', person: stranger.personId })
    const other = await openReport()
    const forRole = await open(triage, { subject: newSubject(), label: 'For reviewers', role: 'reviewer' })
    const mine = await platform.call(obligations.mine, {}, stranger.caller)
    expect(mine.rows.map(({ id }) => id)).toEqual([own])
    expect(await platform.refusal(obligations.read, { id: other }, stranger.caller)).toBe('obligation_not_found')
    expect(await platform.refusal(obligations.list, {}, stranger.caller)).toBe('forbidden')
    expect((await platform.call(obligations.mine, {}, reviewer.caller)).rows.map(({ id }) => id)).toContain(forRole)
    expect((await platform.call(obligations.read, { id: other }, reviewer.caller)).label).toBe('Incident 7')

    const seen: string[] = []
    let after: string | undefined
    do {
      const page = await platform.call(obligations.list, { limit: 1, ...(after !== undefined && { after }) }, reviewer.caller)
      seen.push(...page.rows.map(({ id }) => id))
      after = page.next ?? undefined
    } while (after !== undefined)
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toEqual(expect.arrayContaining([own, other, forRole]))
    expect(await platform.refusal(obligations.list, { after: 'x' }, reviewer.caller)).toBe('invalid_input')
  })

  test('by state, kind, subject and person', async () => {
    const subject = newSubject()
    const id = await openReport(subject)
    const shown = async (filters: object): Promise<boolean> =>
      (await platform.call(obligations.list, { subject, ...filters }, owner)).rows.some((row) => row.id === id)
    expect(await Promise.all([shown({}), shown({ show: 'due_soon' }), shown({ show: 'overdue' })])).toEqual([true, true, false])
    expect(await Promise.all([shown({ kind: 'test.report' }), shown({ kind: 'test.triage' })])).toEqual([true, false])
    expect(await Promise.all([shown({ personId: member.personId }), shown({ personId: admin.personId })])).toEqual([true, false])
    await platform.call(obligations.pause, { id, reason: 'Waiting.' }, owner)
    expect(await Promise.all([shown({ show: 'paused' }), shown({ show: 'due_soon' })])).toEqual([true, false])
    await platform.call(obligations.resume, { id, reason: 'On.' }, owner)
    await pass(49 * hour)
    expect(await Promise.all([shown({ show: 'overdue' }), shown({ show: 'met' })])).toEqual([true, false])
  })
})

describe('what an operation declares', () => {
  const entered = () => {
    throw new Error('not entered')
  }
  test('a handler that forgets a declared obligation fails', () => {
    const { settled, obligations: kept } = declaredObligations(policy.acknowledge, entered, new Date(), () => null)
    expect(settled).toThrow('policy.acknowledge meets policy.acknowledgement, and its handler did not')
    kept.unneeded(policy.acknowledge.meets[0])
    expect(settled).not.toThrow()
  })

  test('and one that opens what it did not declare', async () => {
    const { obligations: kept } = declaredObligations(policy.acknowledge, entered, new Date(), () => null)
    expect(() => kept.open(report, { subject: 'x', label: 'x', person: member.personId })).toThrow(
      'does not declare that it opens',
    )
  })

  test('what does not fit does not compile', () => {
    type Publish = typeof policy.publish
    expectTypeOf<OpenedBy<Publish>>().toEqualTypeOf<typeof policyReview>() // no report, no acknowledgement
    expectTypeOf<WithdrawnBy<Publish>>().toEqualTypeOf<typeof policyAcknowledgement>()
    expectTypeOf<Parameters<DeclaredObligations<Publish>['meet']>[0]>().toEqualTypeOf<typeof policyReview>()
    expectTypeOf<OpenedBy<typeof policy.acknowledge>>().toBeNever()
    type Words = { subject: string; label: string }
    expectTypeOf<Words & { person: PersonId; within: Duration }>().toExtend<OpeningOf<typeof policyReview>>()
    expectTypeOf<Words & { role: 'admin'; within: Duration }>().not.toExtend<OpeningOf<typeof policyReview>>() // owed by a person
    expectTypeOf<Words & { person: PersonId }>().not.toExtend<OpeningOf<typeof policyReview>>() // and it must be said how long
    expectTypeOf<Words & { role: 'admin' }>().toExtend<OpeningOf<typeof triage>>()
  })
})

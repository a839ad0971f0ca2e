import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addMember } from '../../../test/platform.ts'
import { compose } from '../../compose.ts'
import { runDue } from '../../kernel/obligation/engine.ts'
import { onObligation } from '../../kernel/obligation/hook.ts'
import { obligationsIn } from '../../kernel/obligation/obligations.ts'
import { repairClocks } from '../../kernel/obligation/repair.ts'
import { changeAs } from '../../kernel/unit.ts'
import { hour, newSubject, report, startBench, type Bench } from './obligation.fixture.ts'

let bench: Bench
let platform: Bench['platform']
let founded: Bench['founded']
let orgId: Bench['orgId']
let admin: Bench['admin']
let member: Bench['member']
let open: Bench['open']
let read: Bench['read']
let pass: Bench['pass']
let openReport: Bench['openReport']
let historyOf: Bench['historyOf']
let entriesAbout: Bench['entriesAbout']
let mails: Bench['mails']
beforeAll(async () => {
  bench = await startBench()
  ;({ platform, founded, orgId, admin, member, open, read, pass, openReport, historyOf, entriesAbout, mails } = bench)
})
beforeEach(() => bench.settle())
afterEach(() => expect(bench.platform.errors.splice(0)).toEqual([]))
afterAll(() => bench?.platform.close())

describe('the clock', () => {
  test('warns, breaches and escalates, each once, each with an entry and a mail', async () => {
    const id = await openReport()
    expect(await pass(23 * hour)).toBe(0)
    expect(await pass(hour)).toBe(1)
    expect(await pass(22 * hour)).toBe(1)
    expect(await pass(2 * hour)).toBe(1)
    expect(await read(id)).toMatchObject({ state: 'running', late: true })
    expect(await pass(hour)).toBe(1)
    expect(await historyOf(id)).toEqual(['opened', 'warned', 'warned', 'breached', 'escalated'])
    expect(await entriesAbout(id)).toEqual([
      ...['test.opened', 'obligation.warned', 'obligation.warned', 'obligation.breached', 'obligation.escalated'],
    ])
    const sent = await mails()
    expect(sent.map(({ to, subject }) => [to, subject])).toEqual([
      [member.email, 'Due in 24 hours: test.report – Incident 7'],
      [member.email, 'Due in 2 hours: test.report – Incident 7'],
      [member.email, 'Overdue: test.report – Incident 7'],
      [admin.email, '60 minutes overdue: test.report – Incident 7'],
    ])
    expect(sent[3]?.text).toContain('brought to your attention')
    expect(sent[0]?.text).toContain(`/due/${id}`)
    expect(await pass(200 * hour)).toBe(0)
  })

  test('met in time, it stays silent; met late, it says so', async () => {
    const subject = newSubject()
    const meet = () =>
      changeAs(platform.services.ground, 'test', orgId, async (unit) => {
        const value = await obligationsIn(unit, platform.services.clock.now(), member.personId).meet(report, { subject })
        return { value, action: 'test.met', targetId: subject }
      })
    const first = await openReport(subject)
    expect((await meet())?.value).toBe(1)
    expect((await meet())?.value).toBe(0)
    expect(await pass(200 * hour)).toBe(0)
    expect(await read(first)).toMatchObject({ state: 'met', late: false, next: [] })
    const second = await openReport(subject)
    expect(second).not.toBe(first)
    await pass(50 * hour)
    await meet()
    expect(await read(second)).toMatchObject({ state: 'met', late: true })
  })

  test('opened again while it runs, it runs on', async () => {
    const subject = newSubject()
    const id = await openReport(subject)
    platform.clock.advance(hour)
    expect(await openReport(subject)).toBe(id)
    const { rows } = await platform.admin.query('select from obligation where subject = $1', [subject])
    expect(rows).toHaveLength(1)
  })

  test('after a down time of days: late warnings are passed over and recorded so, breach and escalation are not', async () => {
    const id = await openReport()
    expect(await pass(30 * 24 * hour)).toBe(2)
    expect((await historyOf(id)).toSorted()).toEqual(['breached', 'escalated', 'opened', 'skipped', 'skipped'])
    expect(await entriesAbout(id)).toEqual(['test.opened', 'obligation.breached', 'obligation.escalated'])
  })

  test('who owes it has left: the Admins hear', async () => {
    const leaver = await addMember(platform, founded, 'member', 'Lea Leaver')
    await open(report, { subject: newSubject(), label: 'Left behind', person: leaver.personId })
    await platform.arrange(orgId, 'delete from membership where person_id = $1', [leaver.personId])
    await pass(24 * hour)
    expect((await mails()).map(({ to }) => to)).toEqual([admin.email])
  })
})

describe('two nodes, crashes', () => {
  test('two compositions at the same instant: one warning, one entry, one mail', async () => {
    const other = compose(platform.options)
    try {
      const ids = await Promise.all(Array.from({ length: 12 }, () => openReport()))
      platform.clock.advance(24 * hour)
      const taken = await Promise.all([
        runDue(platform.services, orgId),
        runDue(other.path.services, orgId),
        runDue(platform.services, orgId),
        runDue(other.path.services, orgId),
      ])
      expect(taken.reduce((sum, count) => sum + count, 0)).toBe(12)
      for (const id of ids) {
        expect(await historyOf(id)).toEqual(['opened', 'warned'])
        expect(await entriesAbout(id)).toEqual(['test.opened', 'obligation.warned'])
      }
    } finally {
      await other.close()
    }
  })

  test('a crash in the middle leaves nothing behind; the next look does it', async () => {
    const id = await openReport()
    platform.clock.advance(24 * hour)
    const crash = onObligation(report, ['warned'], () => Promise.reject(new Error('the power failed')))
    expect(await runDue({ ...platform.services, obligationHooks: [crash] }, orgId)).toBe(0)
    expect(platform.errors.splice(0)).toEqual([new Error('the power failed')])
    expect(await historyOf(id)).toEqual(['opened'])
    expect(await runDue(platform.services, orgId)).toBe(1)
    expect(await historyOf(id)).toEqual(['opened', 'warned'])
  })

  test('a hook acts in the same transaction, once', async () => {
    const seen: string[] = []
    const hook = onObligation(
      report,
      ['breached', 'escalated'],
      async ({ step, label, to }) => void seen.push(`${step} ${label} ${to}`),
    )
    await openReport()
    platform.clock.advance(60 * hour)
    await runDue({ ...platform.services, obligationHooks: [hook] }, orgId)
    await runDue({ ...platform.services, obligationHooks: [hook] }, orgId)
    expect(seen).toEqual(['breached Incident 7 null', 'escalated Incident 7 admin'])
  })

  test('a clock that was stopped, moved or removed behind our back is put right from the history', async () => {
    const ids = await Promise.all([openReport(), openReport(), openReport()])
    const trespass = (sql: string, index: number) => platform.admin.query(sql, [ids[index]])
    await trespass('update obligation_clock set wake_at = null where obligation_id = $1', 0)
    await trespass(`update obligation_clock set due_at = now() + interval '9 years' where obligation_id = $1`, 1)
    await trespass('delete from obligation_clock where obligation_id = $1', 2)
    const { services } = platform
    const context = { services, orgId, personId: null, log: () => undefined }
    expect(await repairClocks(context)).toBe(3)
    expect(await repairClocks(context)).toBe(0)
    expect(await pass(24 * hour)).toBe(3)
  })
})

import {
  apiKey,
  businessDays,
  days,
  hours,
  minutes,
  obligation,
  obligations,
  policy,
  policyAcknowledgement,
  policyReview,
  type Obligation,
  type OrgId,
  type Role,
} from '@holdfast/contract'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  addMember,
  newCaller,
  startPlatform,
  type Caller,
  type FoundedPlatform,
  type Member,
  type Platform,
} from '../../../test/platform.ts'
import { compose } from '../../compose.ts'
import { declaredObligations, type DeclaredObligations } from '../../kernel/obligation/context.ts'
import { runDue } from '../../kernel/obligation/engine.ts'
import { mailPlace, mailScope } from '../../kernel/mail.ts'
import { onObligation } from '../../kernel/obligation/hook.ts'
import { obligationsIn, type OpeningOf } from '../../kernel/obligation/obligations.ts'
import { repairClocks } from '../../kernel/obligation/repair.ts'
import { changeAs, readIn } from '../../kernel/unit.ts'

let platform: Platform
let founded: FoundedPlatform
let admin: Member
let member: Member
let orgId: OrgId
/** The Owner by a key: the tests let months pass, and sessions end. */
let owner: Caller
let memberKey: Caller
const keyOf = async (caller: Caller, role: Role): Promise<Caller> => {
  const { key } = await platform.call(apiKey.create, { name: 'Clock', role, days: 365 }, caller)
  return newCaller({ apiKey: key })
}
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  orgId = founded.orgId
  owner = await keyOf(founded.owner, 'owner')
  admin = await addMember(platform, founded, 'admin', 'Ada Admin')
  member = await addMember(platform, founded, 'member', 'Max Member')
  memberKey = await keyOf(member.caller, 'member')
})
afterEach(() => expect(platform.errors.splice(0)).toEqual([]))
afterAll(() => platform?.close())

const report = obligation({
  ...{ name: 'test.report', title: 'Write the report', about: 'test', page: '/test/:subject', owedBy: 'person' },
  within: hours(48),
  warn: [hours(24), hours(2)],
  escalate: [{ after: hours(1), to: 'admin' }],
})
const triage = obligation({
  ...{ name: 'test.triage', title: 'Triage', about: 'test', page: '/test/:subject', owedBy: 'role' },
  ...{ within: businessDays(1), warn: [hours(4)], escalate: [{ after: hours(0), to: 'owner' }] },
})
const review = obligation({
  ...{ name: 'test.review', title: 'Review', about: 'test', page: '/test/:subject', owedBy: 'person' },
  ...{ within: minutes(15), firm: true },
})

let subjects = 0
const newSubject = (): string => `te_${++subjects}`

const open = async <K extends Obligation>(kind: K, opening: OpeningOf<K>): Promise<string> => {
  const done = await changeAs(platform.services.ground, 'test', orgId, async (unit) => {
    const value = await obligationsIn(unit, platform.services.clock.now()).open(kind, opening)
    return { value, action: 'test.opened', targetId: value }
  })
  return done?.value ?? ''
}
const openReport = (subject = newSubject()): Promise<string> =>
  open(report, { subject, label: 'Incident 7', person: member.personId })
const read = (id: string) => platform.call(obligations.read, { id }, owner)
const historyOf = async (id: string): Promise<string[]> => (await read(id)).events.map(({ kind }) => kind)
const pass = async (ms: number): Promise<number> => {
  platform.clock.advance(ms)
  return runDue(platform.services, orgId)
}
const hour = 3_600_000

const entriesAbout = async (id: string): Promise<string[]> => {
  const { rows } = await platform.admin.query<{ action: string }>(
    `select body::jsonb ->> 'action' as action from ledger where org_id = $1 and body::jsonb #>> '{target,id}' = $2 order by seq`,
    [orgId, id],
  )
  return rows.map(({ action }) => action)
}
/** The mails of the test so far, opened. */
const mails = async (): Promise<{ to: string; subject: string; text: string }[]> =>
  readIn(platform.services.ground, orgId, null, async ({ tx, vault }) => {
    const rows = await tx.selectFrom('mail').selectAll().where('id', '>', lastMail).orderBy('id').execute()
    return Promise.all(
      rows.map(async ({ id, personId, toSealed, subjectSealed, textSealed }) => {
        const opened = (column: 'to_sealed' | 'subject_sealed' | 'text_sealed', sealed: Buffer) =>
          vault.openText(mailScope(personId), mailPlace(column, id), sealed)
        return {
          to: await opened('to_sealed', toSealed),
          subject: await opened('subject_sealed', subjectSealed),
          text: await opened('text_sealed', textSealed ?? Buffer.alloc(0)),
        }
      }),
    )
  })

/** Each test begins with nothing due and no mail. */
let lastMail = ''
beforeEach(async () => {
  await pass(200 * hour)
  lastMail = (await platform.admin.query<{ id: string }>(`select coalesce(max(id), '') as id from mail`)).rows[0]?.id ?? ''
})

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
    const notRun = (kept: DeclaredObligations<typeof policy.publish>) => [
      // @ts-expect-error: publishing opens no report
      kept.open(report, { subject: 'x', label: 'x', person: member.personId }),
      // @ts-expect-error: a review is owed by a person, not by a role
      kept.open(policyReview, { subject: 'x', label: 'x', role: 'admin', within: days(1) }),
      // @ts-expect-error: how long is said when it is opened
      kept.open(policyReview, { subject: 'x', label: 'x', person: member.personId }),
      // @ts-expect-error: publishing withdraws acknowledgements, it meets none
      kept.meet(policyAcknowledgement, { subject: 'x' }),
    ]
    expect(notRun).toBeTypeOf('function')
  })
})

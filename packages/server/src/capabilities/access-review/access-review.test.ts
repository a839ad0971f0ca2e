/** A review from the deadline to the export (C1). */
import { accessReview, accessReviewDue, apiKey, ledger, member, obligations, session } from '@holdfast/contract'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMember, newCaller, type Caller } from '../../../test/platform.ts'
import { makeOrganisation, runJob } from '../../../test/world.ts'
import { runDue } from '../../kernel/obligation/engine.ts'
import { readIn } from '../../kernel/unit.ts'
import { checksOf } from './checks.fixture.ts'
import { startBench, type Bench } from './access-review.fixture.ts'

let bench: Bench
let asKey: Caller // sessions end while months pass
const hour = 3_600_000
const day = 24 * hour
beforeAll(async () => {
  bench = await startBench()
  const { key } = await bench.platform.call(apiKey.create, { name: 'clock', role: 'owner', days: 365 }, bench.owner)
  asKey = newCaller({ apiKey: key })
}, 60_000)
afterAll(() => bench?.platform.close())

const upkeep = (orgId = bench.orgId) =>
  bench.platform.composition.schedules
    .find(({ name }) => name === 'accessReview.upkeep')
    ?.run({ services: bench.platform.services, orgId, personId: null, log: () => {} })
const entriesSince = async (seq: number): Promise<{ action: string; target: string; reason?: string }[]> => {
  const { rows } = await bench.platform.admin.query<{ body: string }>(
    'select body from ledger where org_id = $1 and seq > $2 order by seq',
    [bench.orgId, seq],
  )
  return rows.map(({ body }) => {
    const { action, target, reason } = JSON.parse(body) as { action: string; target: { id: string }; reason?: string }
    return { action, target: target.id, ...(reason !== undefined && { reason }) }
  })
}
const length = async (): Promise<number> => {
  const { rows } = await bench.platform.admin.query<{ seq: string }>('select max(seq) as seq from ledger where org_id = $1', [
    bench.orgId,
  ])
  return Number(rows[0]?.seq)
}

test('the snapshot has everything that gives access, once, with who holds it', async () => {
  const given = await bench.oneOfEach()
  const id = await bench.begin()
  const items = await bench.itemsOf(id)
  const kinds = new Set(items.map(({ kind }) => kind))
  expect([...kinds].toSorted()).toEqual(
    [
      ...['access_rule', 'api_key', 'break_glass', 'directory_token', 'member', 'server_grant', 'service_account', 'service_key'],
      'staff_policy',
    ].toSorted(),
  )
  expect(new Set(items.map(({ kind, ref }) => `${kind} ${ref}`)).size).toBe(items.length)
  const item = (ref: string) => items.find((found) => found.ref === ref)
  const sam = { personId: bench.sre.personId, holder: 'Sam', email: bench.sre.email, now: 'same', decision: null }
  expect(item(bench.sre.personId)).toMatchObject({ ...sam, kind: 'member', role: 'member', detail: 'role given by hand' })
  expect(item(bench.sre.personId)?.lastUsedAt).not.toBeNull()
  expect(item(given.key.id)).toMatchObject({ ...sam, kind: 'api_key', label: 'deploy', lastUsedAt: null, proposal: 'keep' })
  expect(item(given.accountKey.id)).toMatchObject({ ...sam, kind: 'service_key', detail: 'policy:read' })
  expect(item(given.account.id)).toMatchObject({ ...sam, kind: 'service_account', detail: 'Nightly export' })
  expect(item(given.grant.id)).toMatchObject({ ...sam, kind: 'server_grant', expiresAt: given.grant.endsAt })
  expect(items.find(({ kind }) => kind === 'staff_policy')).toMatchObject({ proposal: 'attend', reasons: ['standing_access'] })
  expect(items.find(({ kind }) => kind === 'break_glass')).toMatchObject({ personId: bench.founded.personId, proposal: 'keep' })
  const { rows } = await bench.platform.admin.query<{ text: string }>(
    'select access_review_item::text as text from access_review_item',
  )
  expect(rows.map(({ text }) => text).join()).not.toMatch(/Sam|example\.test/)
  expect(await bench.platform.refusal(accessReview.begin, {}, bench.owner)).toBe('review_open')
  await bench.keepRest(id)
  await bench.platform.call(accessReview.complete, { id, comment: 'All known.' }, bench.owner)
})

test('what the rules propose comes first, and can be asked for alone', async () => {
  const idle = await addMember(bench.platform, bench.founded, 'member', 'Ida Idle')
  await bench.platform.arrange(bench.orgId, `update membership set created_at = now() - interval '1 year' where person_id = $1`, [
    idle.personId,
  ])
  await bench.platform.arrange(
    bench.orgId,
    `update session set last_seen_at = now() - interval '100 days', attended_at = now() - interval '100 days' where person_id = $1`,
    [idle.personId],
  )
  const id = await bench.begin()
  const [first] = await bench.itemsOf(id, { show: 'open' })
  expect(first).toMatchObject({ personId: idle.personId, proposal: 'remove', reasons: ['unused_90_days', 'no_second_factor'] })
  expect(await bench.itemsOf(id, { proposal: 'remove' })).toHaveLength(1)
  expect((await bench.itemsOf(id, { personId: idle.personId })).map(({ ref }) => ref)).toEqual([idle.personId])
  const paged = await bench.platform.call(accessReview.items, { id, limit: 3 }, bench.reviewer.caller)
  const next = await bench.platform.call(accessReview.items, { id, limit: 100, after: paged.next ?? '' }, bench.reviewer.caller)
  expect([...paged.rows, ...next.rows].map((row) => row.id)).toEqual((await bench.itemsOf(id)).map((row) => row.id))
  expect(await bench.platform.refusal(accessReview.items, { id, after: 'no cursor' }, bench.owner)).toBe('invalid_input')
  await bench.keepRest(id)
  await bench.platform.call(accessReview.complete, { id, comment: 'All known.' }, bench.owner)
})

test('what is decided is carried out in the same moment, each in an entry of its own, and what hangs on it is noted as gone', async () => {
  const leaver = await addMember(bench.platform, bench.founded, 'member', 'Lena Leaver')
  const boss = await addMember(bench.platform, bench.founded, 'admin', 'Ada Admin')
  const { key, id: keyId } = await bench.platform.call(apiKey.create, { name: 'old', role: 'member' }, leaver.caller)
  const given = await bench.oneOfEach()
  const id = await bench.begin()
  const leaving = await bench.one(id, 'member', ({ ref }) => ref === leaver.personId)
  const lowered = await bench.one(id, 'member', ({ ref }) => ref === boss.personId)
  const account = await bench.one(id, 'service_account', ({ ref }) => ref === given.account.id)
  const accountKey = await bench.one(id, 'service_key', ({ ref }) => ref === given.accountKey.id)
  const server = await bench.one(id, 'server_grant', ({ ref }) => ref === given.grant.id)
  const rule = await bench.one(id, 'access_rule')
  const staff = await bench.one(id, 'staff_policy')
  const token = await bench.one(id, 'directory_token', ({ ref }) => ref === given.token.id)
  const before = await length()
  const output = await bench.decide(id, [
    ...[leaving, account, accountKey, server, rule, staff, token].map((item) => bench.about(item, 'remove')),
    bench.about(lowered, 'change', 'viewer'),
  ])
  const reason = `Asked their lead. (access review ${id})`
  expect(await entriesSince(before)).toEqual([
    { action: 'grant.revoked', target: given.grant.id, reason },
    { action: 'access_policy.retired', target: rule.ref, reason },
    { action: 'staff_access.withdrawn', target: staff.ref, reason },
    { action: 'directory.credential_revoked', target: given.token.id, reason },
    { action: 'api_key.revoked', target: given.accountKey.id, reason },
    { action: 'service_account.disabled', target: given.account.id, reason },
    ...[leaving, lowered]
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((item) => ({
        ...{ action: item === leaving ? 'member.removed' : 'member.role_changed', target: item.ref, reason },
      })),
    { action: 'access_review.decided', target: id, reason: 'Asked their lead.' },
  ])
  expect(output.decided).toMatchObject({ remove: 7, change: 1, gone: 2 }) // the leaver’s key, and a grant by the rule
  expect(await bench.platform.refusal(session.current, {}, newCaller({ apiKey: key }))).toBe('unauthenticated')
  expect((await bench.platform.call(session.current, {}, boss.caller)).organisation.role).toBe('viewer')
  const decided = await bench.itemsOf(id, { show: 'decided' })
  expect(decided.find(({ ref }) => ref === keyId)).toMatchObject({ decision: 'gone', decidedBy: null, holder: 'Lena Leaver' })
  expect(decided.find(({ ref }) => ref === leaver.personId)).toMatchObject({
    ...{ decision: 'remove', decidedBy: bench.founded.personId, reason: 'Asked their lead.', holder: 'Lena Leaver' },
  })
  expect(await bench.refused(id, [bench.about(leaving, 'keep')])).toBe('item_decided')
  const again = await bench.one(id, 'member', ({ ref }) => ref === bench.other.personId)
  await bench.decide(id, [bench.about(again, 'keep')])
  await bench.decide(id, [bench.about(again, 'remove')]) // a mind may be changed as long as nothing has ended
  await bench.keepRest(id)
  await bench.platform.call(accessReview.complete, { id, comment: 'All known.' }, bench.owner)
  const { rows } = await bench.platform.call(ledger.list, { limit: 3 }, bench.owner)
  expect(rows[0]?.action).toBe('access_review.completed')
})

test('the longest reason there may be goes through every operation that takes one', async () => {
  await bench.allow()
  const given = await bench.oneOfEach()
  const id = await bench.begin()
  const items = [await bench.one(id, 'server_grant', ({ ref }) => ref === given.grant.id)]
  const decisions = items.map((item) => bench.about(item, 'remove'))
  await bench.platform.call(accessReview.decide, { id, decisions, reason: 'x'.repeat(500) }, bench.owner)
  await bench.keepRest(id)
  await bench.platform.call(accessReview.complete, { id, comment: 'All known.' }, bench.owner)
})

test('for the auditor: everything as CSV and as JSON, with names of those who are gone', async () => {
  const { rows: reviews } = await bench.platform.call(accessReview.list, {}, bench.reviewer.caller)
  const rows = reviews.filter(({ decided }) => decided.change > 0)
  const id = rows[0]?.id
  if (!id) throw new Error('no review')
  const reviewer = await bench.stepped(bench.reviewer)
  const csv = await bench.platform.download(accessReview.exportCsv, { id }, reviewer)
  const lines = csv.trimEnd().split('\r\n')
  expect(lines[0]).toMatch(/^\ufeff"kind","what","opens","held by"/)
  expect(lines).toHaveLength(1 + (rows[0]?.items ?? 0))
  expect(lines.find((line) => line.includes('Lena Leaver') && line.startsWith('"member"'))).toMatch(
    /"remove",.*"Asked their lead\.","Olga Owner"/,
  )
  const json = JSON.parse(await bench.platform.download(accessReview.exportJson, { id }, reviewer)) as {
    review: unknown
    items: unknown[]
  }
  expect(json.review).toMatchObject({ id, state: 'completed', comment: 'All known.', open: 0 })
  expect(json.items).toHaveLength(rows[0]?.items ?? 0)
})

/** How many messages with statements the application's pool sends meanwhile. */
const countingStatements = async (work: () => Promise<void>): Promise<number> => {
  const { query } = pg.Client.prototype
  let sent = 0
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    sent++
    return (query as (...given: unknown[]) => unknown).apply(this, args)
  } as typeof query
  try {
    await work()
    return sent
  } finally {
    pg.Client.prototype.query = query
  }
}

test('thousands of members: parts of five hundred, some statements each, and gathering goes on where it broke off', async () => {
  const count = 2_000
  await bench.platform.arrange(
    bench.orgId,
    `with someone as (insert into person (id, email_sealed, name_sealed) select 'pe_' || lpad(n::text, 26, '0'), null, null from generate_series(1, ${count}) n returning id)
     insert into membership (org_id, person_id, role) select $1, id, 'viewer' from someone`,
    [bench.orgId],
  )
  const { id } = await bench.platform.call(accessReview.begin, {}, bench.owner)
  expect(
    await bench.refused(id, [{ item: 'ai_00000000000000000000000000' as never, version: '0'.repeat(64), decision: 'keep' }]),
  ).toBe('review_not_open')
  expect(await bench.platform.call(accessReview.read, { id }, bench.owner)).toMatchObject({ state: 'gathering', items: 0 })
  const statements = await countingStatements(() => bench.gather(id))
  const review = await bench.platform.call(accessReview.read, { id }, bench.owner)
  expect(review).toMatchObject({ state: 'open' })
  expect(review.items).toBeGreaterThan(count)
  expect(statements).toBeGreaterThan(10)
  expect(statements).toBeLessThan(120)
  const { rows } = await bench.platform.admin.query<{ parts: string }>(
    `select count(*) as parts from ledger where body::jsonb ->> 'action' = 'access_review.gathered' and body::jsonb -> 'target' ->> 'id' = $1`,
    [id],
  )
  expect(Number(rows[0]?.parts)).toBe(Math.ceil(review.items / 500))
  await bench.gather(id) // nothing more to do
  expect((await bench.platform.call(accessReview.read, { id }, bench.owner)).items).toBe(review.items)
  await bench.platform.arrange(bench.orgId, `delete from membership where person_id like 'pe_00000000000000000000%'`)
  expect(await bench.platform.refusal(accessReview.complete, { id, comment: 'Too early.' }, bench.owner)).toBe('items_open')
  let open = await bench.itemsOf(id, { show: 'open', kind: 'member' })
  while (open.some(({ now }) => now === 'gone')) {
    const gone = open.filter(({ now }) => now === 'gone').slice(0, 100)
    expect((await bench.platform.call(accessReview.refresh, { id, items: gone.map((item) => item.id) }, bench.owner)).gone).toBe(
      gone.length,
    )
    open = open.filter((item) => !gone.includes(item))
  }
  await bench.keepRest(id)
  expect((await bench.platform.call(accessReview.complete, { id, comment: 'They are gone.' }, bench.owner)).decided.gone).toBe(
    count,
  )
}, 120_000)

describe('the deadline', () => {
  const clocks = (orgId: string) =>
    bench.platform.admin
      .query('select from obligation_clock where org_id = $1 and kind = $2', [orgId, accessReviewDue.name])
      .then(({ rowCount }) => rowCount)

  test('runs in every organisation by itself, once', async () => {
    const other = await makeOrganisation(bench.platform, 'Another Ltd')
    await addMember(bench.platform, { orgId: other }, 'owner', 'Another Owner')
    expect(await clocks(other)).toBe(0)
    await upkeep(other)
    await upkeep(other)
    expect(await clocks(other)).toBe(1)
  })

  test('completing a review ends it and starts the next; late, it is breached, escalated, and said by C1', async () => {
    const { platform, orgId } = bench
    await upkeep()
    platform.clock.advance(2 * hour)
    const due = Date.parse((await platform.call(accessReview.list, {}, asKey)).dueAt ?? '')
    const check = checksOf(platform, 'C1')
    expect(await check()).toMatchObject({ kept: true, proof: expect.stringContaining('no review is overdue') as string })
    platform.clock.advance(due - platform.clock.now().getTime() - 6 * day)
    await runDue(platform.services, orgId)
    const [owed] = (await platform.call(obligations.list, { kind: accessReviewDue.name }, asKey)).rows
    expect(owed).toMatchObject({ state: 'running', role: 'admin', label: 'Every member, key, rule and grant' })
    platform.clock.advance(8 * day)
    await runDue(platform.services, orgId)
    const { events } = await platform.call(obligations.read, { id: owed?.id as never }, asKey)
    expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['warned', 'breached', 'escalated']))
    const late = await check()
    expect(late.kept).toBe(false)
    expect(late.proof).toMatch(/the review is overdue, the operator’s own among them/)
  })

  test('a customer’s late review is said and breaks nothing of the operator’s', async () => {
    const { platform } = bench
    await platform.arrange(bench.orgId, `delete from obligation_clock where org_id = $1 and kind = $2`, [
      bench.orgId,
      accessReviewDue.name,
    ])
    await upkeep()
    const said = await checksOf(platform, 'C1')()
    expect(said.kept).toBe(true)
    expect(said.proof).toMatch(/in 1 of them the review is overdue, and those answerable were told/)
  })

  test('an organisation that nobody asks breaks it', async () => {
    const { platform } = bench
    const forgotten = await makeOrganisation(platform, 'Forgotten Ltd')
    await addMember(platform, { orgId: forgotten }, 'owner', 'Forgotten Owner')
    expect((await checksOf(platform, 'C1')()).kept).toBe(false)
    await upkeep(forgotten)
    expect((await checksOf(platform, 'C1')()).kept).toBe(true)
  })

  test('only the operator is told how others stand', async () => {
    const { platform } = bench
    const { rows } = await platform.admin.query<{ id: string }>('select id from org where not is_operator limit 1')
    const asked = await readIn(platform.services.ground, rows[0]?.id as never, null, ({ transaction }) =>
      transaction.query('select organisations from access_review_state($1, now())', [accessReviewDue.name]),
    )
    expect(asked.rows[0]).toMatchObject({ organisations: 0 })
  })
})

test('the only manager cannot decide over their own access; the review says so instead of pretending', async () => {
  const { platform } = bench
  const org = await makeOrganisation(platform, 'Small Ltd')
  const alone = await addMember(platform, { orgId: org }, 'owner', 'Solo Owner')
  const helper = await addMember(platform, { orgId: org }, 'member', 'Hanna Helper')
  const { id } = await platform.call(accessReview.begin, {}, alone.caller)
  await runJob(platform, org, 'accessReview.gather', { id })
  const { rows } = await platform.call(accessReview.items, { id }, alone.caller)
  const [own, other] = [alone, helper].map(({ personId }) => rows.find(({ ref }) => ref === personId))
  if (!own || !other) throw new Error('not in the review')
  const decisions = (item: typeof own) => ({ id, reason: 'Known.', decisions: [bench.about(item, 'keep')] })
  expect(await platform.refusal(accessReview.decide, decisions(own), alone.caller)).toBe('own_access')
  expect(await platform.refusal(accessReview.complete, { id, comment: 'Done.' }, alone.caller)).toBe('items_open')
  await platform.call(accessReview.decide, decisions(other), alone.caller)
  const done = await platform.call(accessReview.complete, { id, comment: 'Done.' }, alone.caller)
  expect(done.decided).toMatchObject({ keep: 1, nobody_else: 1 })
  await platform.call(member.list, {}, alone.caller)
})

/** The one clock over the real queue: how late it is, what a restart and a second node do, whom it looks at. */
import { obligation, obligations, policy, type OrgId } from '@holdfast/contract'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compose } from '../src/compose.ts'
import { newOrgId } from '../src/kernel/identifier.ts'
import { obligationsIn } from '../src/kernel/obligation/obligations.ts'
import { changeAs } from '../src/kernel/unit.ts'
import { startQueue } from '../src/platform/queue.ts'
import { addMember, startPlatform, type FoundedPlatform, type Member, type Platform } from './platform.ts'

let platform: Platform
let founded: FoundedPlatform
let orgId: OrgId
let jobsPool: pg.Pool
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  orgId = founded.orgId
  jobsPool = new pg.Pool({ ...platform.database.jobs, max: 10 })
  jobsPool.on('error', () => undefined).on('connect', (client) => void client.on('error', () => undefined))
})
afterAll(async () => {
  await jobsPool.end()
  await platform?.close()
})

const urgent = obligation({
  ...{ name: 'test.urgent', title: 'At once', about: 'test', page: '/test/:subject', owedBy: 'role' },
  within: 'as opened',
  escalate: [{ after: { clock: 'elapsed', ms: 1000 }, to: 'owner' }],
})

const log: string[] = []
const queueOf = (composition: Platform['composition']) =>
  startQueue({ pool: jobsPool, ...composition, services: composition.path.services, log: (message) => void log.push(message) })

const openIn = async (ms: number, subject: string, org = orgId): Promise<string> => {
  const done = await changeAs(platform.services.ground, 'test', org, async (unit) => {
    const now = platform.services.clock.now()
    const due = new Date(now.getTime() + ms)
    const value = await obligationsIn(unit, now).open(urgent, { subject, label: subject, role: 'owner', due })
    return { value, action: 'test.opened', targetId: value }
  })
  return done?.value ?? ''
}
const eventsOf = async (id: string): Promise<{ kind: string; lateMs: number }[]> => {
  const { rows } = await platform.admin.query<{ kind: string; late: number }>(
    `select kind, extract(epoch from at - planned_at)::float8 * 1000 as late from obligation_event where obligation_id = $1 order by planned_at`,
    [id],
  )
  return rows.map(({ kind, late }) => ({ kind, lateMs: late }))
}
const until = async (id: string, count: number): Promise<{ kind: string; lateMs: number }[]> => {
  await expect.poll(async () => (await eventsOf(id)).length, { timeout: 15_000, interval: 50 }).toBe(count)
  return eventsOf(id)
}

test('a deadline seconds away is acted on within seconds, and what follows it too', async () => {
  const queue = await queueOf(platform.composition)
  try {
    const events = await until(await openIn(1500, 'te_soon'), 2)
    expect(events.map(({ kind }) => kind)).toEqual(['breached', 'escalated'])
    for (const { lateMs } of events) expect(lateMs).toBeLessThan(8_000) // 2 s of polling, and room for a busy machine
  } finally {
    await queue.stop()
  }
}, 30_000)

test('what fell due while no node ran is done when one starts, also when its job was lost', async () => {
  const id = await openIn(100, 'te_down')
  await platform.admin.query(`delete from graphile_worker._private_jobs`)
  const queue = await queueOf(platform.composition)
  try {
    const events = await until(id, 2)
    expect(events.map(({ kind }) => kind)).toEqual(['breached', 'escalated'])
  } finally {
    await queue.stop()
  }
}, 30_000)

test('two nodes on one database: each step once', async () => {
  const other = compose(platform.options)
  const queues = await Promise.all([queueOf(platform.composition), queueOf(other)])
  try {
    const ids = await Promise.all(Array.from({ length: 10 }, (_, index) => openIn(1000, `te_two${index}`)))
    for (const id of ids) expect((await until(id, 2)).map(({ kind }) => kind)).toEqual(['breached', 'escalated'])
    const { rows } = await platform.admin.query<{ entries: number }>(
      `select count(*)::int as entries from ledger where body::jsonb #>> '{target,id}' = any ($1) and body::jsonb ->> 'action' like 'obligation.%'`,
      [ids],
    )
    expect(rows).toEqual([{ entries: 20 }])
  } finally {
    await Promise.all(queues.map((queue) => queue.stop()))
    await other.close()
  }
}, 30_000)

test('one question finds the organisations that have something due; the application may not ask it', async () => {
  const others = Array.from({ length: 5 }, () => newOrgId())
  for (const [index, org] of others.entries())
    await platform.arrange(org, 'insert into org (id, slug, name) values ($1, $2, $2)', [org, `waking-${index}`])
  const last = others.at(-1)
  if (!last) throw new Error('no organisation')
  await openIn(1_000_000, 'te_other', last)
  const ask = (until: Date) => jobsPool.query<{ org: string }>('select list_orgs_waking($1, 100) as org', [until])
  expect((await ask(new Date(Date.now() + 2_000_000))).rows).toEqual([{ org: last }])
  expect((await ask(new Date(Date.now() + 500_000))).rows).toEqual([])
  await expect(platform.pool.query('select list_orgs_waking(now(), 1)')).rejects.toMatchObject({ code: '42501' })
  await expect(jobsPool.query('select from obligation_clock')).rejects.toMatchObject({ code: '42501' })
})

/** Policies, the first to run by it (H4). */
const publish = async (author: Member, reviewer: Member, title: string) => {
  const version = await platform.call(policy.create, { title, content: `# ${title}\n`, reviewEveryDays: 90 }, author.caller)
  await platform.call(policy.submit, { id: version.id }, author.caller)
  await platform.call(policy.approve, { id: version.id, sha256: version.sha256 }, reviewer.caller)
  return platform.call(policy.publish, { id: version.id }, founded.owner)
}
const upkeep = async (): Promise<void> => {
  const schedule = platform.composition.schedules.find(({ name }) => name === 'policy.upkeep')
  await schedule?.run({ services: platform.services, orgId, personId: null, log: () => undefined })
}
const owed = (subject: string) => platform.call(obligations.list, { subject, limit: 100 }, founded.owner)
const owing = async (subject: string, kind: string) => (await owed(subject)).rows.filter((row) => row.kind === kind)

test('a published policy is to be reviewed by its owner and acknowledged by everybody; who joins later too, who leaves no more', async () => {
  const [author, reviewer] = [await addMember(platform, founded, 'member'), await addMember(platform, founded, 'reviewer')]
  const queue = await queueOf(platform.composition)
  try {
    const { policyId, id, sha256 } = await publish(author, reviewer, 'Clean desk')
    expect(await owing(policyId, 'policy.review')).toMatchObject([
      { personId: author.personId, label: 'Clean desk', state: 'running' },
    ])
    const acknowledgers = async () =>
      (await owing(policyId, 'policy.acknowledgement')).map(({ personId }) => String(personId)).toSorted()
    await expect
      .poll(acknowledgers, { timeout: 10_000 })
      .toEqual([founded.personId, author.personId, reviewer.personId].toSorted())

    await platform.call(policy.acknowledge, { id, sha256 }, author.caller)
    expect(await acknowledgers()).toEqual([founded.personId, reviewer.personId].toSorted())

    const newcomer = await addMember(platform, founded, 'viewer')
    await platform.arrange(orgId, 'delete from membership where person_id = $1', [reviewer.personId])
    await upkeep()
    await expect.poll(acknowledgers, { timeout: 10_000 }).toEqual([founded.personId, newcomer.personId].toSorted())

    const [first] = await owing(policyId, 'policy.review')
    await platform.call(policy.update, { id: policyId, ownerId: newcomer.personId }, founded.owner)
    const [handed] = await owing(policyId, 'policy.review')
    expect(handed).toMatchObject({ personId: newcomer.personId, dueAt: first?.dueAt })
    await platform.call(policy.confirmReview, { id: policyId, comment: 'Stands.' }, founded.owner)
    const [next] = await owing(policyId, 'policy.review')
    expect(next?.id).not.toBe(handed?.id)
    expect((await platform.call(policy.read, { id: policyId }, founded.owner)).nextReviewOn).toBe(next?.dueAt.slice(0, 10))

    await platform.call(policy.retire, { id: policyId, reason: 'No desks.' }, founded.owner)
    expect((await owed(policyId)).rows).toEqual([])
  } finally {
    await queue.stop()
  }
}, 60_000)

/** The clock of a running installation whose application is killed again and again while deadlines pass. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { createClient, ledger, obligations, policy, type Client } from '@holdfast/contract'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { killPart } from '../test/killing.ts'
import { startSystem, type RunningSystem } from '../test/system.ts'

const many = 40

let system: RunningSystem
let database: pg.Client
let people: Record<'owner' | 'admin' | 'reviewer' | 'member', Client>

beforeAll(async () => {
  system = await startSystem({ args: ['--demo'] })
  setDefaultCACertificates([...getCACertificates(), system.ca])
  const { keys } = JSON.parse(await readFile(join(system.home, 'demo.json'), 'utf8')) as {
    keys: Record<keyof typeof people, string>
  }
  const clientOf = (key: string): Client =>
    createClient({ baseUrl: system.url, fetch, headers: () => ({ authorization: `Bearer ${key}` }) })
  people = {
    ...{ owner: clientOf(keys.owner), admin: clientOf(keys.admin) },
    ...{ reviewer: clientOf(keys.reviewer), member: clientOf(keys.member) },
  }
  database = await system.database()
}, 120_000)
afterAll(async () => {
  await database?.end()
  await system?.remove()
})

const publish = async (index: number): Promise<string> => {
  const { id } = (await people.member.call(policy.create, { title: `Rule ${index}`, content: '# Rule\n' })).value
  const { sha256 } = (await people.member.call(policy.submit, { id })).value
  await people.reviewer.call(policy.approve, { id, sha256 })
  return (await people.admin.call(policy.publish, { id })).value.policyId
}

// The process is found through /proc.
test.skipIf(process.platform !== 'linux')(
  'killed three times while deadlines pass: each is breached once, with one entry and one mail, and the chain holds',
  async () => {
    const subjects = await Promise.all(Array.from({ length: many }, (_, index) => publish(index)))
    const { rows } = (await people.owner.call(obligations.list, { kind: 'policy.review', limit: 100 })).value
    const reviews = rows.filter(({ subject }) => subjects.includes(subject))
    expect(reviews).toHaveLength(many)
    const dueAt = new Date(Date.now() + 8_000).toISOString()
    const reason = 'All at once.'
    const moved = await Promise.all(reviews.map(({ id }) => people.admin.call(obligations.rebase, { id, dueAt, reason })))
    const ids = moved.map(({ value }) => value.id)
    const breached = async (): Promise<number> =>
      (await database.query(`select from obligation_event where kind = 'breached' and obligation_id = any ($1)`, [ids]))
        .rowCount ?? 0

    await sleep(Math.max(0, Date.parse(dueAt) - Date.now()))
    const seen: number[] = []
    for (let kill = 0; kill < 3; kill++) {
      await expect.poll(breached, { timeout: 60_000, interval: 5 }).toBeGreaterThan(seen.at(-1) ?? 0)
      await killPart(system, 'app')
      seen.push(await breached())
      if (seen.at(-1) === many) break
    }
    expect(seen[0]).toBeLessThan(many) // it was killed in the middle
    await expect.poll(breached, { timeout: 90_000, interval: 250 }).toBe(many)

    const counts = await database.query<{ entries: number; obligations: number }>(
      `select count(*)::int as entries, count(distinct body::jsonb #>> '{target,id}')::int as obligations from ledger
     where body::jsonb ->> 'action' = 'obligation.breached' and body::jsonb #>> '{target,id}' = any ($1)`,
      [ids],
    )
    expect(counts.rows).toEqual([{ entries: many, obligations: many }])
    const mails = await database.query<{ mails: number }>(
      `select count(*)::int as mails from ledger, jsonb_array_elements(body::jsonb -> 'changes') change
     where body::jsonb ->> 'action' = 'obligation.breached' and body::jsonb #>> '{target,id}' = any ($1) and change ->> 'table' = 'mail'`,
      [ids],
    )
    expect(mails.rows).toEqual([{ mails: many }])
    // No job stays with a process that is dead: there is no mail server, so every mail ends with the operator.
    const waiting = async (): Promise<number> => (await database.query(`select from mail where state = 'queued'`)).rowCount ?? 0
    await expect.poll(waiting, { timeout: 90_000, interval: 500 }).toBe(0)
    await expect
      .poll(async () => (await (await people.owner.open(ledger.verify, {})).text()).trim().split('\n').at(-1), {
        timeout: 60_000,
      })
      .toContain('"ok":true')
  },
  240_000,
)

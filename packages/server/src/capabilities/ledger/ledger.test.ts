import { ledger, policy } from '@holdfast/contract'
import { verifyExport } from '@holdfast/ledger'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMember, startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { sealReads } from '../access-log/seal.ts'
import { accessLog } from '@holdfast/contract'
import type { JobContext } from '../../kernel/job.ts'

let platform: Platform
let founded: FoundedPlatform
const context = (): JobContext => ({ services: platform.services, orgId: founded.orgId, personId: null, log: () => undefined })

beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  await platform.call(policy.create, { title: 'First', content: 'one' }, founded.owner)
  await platform.call(policy.create, { title: 'Second', content: 'two' }, founded.owner)
})
afterAll(() => platform?.close())

const exported = () => platform.download(ledger.export, {}, founded.owner)
const verdictOf = (text: string, checkpoints: string[] = []) => verifyExport([Buffer.from(text)], { checkpoints })
const serverVerdict = async () => {
  const lines = (await platform.download(ledger.verify, {}, founded.owner)).trim().split('\n')
  return (JSON.parse(lines.at(-1) ?? '{}') as { verdict: { ok: boolean; kind?: string; seq?: number } }).verdict
}

describe('an honest chain', () => {
  test('is exported with a checkpoint over exactly what is exported, and verifies there and here', async () => {
    const text = await exported()
    const verdict = await verdictOf(text)
    expect(verdict).toMatchObject({ ok: true })
    expect(text.trim().split('\n').at(-1)).toContain('"checkpoint"')
    expect(await serverVerdict()).toMatchObject({ ok: true })
    await platform.call(policy.create, { title: 'Third', content: 'three' }, founded.owner)
    expect(await verdictOf(await exported())).toMatchObject({ ok: true })
    expect(await verdictOf(await platform.download(ledger.export, { from: 1, to: 3 }, founded.owner))).toMatchObject({ ok: true })
  })

  test('is listed newest first, by who, what and when', async () => {
    const { rows } = await platform.call(ledger.list, { limit: 2 }, founded.owner)
    expect(rows[0]).toMatchObject({ action: 'policy.created', actor: { id: founded.personId, name: 'Olga Owner' } })
    expect(rows[0]?.seq).toBeGreaterThan(rows[1]?.seq ?? 0)
    const policies = await platform.call(ledger.list, { action: 'policy.', actor: founded.personId }, founded.owner)
    expect(policies.rows.length).toBe(3)
    const paged = await platform.call(ledger.list, { action: 'policy.', limit: 2 }, founded.owner)
    const rest = await platform.call(ledger.list, { action: 'policy.', limit: 2, after: paged.next ?? '' }, founded.owner)
    expect([...paged.rows, ...rest.rows].map(({ seq }) => seq)).toEqual(policies.rows.map(({ seq }) => seq))
    const future = await platform.call(ledger.list, { from: '2099-01-01T00:00:00.000Z' }, founded.owner)
    expect(future).toEqual({ rows: [], next: null })
  })

  test('shows before and after, where it came from, and nothing sealed', async () => {
    const { rows } = await platform.call(ledger.list, { action: 'policy.created', limit: 1 }, founded.owner)
    const entry = await platform.call(ledger.read, { seq: rows[0]?.seq ?? 0 }, founded.owner)
    expect(entry.origin).toMatchObject({ address: '192.0.2.1' })
    expect(entry.body).not.toContain('192.0.2.1')
    const fields = entry.changes.flatMap((change) => change.fields)
    expect(fields).toContainEqual({ name: 'title', before: null, after: 'Third' })
    expect(fields).toContainEqual({ name: 'content_sealed', before: null, after: 'sealed' })
    expect(await platform.refusal(ledger.read, { seq: 999_999 }, founded.owner)).toBe('entry_not_found')
  })
})

test('reads are sealed in batches whose digest is in the chain (D9)', async () => {
  const viewer = await addMember(platform, founded, 'viewer')
  await platform.call(policy.list, {}, viewer.caller)
  await platform.refusal(policy.create, { title: 'x', content: 'x' }, viewer.caller)
  await platform.settle()
  await sealReads.run(context())
  const { rows } = await platform.call(accessLog.list, { actor: viewer.personId }, founded.owner)
  expect(rows.map(({ operation, outcome }) => [operation, outcome])).toEqual(
    expect.arrayContaining([
      ['policy.list', 'read'],
      ['policy.create', 'refused:forbidden'],
    ]),
  )
  expect(rows.every(({ sealedIn }) => sealedIn !== null)).toBe(true)
  expect(rows[0]?.address).toBe('192.0.2.1')
})

describe('a keeper who tampers', () => {
  /** As the database's superuser, with every trigger off; undone afterwards. */
  const tampered = async (sql: string, look: () => Promise<void>): Promise<void> => {
    await platform.admin.query(`create table kept as select * from ledger`)
    await platform.admin.query(
      `begin; set local session_replication_role = replica; alter table ledger disable trigger refuse_change; ${sql}; alter table ledger enable always trigger refuse_change; commit`,
    )
    try {
      await look()
    } finally {
      await platform.admin.query(
        `begin; alter table ledger disable trigger refuse_change; delete from ledger; insert into ledger select * from kept; alter table ledger enable always trigger refuse_change; drop table kept; commit`,
      )
    }
  }
  const org = () => `org_id = '${founded.orgId}'`

  test('one byte changed', async () => {
    await tampered(
      `update ledger set body = replace(body, 'policy.created', 'policy.creatEd') where seq = (select max(seq) from ledger where body like '%policy.created%') and ${org()}`,
      async () => {
        expect(await serverVerdict()).toMatchObject({ ok: false, kind: 'body_changed' })
        expect(await verdictOf(await exported())).toMatchObject({ ok: false, kind: 'body_changed' })
      },
    )
  })

  test('one entry deleted', async () => {
    await tampered(`delete from ledger where seq = 3 and ${org()}`, async () => {
      expect(await serverVerdict()).toMatchObject({ ok: false, kind: 'missing', seq: 3 })
    })
  })

  test('the tail cut off: found by the checkpoint, which the signer keeps as well', async () => {
    await tampered(`delete from ledger where seq >= 6 and ${org()}`, async () => {
      expect(await serverVerdict()).toMatchObject({ ok: false, kind: 'truncated' })
      expect(await verdictOf(await exported())).toMatchObject({ ok: false })
    })
  })

  test('afterwards, put back as it was, it verifies again', async () => {
    expect(await serverVerdict()).toMatchObject({ ok: true })
  })
})

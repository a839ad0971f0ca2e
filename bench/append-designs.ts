/**
 * The transaction that is measured, one update of a random row, in five designs over the same connections, sent in the same batches. Each keeps
 * the same conversation: the update's result is awaited (a handler would look at it) before the commit is sent.
 */
import { createHash, randomUUID } from 'node:crypto'
import { OrgId, PersonId } from '@holdfast/contract'
import type pg from 'pg'
import { runBatch, type Statement } from '../packages/server/src/kernel/tenancy/batch.ts'
import { openUnit, record } from '../packages/server/src/kernel/unit.ts'
import type { Node } from './platform.ts'

/** Runs one transaction; resolves when it is durable. */
export type Design = (node: Node, org: OrgId, row: number) => Promise<void>

export const rowsOfEach = 500
export const organisations = Array.from({ length: 64 }, (_, i) =>
  OrgId.parse(`0197f2a0-0000-7000-8000-0000000000${(i + 16).toString(16)}`),
)
const person = PersonId.parse('pe_01hzx3v8k4m2n6p7q8r9s0t1v2')

const tables = `
  create table bench_item (org_id uuid not null, id int not null, state text not null, note text, changed_at timestamptz, primary key (org_id, id));
  create table bench_plain (like bench_item including all);
  create table bench_fenced (like bench_item including all);
  create table bench_audited (like bench_item including all);
  create table bench_head (org_id uuid primary key, seq bigint not null, hash bytea not null);
  create table bench_chain (org_id uuid, seq bigint, hash bytea not null, body text not null, primary key (org_id, seq));
  create table bench_audit (id bigint generated always as identity primary key, org_id uuid, at timestamptz default now(), before jsonb, after jsonb, head jsonb);
  create function bench_audit() returns trigger language plpgsql as $$
  begin
    insert into bench_audit (org_id, before, after, head) values (new.org_id, to_jsonb(old), to_jsonb(new), current_setting('bench.head', true)::jsonb);
    return null;
  end $$;
  create trigger audit after update on bench_audited for each row execute function bench_audit();
  grant select, insert, update on bench_plain, bench_fenced, bench_audited, bench_head, bench_chain, bench_audit to holdfast_app;
  grant execute on function bench_audit() to holdfast_app;
`

/** Protected only when filled: filling is not what is measured. */
export const prepareAppend = async (admin: pg.Pool): Promise<void> => {
  await admin.query(`set role holdfast_owner; ${tables}`)
  for (const table of ['bench_item', 'bench_plain', 'bench_fenced', 'bench_audited']) {
    const rows = `select o::uuid, i, 'open', 'note', now() from unnest($1::text[]) o, generate_series(0, ${rowsOfEach - 1}) i`
    await admin.query(`insert into ${table} ${rows}`, [organisations])
  }
  await admin.query(`insert into bench_head select o::uuid, 0, '\\x00' from unnest($1::text[]) o`, [organisations])
  await admin.query(`select protect_tenant_table('bench_item')`)
  await admin.query(`select fence_rows('bench_fenced', $1, $1)`, ['org_id = (select current_org())'])
  await admin.query('reset role')
}

const states = ['open', 'closed', 'waiting', 'done']
const updateText = (table: string): string =>
  `update ${table} set state = $3, note = $4, changed_at = now() where org_id = $1 and id = $2 returning id, state`
const valuesOf = (org: OrgId, row: number): unknown[] => [
  org,
  row,
  states[Math.floor(Math.random() * 4)],
  `changed to see ${Math.random()}`,
]
const update = (table: string, org: OrgId, row: number): Statement => ({
  name: `update ${table}`,
  text: updateText(table),
  values: valuesOf(org, row),
})
const begin = { name: 'begin', text: 'begin' }
const commit = { name: 'commit', text: 'commit' }

const head = (): string =>
  JSON.stringify({
    action: 'item.changed',
    actor: { id: person, session: 'se_01hzx3v8k4m2n6p7q8r9s0t1v2', type: 'person', via: 'session' },
    id: randomUUID(),
    outcome: 'done',
    request: { agent: 'Firefox 140', id: randomUUID(), ip: '192.0.2.7' },
    target: { id: 'it_1', type: 'item' },
  })

const onConnection = async (node: Node, work: (client: pg.PoolClient) => Promise<unknown>): Promise<void> => {
  const client = await node.pool.connect()
  try {
    await work(client)
  } finally {
    client.release()
  }
}

export const noLedger: Design = (node, org, row) =>
  onConnection(node, async (client) => {
    await runBatch(client, [begin, update('bench_plain', org, row)])
    await runBatch(client, [commit])
  })

/** The server's own path but for the ledger: row security, shared flush. */
export const isolated: Design = async ({ ground }, org, row) => {
  const { transaction } = openUnit(ground, org, person, true)
  try {
    await transaction.query(updateText('bench_fenced'), valuesOf(org, row))
    await transaction.commit()
    await ground.barrier()
  } catch (error) {
    await transaction.rollback()
    throw error
  }
}

/** The server's own path: row security, capture, guard, sealed origin, append, shared flush. */
export const ours: Design = async ({ ground }, org, row) => {
  const unit = openUnit(ground, org, person, true)
  try {
    await unit.transaction.query(updateText('bench_item'), valuesOf(org, row))
    await record(ground, unit, {
      actor: { type: 'person', id: person, session: 'se_01hzx3v8k4m2n6p7q8r9s0t1v2', via: 'session' },
      action: 'item.changed',
      targetId: 'it_1',
      requestId: randomUUID(),
      origin: { address: '192.0.2.7', agent: 'Firefox 140' },
      reason: null,
    })
  } catch (error) {
    await unit.transaction.rollback()
    throw error
  }
}

/** What one usually finds: lock the head of the chain, hash in the application, write entry and head, commit with the lock held. */
export const lockHeldChain: Design = (node, org, row) =>
  onConnection(node, async (client) => {
    await runBatch(client, [begin, update('bench_plain', org, row)])
    const lock = { name: 'head', text: 'select seq, hash from bench_head where org_id = $1 for update', values: [org] }
    const [locked] = await runBatch(client, [lock])
    const body = head()
    const seq = Number(locked?.rows[0]?.['seq'] ?? 0) + 1
    const previous = locked?.rows[0]?.['hash']
    const hash = createHash('sha256')
      .update(previous instanceof Buffer ? previous : '')
      .update(body)
      .digest()
    await runBatch(client, [
      { name: 'entry', text: 'insert into bench_chain values ($1, $2, $3, $4)', values: [org, seq, hash, body] },
      {
        name: 'move',
        text: 'update bench_head set seq = $2, hash = $3 where org_id = $1',
        values: [org, seq, hash],
      },
      commit,
    ])
  })

/** An audit table filled by a row trigger: before and after, but no chain. */
export const triggerAudit: Design = (node, org, row) =>
  onConnection(node, async (client) => {
    const context = { name: 'context', text: `select set_config('bench.head', $1, true)`, values: [head()] }
    await runBatch(client, [begin, context, update('bench_audited', org, row)])
    await runBatch(client, [commit])
  })

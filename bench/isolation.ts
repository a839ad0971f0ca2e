/** What it costs that a read runs behind both layers of tenancy, and whether that grows with the number of organisations. */
import { OrgId } from '@holdfast/contract'
import type pg from 'pg'
import { prepared } from '../packages/server/src/kernel/tenancy/org-tx.ts'
import { readIn } from '../packages/server/src/kernel/unit.ts'
import { measured, type Measured, type Pairs, type Scale } from './measure.ts'
import type { BenchPlatform, Node } from './platform.ts'

declare module '../packages/server/src/kernel/tenancy/schema.ts' {
  interface Database {
    benchFew: BenchRow
    benchMany: BenchRow
  }
}
interface BenchRow {
  id: number
  state: string
  note: string
}

export const isolationMeasures = ['isolation.point', 'isolation.growth']
const [few, many, rowsOfEach] = [10, 10_000, 50]

const orgAt = (index: number): OrgId => OrgId.parse(`0197f2a0-0000-7000-9000-${index.toString(16).padStart(12, '0')}`)

const prepare = async (admin: pg.Pool): Promise<void> => {
  await admin.query('set role holdfast_owner')
  for (const [table, count] of [
    ['bench_few', few],
    ['bench_many', many],
  ] as const) {
    const columns = 'org_id uuid not null, id int not null, state text not null, note text not null, primary key (org_id, id)'
    await admin.query(`create table ${table} (${columns})`)
    const org = `('0197f2a0-0000-7000-9000-' || lpad(to_hex(o), 12, '0'))::uuid`
    const rows = `generate_series(0, ${count - 1}) o, generate_series(0, ${rowsOfEach - 1}) i`
    await admin.query(`insert into ${table} select ${org}, i, 'open', 'a note of the usual length, about so long' from ${rows}`)
    await admin.query(`select protect_tenant_table('${table}')`)
  }
  await admin.query('reset role')
  await admin.query('vacuum analyze bench_few')
  await admin.query('vacuum analyze bench_many')
}

type Read = (org: OrgId, id: number) => Promise<unknown>

const tableNames = { benchFew: 'bench_few', benchMany: 'bench_many' }
type Table = keyof typeof tableNames

/** As reads on every request's way are written. */
const pointOf = (table: Table) =>
  prepared((tx, { id }: { id: number }) => tx.selectFrom(table).select(['id', 'state', 'note']).where('id', '=', id))

const pointOver = ({ ground }: Node, table: Table): Read => {
  const point = pointOf(table)
  return (org, id) => readIn(ground, org, null, ({ tx }) => point(tx, { id }))
}

const pageOver =
  ({ ground }: Node, table: Table): Read =>
  (org, id) =>
    readIn(ground, org, null, ({ tx }) =>
      tx
        .selectFrom(table)
        .select(['id', 'state', 'note'])
        .where('id', '>', Math.floor(id / 2))
        .orderBy('id')
        .limit(20)
        .execute(),
    )

/** By hand: one statement, by a role that row security does not hold for. */
const pointByHand =
  (admin: pg.Pool, table: Table): Read =>
  (org, id) =>
    admin.query({
      name: `row of ${table}`,
      text: `select id, state, note from ${tableNames[table]} where org_id = $1 and id = $2`,
      values: [org, id],
    })

const pageByHand =
  (admin: pg.Pool, table: Table): Read =>
  (org, id) =>
    admin.query({
      name: `page of ${table}`,
      text: `select id, state, note from ${tableNames[table]} where org_id = $1 and id > $2 order by id limit $3`,
      values: [org, Math.floor(id / 2), 20],
    })

/** Microseconds a read, one after the other. */
const timeOf = async (read: Read, orgs: number, times: number): Promise<number> => {
  const start = performance.now()
  for (let i = 0; i < times; i++) await read(orgAt(Math.floor(Math.random() * orgs)), i % rowsOfEach)
  return ((performance.now() - start) * 1000) / times
}

/** `ours` and `peer` in turn, after a round that counts for nothing: it connects, prepares and compiles. */
const compare = async (ours: () => Promise<number>, peer: () => Promise<number>, rounds: number): Promise<Pairs> => {
  const pairs: { ours: number[]; peer: number[] } = { ours: [], peer: [] }
  await Promise.all([ours(), peer()])
  for (let round = 0; round < rounds; round++) {
    pairs.ours.push(await ours())
    pairs.peer.push(await peer())
  }
  return pairs
}

/** A read of the larger table against the same read of the smaller one. */
const growth = (readOf: (table: Table) => Read, [rounds, times]: readonly [number, number]): Promise<Pairs> => {
  const [fromMany, fromFew] = [readOf('benchMany'), readOf('benchFew')]
  return compare(
    () => timeOf(fromMany, many, times),
    () => timeOf(fromFew, few, times),
    rounds,
  )
}

export const measureIsolation = async (
  { admin, node: nodeOf }: BenchPlatform,
  { quick, say }: Scale,
  wanted: (name: string) => boolean,
): Promise<Measured[]> => {
  say('isolation …')
  await prepare(admin)
  const node = await nodeOf(4)
  const extent = quick ? ([9, 150] as const) : ([41, 300] as const)
  const [rounds, times] = extent
  const measures: Measured[] = []
  const about = { better: 'lower', unit: 'µs' } as const
  try {
    if (wanted('isolation.point')) {
      const [ours, peer] = [pointOver(node, 'benchMany'), pointByHand(admin, 'benchMany')]
      const pairs = await compare(
        () => timeOf(ours, many, times),
        () => timeOf(peer, many, times),
        rounds,
      )
      measures.push(measured('isolation.point', pairs, { ...about, goal: 1.25 }))
    }
    if (wanted('isolation.growth')) {
      const ofPoint = await growth((table) => pointOver(node, table), extent)
      const besides = {
        'a row by hand': await growth((table) => pointByHand(admin, table), extent),
        'a page of 20 rows': await growth((table) => pageOver(node, table), extent),
        'that page by hand': await growth((table) => pageByHand(admin, table), extent),
      }
      const beside = Object.entries(besides)
        .map(([what, pairs]) => [what, measured('', pairs, { ...about, goal: 1 })] as const)
        .map(([what, { ours, peer, ratio }]) => `${what} ${ours} / ${peer} µs, ${ratio}`)
      measures.push(measured('isolation.growth', ofPoint, { ...about, goal: 1.1, beside: beside.join('; ') }))
    }
  } finally {
    await node.close()
  }
  return measures
}

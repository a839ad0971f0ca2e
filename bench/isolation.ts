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

/** As reads on every request's way are written. */
const point = prepared((tx, { id }: { id: number }) =>
  tx.selectFrom('benchMany').select(['id', 'state', 'note']).where('id', '=', id),
)

const pointOver =
  ({ ground }: Node): Read =>
  (org, id) =>
    readIn(ground, org, null, ({ tx }) => point(tx, { id }))

const pageOver =
  ({ ground }: Node, table: 'benchFew' | 'benchMany'): Read =>
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

/** The same query by hand, one statement, by a role that row security does not hold for. */
const pointByHand =
  (admin: pg.Pool): Read =>
  (org, id) =>
    admin.query({
      name: 'by hand',
      text: 'select id, state, note from bench_many where org_id = $1 and id = $2',
      values: [org, id],
    })

/** The page by hand: how much of a growth is the larger table's own, whoever reads it. */
const pageByHand =
  (admin: pg.Pool, table: 'bench_few' | 'bench_many'): Read =>
  (org, id) =>
    admin.query({
      name: `page of ${table}`,
      text: `select id, state, note from ${table} where org_id = $1 and id > $2 order by id limit $3`,
      values: [org, Math.floor(id / 2), 20],
    })

/** Microseconds a read, one after the other. */
const timeOf = async (read: Read, orgs: number, times: number): Promise<number> => {
  const start = performance.now()
  for (let i = 0; i < times; i++) await read(orgAt(Math.floor(Math.random() * orgs)), i % rowsOfEach)
  return ((performance.now() - start) * 1000) / times
}

const compare = async (ours: () => Promise<number>, peer: () => Promise<number>, rounds: number): Promise<Pairs> => {
  const pairs: { ours: number[]; peer: number[] } = { ours: [], peer: [] }
  await Promise.all([ours(), peer()])
  for (let round = 0; round < rounds; round++) {
    pairs.ours.push(await ours())
    pairs.peer.push(await peer())
  }
  return pairs
}

export const measureIsolation = async (
  { admin, node: nodeOf }: BenchPlatform,
  { quick, say }: Scale,
  wanted: (name: string) => boolean,
): Promise<Measured[]> => {
  say('isolation …')
  await prepare(admin)
  const node = await nodeOf(4)
  const [rounds, times] = quick ? [9, 150] : [41, 300]
  const measures: Measured[] = []
  const about = { better: 'lower', unit: 'µs' } as const
  try {
    if (wanted('isolation.point')) {
      const [ours, peer] = [pointOver(node), pointByHand(admin)]
      const pairs = await compare(
        () => timeOf(ours, many, times),
        () => timeOf(peer, many, times),
        rounds,
      )
      measures.push(measured('isolation.point', pairs, { ...about, goal: 1.25 }))
    }
    if (wanted('isolation.growth')) {
      const [ours, peer] = [pageOver(node, 'benchMany'), pageOver(node, 'benchFew')]
      const pairs = await compare(
        () => timeOf(ours, many, times),
        () => timeOf(peer, few, times),
        rounds,
      )
      const [manyByHand, fewByHand] = [pageByHand(admin, 'bench_many'), pageByHand(admin, 'bench_few')]
      const byHand = await compare(
        () => timeOf(manyByHand, many, times),
        () => timeOf(fewByHand, few, times),
        rounds,
      )
      const { ours: m, peer: f, ratio } = measured('', byHand, { ...about, goal: 1 })
      const beside = `a page of 20 rows at 10,000 organisations / at 10; the same two by hand: ${m} / ${f} µs, ratio ${ratio}`
      measures.push(measured('isolation.growth', pairs, { ...about, goal: 1.1, beside }))
    }
  } finally {
    await node.close()
  }
  return measures
}

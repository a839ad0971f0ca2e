/** Appending to the ledger through the real path, against the same transaction without one. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import {
  isolated,
  lockHeldChain,
  noLedger,
  organisations,
  ours,
  prepareAppend,
  rowsOfEach,
  triggerAudit,
  type Design,
} from './append-designs.ts'
import { measured, median, rounded, type Measured, type Scale } from './measure.ts'
import type { BenchPlatform, Node } from './platform.ts'

const designs = { peer: noLedger, isolated, ours, chain: lockHeldChain, audit: triggerAudit } satisfies Record<string, Design>
type Rates = Record<keyof typeof designs, number[]>
const names = Object.keys(designs) as (keyof typeof designs)[]

const settings = [
  { name: 'ledger.append.1org.8conn', count: 1, connections: 8, goal: 0.5 },
  { name: 'ledger.append.1org.32conn', count: 1, connections: 32, goal: 0.35 },
  { name: 'ledger.append.64org.32conn', count: 64, connections: 32, goal: 0.6 },
]
export const appendMeasures = settings.map(({ name }) => name)

/** Median of 200 × (8 KiB write + fdatasync), in microseconds. */
const flushMicroseconds = (directory: string): number => {
  const fd = openSync(join(directory, 'flush'), 'w')
  const page = Buffer.alloc(8192, 1)
  const times = Array.from({ length: 200 }, (_, i) => {
    writeSync(fd, page, 0, page.length, (i % 64) * page.length)
    const start = performance.now()
    fdatasyncSync(fd)
    return (performance.now() - start) * 1000
  })
  closeSync(fd)
  return median(times)
}

/** Transactions a second of as many clients as connections, each waiting for its answer. */
const throughput = async (design: Design, node: Node, connections: number, count: number, ms: number): Promise<number> => {
  let done = 0
  const start = performance.now()
  const client = async (index: number): Promise<void> => {
    for (let turn = index; performance.now() < start + ms; turn += 7) {
      const org = organisations[turn % count]
      if (org === undefined) throw new Error('no such organisation')
      await design(node, org, Math.floor(Math.random() * rowsOfEach))
      done++
    }
  }
  await Promise.all(Array.from({ length: connections }, (_, index) => client(index)))
  return (done * 1000) / (performance.now() - start)
}

const measureOne = async (
  platform: BenchPlatform,
  { quick }: Scale,
  { name, count, connections, goal }: (typeof settings)[number],
  flush: number,
): Promise<Measured> => {
  const [rounds, ms] = quick ? [3, 400] : [6, 1000]
  const node = await platform.node(connections)
  const rates: Rates = { peer: [], isolated: [], ours: [], chain: [], audit: [] }
  try {
    for (let round = 0; round <= rounds; round++) {
      // The first round connects, prepares, makes keys and compiles. Forwards and backwards in turn: who goes first is nobody's advantage.
      for (const design of round % 2 === 0 ? names : names.toReversed()) {
        const rate = await throughput(designs[design], node, connections, count, round === 0 ? 300 : ms)
        if (round > 0) rates[design].push(rate)
      }
    }
  } finally {
    await node.close()
  }
  const times = (design: keyof Rates): number =>
    rounded(median(rates.ours.map((rate, round) => rate / (rates[design][round] ?? Number.NaN))))
  const against = (what: string, design: keyof Rates): string =>
    `${what} ${rounded(median(rates[design]))}/s (ours ${times(design)} ×)`
  const beside = [
    against('isolated without a ledger', 'isolated'),
    against('lock-held chain', 'chain'),
    against('trigger audit', 'audit'),
    `fdatasync ${rounded(flush)} µs`,
  ].join(', ')
  return measured(name, rates, { goal, better: 'higher', unit: 'tx/s', beside })
}

export const measureAppend = async (
  platform: BenchPlatform,
  scale: Scale,
  wanted: (name: string) => boolean,
): Promise<Measured[]> => {
  await prepareAppend(platform.admin)
  const flush = flushMicroseconds(platform.home)
  const measures: Measured[] = []
  for (const setting of settings.filter(({ name }) => wanted(name))) {
    scale.say(`${setting.name} …`)
    measures.push(await measureOne(platform, scale, setting, flush))
  }
  return measures
}

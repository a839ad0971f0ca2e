import { execFile } from 'node:child_process'
import { mkdtempSync, openSync, closeSync, rmSync, writeSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chain, largeExport, newSigner, ORG, sample } from './chain.fixture.ts'
import { originOf, signCheckpoint } from './checkpoint.ts'
import { checkpointLine, createExportParser, entryLine, headerLine } from './export.ts'
import type { Entry } from './format.ts'
import { append, emptyRange, rootOf } from './merkle.ts'
import { bytesToHex, hexToBytes } from './encoding.ts'
import { tamperings } from './tamper.fixture.ts'
import { verifyExport } from './verify-export.ts'
import { verifyFile } from './verify-file.node.ts'

const COUNT = 40_000
const folder = mkdtempSync(join(tmpdir(), 'verify-file-'))
const whole = join(folder, 'whole.jsonl')
const signer = newSigner(originOf(ORG))
const notes = new Map<number, string>()
afterAll(() => rmSync(folder, { recursive: true }))

// Checkpoints at the ends, around a block's border, and within the second segment.
const SIZES = [0, 1, 4095, 4096, 4097, 30_001, COUNT]

beforeAll(async () => {
  const file = openSync(whole, 'w')
  const range = emptyRange()
  let head = ''
  const states = new Map<number, { root: string; head: string }>()
  const record = () => SIZES.includes(range.size) && states.set(range.size, { root: bytesToHex(rootOf(range)), head })
  const parser = createExportParser({
    header: () => undefined,
    entry: (entry) => {
      if (range.size === 0) head = entry.prev
      record()
      append(range, hexToBytes(entry.hash))
      head = entry.hash
    },
    checkpoint: () => undefined,
  })
  for (const piece of largeExport(COUNT, 200)) {
    writeSync(file, piece)
    parser.push(piece)
  }
  record()
  for (const [size, state] of states) notes.set(size, await signCheckpoint({ origin: originOf(ORG), size, ...state }, signer))
  writeSync(file, checkpointLine(notes.get(COUNT)!))
  closeSync(file)
})

const both = async (path: string, checkpoints: string[] = [], ways = [1, 3]) => {
  const options = { checkpoints, vkeys: [signer.vkey] }
  const inOneGo = await verifyExport([readFileSync(path)], options)
  for (const threads of ways) expect(await verifyFile(path, { ...options, threads })).toEqual(inOneGo)
  return inOneGo
}

test('a whole file gets the same verdict on several threads, with all its checkpoints', async () => {
  const progress: number[] = []
  const checkpoints = SIZES.map((size) => notes.get(size)!)
  expect(await both(whole, checkpoints)).toMatchObject({ ok: true, entries: COUNT, checkpoints: { length: SIZES.length + 1 } })
  await verifyFile(whole, { threads: 3, onProgress: ({ entries }) => progress.push(entries) })
  expect(progress.length).toBeGreaterThan(0)
  expect(Math.max(...progress)).toBeLessThanOrEqual(COUNT)
})

describe('a tampered file gets the same verdict on several threads', () => {
  const text = () => readFileSync(whole, 'latin1').split('\n')
  const cases: [string, (lines: string[]) => string[], string, number][] = [
    [
      'a byte near the end',
      (lines) => lines.with(39_001, lines[39_001]!.replace('approved', 'approvee')),
      'body_changed',
      39_000,
    ],
    ['an entry gone', (lines) => lines.toSpliced(20_001, 1), 'missing', 20_000],
    ['two swapped', (lines) => lines.with(30_001, lines[30_002]!).with(30_002, lines[30_001]!), 'reordered', 30_000],
    ['the end cut off', (lines) => [...lines.slice(0, 35_001), ''], 'truncated', 35_000],
    ['a part of a line', (lines) => [...lines.slice(0, 35_001), '{"seq":35'], 'truncated', 35_000],
  ]
  test.each(cases)('%s', async (name, tamper, kind, seq) => {
    const path = join(folder, `${name}.jsonl`)
    writeFileSync(path, tamper(text()).join('\n'), 'latin1')
    expect(await both(path)).toMatchObject({ ok: false, kind, seq })
  })

  test('a chain that is whole and another than the one signed', async () => {
    const foreign = await signCheckpoint(
      { origin: originOf(ORG), size: 30_001, root: 'ab'.repeat(32), head: 'cd'.repeat(32) },
      signer,
    )
    expect(await both(whole, [foreign])).toMatchObject({ ok: false, kind: 'rewritten', seq: 0 })
    const stranger = await signCheckpoint({ origin: 'holdfast/other', size: 1, root: 'ab'.repeat(32), head: null }, signer)
    expect(await both(whole, [stranger])).toMatchObject({ ok: false, kind: 'checkpoint_invalid' })
  })
})

test('a checkpoint is compared though another of the same size was, and stands at the end only', async () => {
  const wrong = await signCheckpoint({ origin: originOf(ORG), size: 4097, root: 'ab'.repeat(32), head: 'cd'.repeat(32) }, signer)
  const twice = [notes.get(4096)!, notes.get(4096)!]
  expect(await both(whole, [...twice, wrong], [1])).toMatchObject({ ok: false, kind: 'rewritten', seq: 4096 })

  // In the middle of the file, where the second of two segments begins.
  const lines = readFileSync(whole, 'latin1').split('\n')
  lines.splice(20_481, 0, Buffer.from(checkpointLine(notes.get(COUNT)!).trimEnd()).toString('latin1'))
  const path = join(folder, 'early.jsonl')
  writeFileSync(path, lines.join('\n'), 'latin1')
  expect(await both(path, [], [2])).toMatchObject({ ok: false, kind: 'malformed', seq: 20_480 })
})

describe('each kind of tampering near the end of a large file gets the same verdict on two threads', () => {
  const before = 8192
  const path = join(folder, 'large.jsonl')
  const earlier = Buffer.concat(Array.from(largeExport(before, 1000), (piece) => Buffer.from(piece)))
  const last = JSON.parse(earlier.toString('latin1', earlier.lastIndexOf('\n', -2) + 1)) as Entry
  const header = Buffer.from(headerLine({ org: ORG, from: 0, to: before + 40 }))
  const prefix = Buffer.concat([header, earlier.subarray(earlier.indexOf('\n') + 1)])
  const contents = sample(40).map(({ at, body }) => ({ at: String(Number(at) + before), body }))
  const entries = chain(contents, ORG, before, last.hash)
  const write = (list: Entry[]) => writeFileSync(path, Buffer.concat([prefix, Buffer.from(list.map(entryLine).join(''))]))

  test('without any, it is whole', async () => {
    write(entries)
    expect(await both(path)).toMatchObject({ ok: true, entries: before + 40 })
  })
  test.each(tamperings(entries))('%s', async (_name, list) => {
    write(list)
    expect(await both(path, [], [2])).toMatchObject({ ok: false })
  })
})

test('small files, and files that cannot be opened', async () => {
  const path = join(folder, 'small.jsonl')
  writeFileSync(path, [...largeExport(3, 200)].map((piece) => Buffer.from(piece)).join(''))
  expect(await both(path)).toMatchObject({ ok: true, entries: 3 })
  await expect(verifyFile(join(folder, 'none.jsonl'), { threads: 2 })).rejects.toMatchObject({ code: 'ENOENT' })
})

// In a process of its own, and of a file that would not fit: the bound is the one promised for a million entries.
test.each([1, 2])('on %i threads, verifying stays under 200 MB', { timeout: 120_000 }, async (threads) => {
  const path = join(folder, 'huge.jsonl')
  const file = openSync(path, 'w')
  for (const piece of largeExport(60_000, 4000)) writeSync(file, piece)
  closeSync(file)
  const verify = `import { verifyFile } from './verify-file.node.ts'
    const verdict = await verifyFile(process.env.FILE, { threads: ${threads} })
    console.log(JSON.stringify({ ...verdict, megabytes: process.resourceUsage().maxRSS / 1024 }))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', verify], {
    cwd: import.meta.dirname,
    env: { ...process.env, FILE: path },
  })
  const verdict = JSON.parse(stdout)
  expect(verdict).toMatchObject({ ok: true, entries: 60_000 })
  expect(verdict.megabytes).toBeLessThan(200)
})

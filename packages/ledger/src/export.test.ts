import fc from 'fast-check'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { checkpointOf, exportOf, newSigner, ORG, sample, signed, verifyAll } from './chain.fixture.ts'
import { cosignCheckpoint, originOf } from './checkpoint.ts'
import { checkpointLine, createExportParser, entryLine, headerLine, type ExportHeader } from './export.ts'
import type { Entry } from './format.ts'
import { verifyExport } from './verify-export.ts'

const entries = sample(20)
const file = exportOf(entries)
const utf8 = new TextEncoder()
const signer = newSigner(originOf(ORG))
const witness = newSigner('witness.example')

function* cut(bytes: Uint8Array, sizes: number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!
    yield bytes.subarray(at, at + size)
    at += size
  }
}

function readAll(chunks: Iterable<Uint8Array>, limits = {}) {
  const seen = { headers: [] as ExportHeader[], entries: [] as Entry[], notes: [] as string[] }
  const parser = createExportParser(
    {
      header: (h) => void seen.headers.push(h),
      entry: (e) => void seen.entries.push(e),
      checkpoint: (n) => void seen.notes.push(n),
    },
    limits,
  )
  for (const chunk of chunks) parser.push(chunk)
  parser.end()
  return seen
}

test('the file reads the same however it is cut', () => {
  const bytes = Uint8Array.from([...file, ...utf8.encode(checkpointLine('a note\n'))])
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (sizes) => {
      const seen = readAll(cut(bytes, sizes))
      expect(seen).toEqual({ headers: [{ format: 'HFL1', org: ORG, from: 0, to: 20 }], entries, notes: ['a note\n'] })
    }),
  )
})

test('any body survives, in our spelling and in another JSON', () => {
  const header = headerLine({ org: ORG, from: 0, to: 1 })
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.boolean(), (body, ours) => {
      const entry = { ...entries[0]!, body }
      const ascii = JSON.stringify(entry, ['body', 'hash', 'prev', 'at', 'seq'], 1)
        .replaceAll('\n', ' ')
        .replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      expect(readAll([utf8.encode(header + (ours ? entryLine(entry) : `${ascii}\r\n`))]).entries).toEqual([entry])
    }),
  )
})

describe('unreadable files are refused with the line', () => {
  const header = headerLine({ org: ORG, from: 0, to: 20 })
  const line = entryLine(entries[0]!)
  const cases: [string, string, number | undefined, string][] = [
    ['nothing', '', 0, 'empty'],
    ['no header', line, 1, 'header'],
    ['a header of another format', header.replace('HFL1', 'HFL2'), 1, 'header'],
    ['no JSON', `${header}${line}nonsense\n`, 3, 'JSON'],
    ['an empty line', `${header}\n`, 2, 'JSON'],
    ['another object', `${header}{"seq":0}\n`, 2, 'entry'],
    ['an upper-case hash', header + line.replace(/"hash":"\w+"/, (hash) => `"hash":${hash.slice(7).toUpperCase()}`), 2, 'entry'],
    ['an extra field', header + line.replace('{', '{"x":1,'), 2, 'entry'],
    ['a number too large', header + line.replace('"seq":0', '"seq":9007199254740993'), 2, 'entry'],
    ['a leading zero', header + line.replace('"seq":0', '"seq":00'), 2, 'JSON'],
    ['an unescaped control character', header + line.replace('policy', 'pol\u0001icy'), 2, 'JSON'],
    ['a lone surrogate', header + line.replace('policy', '\\ud800'), 2, 'entry'],
    ['a broken last line', header + line.slice(0, -40), 2, 'breaks off'],
    ['something after the checkpoint', `${header}${checkpointLine('x')}${line}`, 3, 'follow'],
    ['a long line', `${header}{"${'x'.repeat(5000)}"}\n`, 2, 'too long'],
    ['a long unfinished line', `${header}{"${'x'.repeat(20_000)}`, 2, 'too long'],
  ]
  test.each(cases)('%s', (_name, text, line, message) => {
    expect(() => readAll([utf8.encode(text)], { maxLineLength: 4096 })).toThrow(
      expect.objectContaining({ line, message: expect.stringContaining(message) }),
    )
  })
})

test('any single byte changed is found at its entry or before (one of the header at any), or is the same JSON', async () => {
  const parse = (bytes: Uint8Array) =>
    new TextDecoder('utf-8', { fatal: true })
      .decode(bytes)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  const original = JSON.stringify(parse(file))
  await fc.assert(
    fc.asyncProperty(fc.nat(file.length - 1), fc.nat(255), async (at, byte) => {
      fc.pre(file[at] !== byte)
      const bytes = file.with(at, byte)
      const line = file.subarray(0, at).filter((b) => b === 0x0a).length
      const verdict = await verifyExport([bytes])
      if (verdict.ok) expect(JSON.stringify(parse(bytes))).toBe(original)
      else if (line > 0) expect(verdict.seq).toBeLessThanOrEqual(line - 1)
    }),
    { numRuns: 1500 },
  )
})

describe('verifyExport', () => {
  test('whole, with checkpoints held outside, streams of every sort, and progress', async () => {
    const note = await cosignCheckpoint(await signed(entries, signer), witness, 7)
    const closed = Uint8Array.from([...file, ...utf8.encode(checkpointLine(note))])
    const earlier = await signed(entries.slice(0, 9), signer)
    const progress: unknown[] = []
    const options = {
      org: ORG,
      checkpoints: [earlier],
      vkeys: [signer.vkey, witness.witnessVkey],
      progressEvery: 10,
      onProgress: (p: unknown) => progress.push(p),
    }
    const stream = new ReadableStream<Uint8Array>({ start: (c) => (c.enqueue(closed), c.close()) })
    const verdict = await verifyExport(stream, options)
    expect(verdict).toMatchObject({
      ok: true,
      entries: 20,
      checkpoints: [{ size: 9 }, { size: 20 }],
      root: checkpointOf(entries).root,
    })
    expect(progress).toEqual([
      { entries: 10, total: 20 },
      { entries: 20, total: 20 },
    ])
    expect(await verifyExport([exportOf([])])).toMatchObject({ ok: true, entries: 0 })
  })

  test('unbelievable checkpoints, outside and at the end', async () => {
    const note = await signed(entries, newSigner(originOf(ORG)))
    const closed = Uint8Array.from([...file, ...utf8.encode(checkpointLine(note))])
    const invalid = { ok: false, kind: 'checkpoint_invalid' }
    expect(await verifyExport([file], { checkpoints: [note], vkeys: [signer.vkey] })).toMatchObject(invalid)
    expect(await verifyExport([file], { checkpoints: ['nonsense'] })).toMatchObject(invalid)
    expect(await verifyExport([closed], { vkeys: [signer.vkey] })).toMatchObject({ ...invalid, entries: 20 })
    expect(await verifyExport([closed])).toMatchObject({ ok: true })
  })

  test('a closing checkpoint of another size or history', async () => {
    const closedBy = async (list: Entry[], signedList: Entry[]) =>
      verifyExport([exportOf(list), utf8.encode(checkpointLine(await signed(signedList, signer)))])
    expect(await closedBy(entries.slice(0, 15), entries)).toMatchObject({ ok: false, kind: 'truncated', seq: 15 })
    expect(await closedBy(entries, entries.slice(0, 15))).toMatchObject({ ok: false, kind: 'checkpoint_invalid' })
    expect(await closedBy(entries, sample(21).slice(1))).toMatchObject({ ok: false, kind: 'rewritten', seq: 0 })
  })

  test('faults of the file are verdicts that name the entry', async () => {
    const text = new TextDecoder().decode(file)
    const verify = (content: string, options = {}) => verifyExport([utf8.encode(content)], options)
    expect(await verify('')).toMatchObject({ ok: false, kind: 'truncated', seq: 0 })
    expect(await verify(text.slice(0, -50))).toMatchObject({ ok: false, kind: 'truncated', seq: 19 })
    expect(await verify(text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1))).toMatchObject({
      ok: false,
      kind: 'truncated',
      seq: 19,
    })
    expect(await verify(text.replace('"seq":5', '"sea":5'))).toMatchObject({ ok: false, kind: 'malformed', seq: 5 })
    expect(await verify(text.replace('le_3', 'le_4').replace('"seq":9', '"sea":9'))).toMatchObject({
      ok: false,
      kind: 'body_changed',
      seq: 3,
    })
    expect(await verify(text + entryLine(sample(21)[20]!))).toMatchObject({ ok: false, kind: 'inserted', seq: 20 })
    expect(await verify(text, { org: '0197f2a0-0000-7000-8000-00000000000b' })).toMatchObject({
      ok: false,
      kind: 'link_broken',
      seq: 0,
    })
  })

  test('the published export', async () => {
    const read = (name: string) => readFileSync(new URL(`../vectors/${name}`, import.meta.url))
    const { vkey } = JSON.parse(read('checkpoints.json').toString())
    const verdict = await verifyExport([read('export.jsonl')], { vkeys: [vkey] })
    expect(verdict).toMatchObject({ ok: true, entries: 3, checkpoints: [{ size: 3 }] })
    expect(verifyAll(readAll([read('export.jsonl')]).entries)).toMatchObject({ ok: true })
  })
})

// In a process of its own: what the test runner and the maker of the entries hold is not the verifier's.
test('a million entries stay under 200 MB', { timeout: 120_000 }, async () => {
  const make = `import { largeExport } from './chain.fixture.ts'; import { writeSync } from 'node:fs'
    const write = (piece) => { for (let at = 0; at < piece.length; ) try { at += writeSync(1, piece, at) } catch (e) { if (e.code !== 'EAGAIN') throw e } }
    for (const piece of largeExport(1_000_000, 150)) write(piece)`
  const verify = `import { verifyExport } from './verify-export.ts'
    const verdict = await verifyExport(process.stdin)
    console.log(JSON.stringify({ ...verdict, megabytes: process.resourceUsage().maxRSS / 1024 }))`
  const command = '"$NODE" --input-type=module -e "$MAKE" | "$NODE" --input-type=module -e "$VERIFY"'
  const env = { ...process.env, NODE: process.execPath, MAKE: make, VERIFY: verify }
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { cwd: import.meta.dirname, env })
  const verdict = JSON.parse(stdout)
  expect(verdict).toMatchObject({ ok: true, entries: 1_000_000 })
  expect(verdict.megabytes).toBeLessThan(200)
})

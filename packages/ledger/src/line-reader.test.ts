import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { chain, exportOf, newSigner, ORG, sample, signed } from './chain.fixture.ts'
import { originOf } from './checkpoint.ts'
import { checkpointLine, entryLine, headerLine } from './export.ts'
import { genesis, type Entry } from './format.ts'
import { verifySegment } from './segment.node.ts'
import { tamperings } from './tamper.fixture.ts'
import type { Verdict } from './verdict.ts'
import { verifyExport } from './verify-export.ts'
import { verifyFile } from './verify-file.node.ts'

const folder = mkdtempSync(join(tmpdir(), 'line-reader-'))
const path = join(folder, 'export.jsonl')
afterAll(() => rmSync(folder, { recursive: true }))

/** The verdict, the same by both ways; `taken`: whether the fast one came to one. */
async function both(bytes: Uint8Array, range = { from: 0, to: 1 }): Promise<{ verdict: Verdict; taken: boolean }> {
  writeFileSync(path, bytes)
  const verdict = await verifyExport([bytes])
  expect(await verifyFile(path, { threads: 1 })).toEqual(verdict)
  return { verdict, taken: isTaken(bytes, range) }
}

function isTaken(bytes: Uint8Array, range: { from: number; to: number }): boolean {
  const lines = { path, org: ORG, start: bytes.indexOf(0x0a) + 1, end: bytes.length, ...range }
  try {
    return verifySegment({ ...lines, sizes: [], progressEvery: 1 }, () => undefined).ok
  } catch {
    return false
  }
}

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const u64 = (value: bigint) => Buffer.from(value.toString(16).padStart(16, '0'), 'hex')

/** `raw` is what stands between the body's quotes, `value` what it is said to mean. */
type Spelling = {
  raw?: Uint8Array
  value?: Uint8Array
  seq?: bigint
  at?: bigint
  prev?: string
  line?: (fields: { prev: string; hash: string }) => string
  end?: string
}

/** A line with a true hash, however it is spelled. */
function spelled({
  raw = Buffer.from('{}'),
  value = raw,
  seq = 0n,
  at = 5n,
  prev = genesis(ORG),
  line = (fields) => `{"seq":${seq},"at":"${at}","prev":"${fields.prev}","hash":"${fields.hash}","body":"`,
  end = '"}\n',
}: Spelling = {}): Uint8Array {
  const org = Buffer.from(ORG.replaceAll('-', ''), 'hex')
  const hash = sha256(Buffer.from('\0HFL1'), org, u64(seq), u64(at), Buffer.from(prev, 'hex'), sha256(value)).toString('hex')
  return Buffer.concat([Buffer.from(line({ prev, hash })), raw, Buffer.from(end)])
}

const header = (to = 1, from = 0) => Buffer.from(headerLine({ org: ORG, from, to }))
const file = (line: Uint8Array, to = 1, from = 0) => Buffer.concat([header(to, from), line])

// How a body may be spelled. `ours`: as entryLine does. `other`: right, and for the slow reader. `bad`: refused, though the hash is true.
type Token = { kind: 'ours' | 'other' | 'bad'; raw: string; value?: string }
const tokens: Token[] = [
  ...['é', '€', '😀', '\u2028', '\ufeff', '\u007f', '/', '}'].map((raw) => ({ kind: 'ours' as const, raw: hex(raw) })),
  ...[...'"\\\n\r\t\b\f\u0000\u001f\u000b'].map((value) => ({
    kind: 'ours' as const,
    raw: hex(JSON.stringify(value).slice(1, -1)),
    value: hex(value),
  })),
  { kind: 'other', raw: hex('\\/'), value: hex('/') },
  { kind: 'other', raw: hex('\\u0041'), value: hex('A') },
  { kind: 'other', raw: hex('\\u0020'), value: hex(' ') },
  { kind: 'other', raw: hex('\\u001F'), value: '1f' },
  { kind: 'other', raw: hex('\\u00e9'), value: hex('é') },
  { kind: 'other', raw: hex('\\ud83d\\ude00'), value: hex('😀') },
  { kind: 'bad', raw: hex('\\x'), value: hex('x') },
  { kind: 'bad', raw: hex('\\'), value: '' },
  { kind: 'bad', raw: hex('\\u00g0'), value: '00' },
  { kind: 'bad', raw: hex('\\u001g'), value: '20' },
  { kind: 'bad', raw: hex('\\u01'), value: '01' },
  { kind: 'bad', raw: hex('\\U0001'), value: '01' },
  { kind: 'bad', raw: hex('\\ud800'), value: 'eda080' },
  { kind: 'bad', raw: hex('\\ud800'), value: 'efbfbd' },
  // A quote, raw control characters, and what is not UTF-8: a stray byte, two overlong forms, a surrogate, a character cut short, one too large.
  ...['22', '00', '09', '0a', '0d', '1f', '80', 'ff', 'c080', 'e080af', 'eda080', 'c3', 'e282', 'f09f98', 'f4908080'].map(
    (raw) => ({
      kind: 'bad' as const,
      raw,
    }),
  ),
]

function hex(text: string): string {
  return Buffer.from(text).toString('hex')
}

const bytesOf = (list: Token[], part: 'raw' | 'value') =>
  Buffer.concat(list.map((token) => Buffer.from(token[part] ?? token.raw, 'hex')))
const plain = fc.nat(70).map((length): Token => ({ kind: 'ours', raw: '78'.repeat(length) }))
const ours = fc.constantFrom(...tokens.filter(({ kind }) => kind === 'ours'))

test('a body is believed as it is spelled by us, left to the slow reader as spelled by others, and never when it is badly spelled', async () => {
  const seen = { ours: 0, other: 0, bad: 0 }
  const around = fc.array(fc.oneof(plain, ours), { maxLength: 8 })
  // Some spell something else together with what follows.
  const some = fc.constantFrom(...tokens).map((token): Token[] => [token, { kind: 'ours', raw: '79' }])
  const body = fc.tuple(around, some, around).map((parts) => parts.flat())
  await fc.assert(
    fc.asyncProperty(body, async (list) => {
      const line = spelled({ raw: bytesOf(list, 'raw'), value: bytesOf(list, 'value') })
      const { verdict, taken } = await both(file(line))
      const kinds = new Set(list.map(({ kind }) => kind))
      const kind = kinds.has('bad') ? 'bad' : kinds.has('other') ? 'other' : 'ours'
      seen[kind]++
      expect({ kind, taken, ok: verdict.ok }).toEqual({ kind, taken: kind === 'ours', ok: kind !== 'bad' })
    }),
    { numRuns: 400 },
  )
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(20)
})

// A block is 64 bytes, read in four parts.
const places = [0, 1, 14, 15, 16, 17, 31, 32, 47, 48, 59, 60, 61, 62, 63, 64, 65, 126, 127, 128]
test.each(tokens.map((token) => [token.kind, token.raw, token] as const))(
  '%s %s at each place of a block',
  async (kind, _, token) => {
    for (const place of places) {
      const around: Token[] = [{ kind: 'ours', raw: '78'.repeat(place) }, token, { kind: 'ours', raw: '7879' }]
      const { taken, verdict } = await both(file(spelled({ raw: bytesOf(around, 'raw'), value: bytesOf(around, 'value') })))
      expect({ taken, ok: verdict.ok }).toEqual({ taken: kind === 'ours', ok: kind !== 'bad' })
    }
  },
)

const anyBody = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\\', '"', '\n', '\u0000', 'é', '😀'),
    plain.map(({ raw }) => Buffer.from(raw, 'hex').toString()),
  ),
)
const anyEntries = fc.array(fc.tuple(fc.nat(3), anyBody), { minLength: 1, maxLength: 6 }).map((list) => {
  let at = 0
  return list.map(([later, parts]) => ({ at: String((at += later)), body: parts.join('').toWellFormed() }))
})

test('every export of ours is taken: any bodies, ranges, with and without a checkpoint at the end', async () => {
  const signer = newSigner(originOf(ORG))
  await fc.assert(
    fc.asyncProperty(
      anyEntries,
      fc.oneof(fc.constant(0), fc.nat(Number.MAX_SAFE_INTEGER - 10)),
      fc.boolean(),
      async (contents, from, closed) => {
        const entries = chain(contents, ORG, from, from === 0 ? genesis(ORG) : 'ab'.repeat(32))
        const to = from + entries.length
        const note = closed && from === 0 ? checkpointLine(await signed(entries, signer)) : ''
        const { verdict, taken } = await both(Buffer.concat([exportOf(entries, { from }), Buffer.from(note)]), { from, to })
        expect({ taken, ok: verdict.ok }).toEqual({ taken: true, ok: true })
      },
    ),
  )
})

test('bytes changed, lost or put in get the same verdict', async () => {
  const bytes = exportOf(sample(4))
  const interesting = fc.oneof(fc.constantFrom(...Buffer.from('"\\{}[]:,0 19af\n\r\t\u0000')), fc.integer({ min: 0, max: 255 }))
  const change = fc.record({ at: fc.nat(bytes.length - 1), gone: fc.nat(2), put: fc.array(interesting, { maxLength: 2 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const changed = changes.reduce(
        (now, { at, gone, put }) => Buffer.concat([now.subarray(0, at), Uint8Array.from(put), now.subarray(at + gone)]),
        Buffer.from(bytes),
      )
      await both(changed, { from: 0, to: 4 })
    }),
    { numRuns: 400 },
  )
})

describe('a line of another spelling, its hash true, gets the same verdict, and not by the fast way', () => {
  const rest = ({ prev, hash }: { prev: string; hash: string }) => `"prev":"${prev}","hash":"${hash}","body":"`
  const spelling = (start: string) => spelled({ line: (fields) => `${start},${rest(fields)}` })
  const cases: [string, Uint8Array, boolean][] = [
    ...['00', '0.0', '0e3', '-0', ' 0', '0 ', '"0"', '+0', '', '0,"seq":0'].map((seq): [string, Uint8Array, boolean] => [
      `seq ${seq}`,
      file(spelling(`{"seq":${seq},"at":"5"`)),
      ['0.0', '0e3', '-0', ' 0', '0 ', '0,"seq":0'].includes(seq),
    ]),
    ...['05', '5.0', '5e0', '-5', ' 5', '', '5 ', '0x5'].map((at): [string, Uint8Array, boolean] => [
      `at ${at}`,
      file(spelling(`{"seq":0,"at":"${at}"`)),
      false,
    ]),
    ['at as a number', file(spelling('{"seq":0,"at":5')), false],
    ['at above 2^53 − 1', file(spelled({ at: 2n ** 53n })), false],
    ['at of 17 digits', file(spelled({ at: 10n ** 16n })), false],
    ['seq above 2^53 − 1', file(spelled({ seq: 2n ** 53n, prev: 'ab'.repeat(32) }), 2 ** 53, 2 ** 53), false],
    ['a space', file(spelling('{"seq": 0,"at":"5"')), true],
    [
      'another order',
      file(spelled({ line: ({ prev, hash }) => `{"at":"5","seq":0,"prev":"${prev}","hash":"${hash}","body":"` })),
      true,
    ],
    ['a key too many', file(spelled({ end: '","more":1}\n' })), false],
    [
      'a hash in upper case',
      file(spelled({ line: ({ prev, hash }) => `{"seq":0,"at":"5","prev":"${prev}","hash":"${hash.toUpperCase()}","body":"` })),
      false,
    ],
    [
      'a link in upper case',
      file(spelled({ line: ({ prev, hash }) => `{"seq":0,"at":"5","prev":"${prev.toUpperCase()}","hash":"${hash}","body":"` })),
      false,
    ],
    [
      'a hash of 63 digits',
      file(spelled({ line: ({ prev, hash }) => `{"seq":0,"at":"5","prev":"${prev}","hash":"${hash.slice(1)}","body":"` })),
      false,
    ],
    ['CRLF', file(spelled({ end: '"}\r\n' })), true],
    ['no newline at the end', file(spelled({ end: '"}' })), true],
    ['no end', file(spelled({ end: '"' })), false],
    ['another bracket', file(spelled({ end: '"]\n' })), false],
    ['a NUL after it', file(spelled({ end: '"}\0\n' })), false],
    ['an empty line after it', file(spelled({ end: '"}\n\n' })), false],
    ['a NUL in the line after it', file(spelled({ end: '"}\n\0' })), false],
    ['a byte order mark before it', file(Buffer.concat([Buffer.from('\ufeff'), spelled({})])), false],
    ['an empty line before it', file(Buffer.concat([Buffer.from('\n'), spelled({})])), false],
    ['a byte order mark before the header', Buffer.concat([Buffer.from('\ufeff'), header(), spelled({})]), false],
    [
      'a header of another organisation',
      Buffer.concat([Buffer.from(header().toString().replace(ORG, '0197f2a0-0000-7000-8000-00000000000b')), spelled({})]),
      false,
    ],
    ['another entry after the end', file(Buffer.concat([spelled({}), spelled({ seq: 1n })])), false],
    ['a checkpoint that is none', file(Buffer.concat([spelled({}), Buffer.from(checkpointLine('no note'))])), false],
    ['two checkpoints', file(Buffer.concat([spelled({}), Buffer.from(checkpointLine('a').repeat(2))])), false],
  ]
  test.each(cases)('%s', async (name, bytes, ok) => {
    const { verdict, taken } = await both(bytes)
    expect(verdict.ok).toBe(ok)
    // That one's line is ours; the file's header and last line are judged where the segments are joined.
    const joined = ['a header of another', 'a byte order mark before the header', 'a checkpoint that is none'].some((known) =>
      name.startsWith(known),
    )
    expect(taken).toBe(joined)
  })

  test('and the same line as we spell it is taken, up to the largest numbers', async () => {
    expect(await both(file(spelled({})))).toMatchObject({ verdict: { ok: true }, taken: true })
    const last = Number.MAX_SAFE_INTEGER
    const largest = spelled({ seq: BigInt(last - 1), at: BigInt(last), prev: 'ab'.repeat(32) })
    expect(await both(file(largest, last, last - 1), { from: last - 1, to: last })).toMatchObject({
      verdict: { ok: true },
      taken: true,
    })
  })
})

test('lines over the borders of what is read at once, and longer than all that is read', async () => {
  const size = fc.oneof(fc.nat(70_000), fc.integer({ min: 250_000, max: 270_000 }))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(size, ours), { minLength: 3, maxLength: 8 }), async (list) => {
      const contents = list.map(([length, token]) => ({
        at: '1',
        body: 'x'.repeat(length) + bytesOf([token], 'value').toString(),
      }))
      const { verdict, taken } = await both(exportOf(chain(contents)), { from: 0, to: list.length })
      expect({ taken, ok: verdict.ok }).toEqual({ taken: true, ok: true })
    }),
    { numRuns: 30 },
  )
  for (const [length, taken] of [
    [(1 << 22) - 300, true],
    [1 << 22, false],
  ] as const) {
    const entries: Entry[] = chain([
      { at: '1', body: 'x' },
      { at: '1', body: 'é"'.repeat(length / 4) },
      { at: '1', body: 'x' },
    ])
    expect(await both(exportOf(entries), { from: 0, to: 3 })).toMatchObject({ verdict: { ok: true }, taken })
  }
})

test.each(tamperings(sample(40)))('%s gets the same verdict', async (_name, list, _kind, seq) => {
  const tampered = exportOf(list, { to: 40 })
  expect((await both(tampered, { from: 0, to: 40 })).verdict).toMatchObject({ ok: false, seq })
})

test('times that go back, entries of another chain and lines in another order are not taken', async () => {
  const entries = sample(3)
  const back = chain(entries.map(({ body }, seq) => ({ at: String(9 - seq), body })))
  expect(await both(exportOf(back), { from: 0, to: 3 })).toMatchObject({
    verdict: { kind: 'time_went_back', seq: 1 },
    taken: false,
  })
  const lines = (list: Entry[]) => file(Buffer.from(list.map(entryLine).join('')), 3)
  expect(await both(lines(entries), { from: 0, to: 3 })).toMatchObject({ verdict: { ok: true }, taken: true })
  expect((await both(lines([entries[1]!, entries[0]!, entries[2]!]), { from: 0, to: 3 })).taken).toBe(false)
  const other = chain(entries, ORG, 0, 'ab'.repeat(32))
  // A chain in itself: only its first link tells.
  expect(await both(lines(other), { from: 0, to: 3 })).toMatchObject({ verdict: { ok: false }, taken: true })
  expect((await both(lines([entries[0]!, other[1]!, other[2]!]), { from: 0, to: 3 })).taken).toBe(false)
})

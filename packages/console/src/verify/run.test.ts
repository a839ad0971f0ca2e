import { describe, expect, it } from 'vitest'
import { verifyChunks, thisBrowser, type Ask } from './run.ts'
import { chainOf, createSigner, exportOf, noteTextOf, org, piecesOf, rechained, rootOfChain } from './chain.fixture.ts'
import type { Seen } from './memory.ts'
import type { Entry } from '@holdfast/ledger'

const chain = chainOf(20)
const seenAfter = (entries: readonly Entry[]): Seen => ({
  size: entries.length,
  root: rootOfChain(entries),
  at: '2026-11-01T10:00:00.000Z',
})
const outsideAfter = (entries: readonly Entry[], name = 'mail.txt') => ({ name, size: entries.length, note: noteTextOf(entries) })

const verify = (text: string, ask: Partial<Ask> = {}) =>
  verifyChunks(piecesOf(text), { org, from: 0, outside: [], seen: null, ...ask }, () => undefined)
const changed = (seq: number, change: Partial<Entry>) =>
  chain.map((entry) => (entry.seq === seq ? { ...entry, ...change } : entry))

describe('a whole chain', () => {
  it('says that every entry is whole, and what that does not prove', async () => {
    const finding = await verify(exportOf(chain))
    expect(finding).toMatchObject({
      ok: true,
      entries: 20,
      headline: 'All 20 entries are whole',
      head: chain.at(-1)?.hash,
      root: rootOfChain(chain),
      held: [],
    })
    expect(finding.meaning).toContain('Hand in a checkpoint held outside')
  })

  it('names the checkpoints it agrees with', async () => {
    const finding = await verify(exportOf(chain), {
      outside: [outsideAfter(chain.slice(0, 12))],
      seen: seenAfter(chain.slice(0, 5)),
    })
    expect(finding.held).toEqual([
      { name: thisBrowser, size: 5, agrees: true },
      { name: 'mail.txt', size: 12, agrees: true },
    ])
    expect(finding.meaning).toBe(
      'It also agrees with what this browser saw before, and with the checkpoint “mail.txt”: it was neither rewritten nor cut since then.',
    )
  })

  it('reports progress with bytes', async () => {
    const long = chainOf(4001)
    const seen: number[] = []
    await verifyChunks(
      piecesOf(exportOf(long), 65_536),
      { org, from: 0, outside: [], seen: null },
      ({ entries, total, bytes }) => {
        expect(total).toBe(4001)
        expect(bytes).toBeGreaterThan(0)
        seen.push(entries)
      },
    )
    expect(seen).toEqual([2000, 4000])
  })

  it('has nothing to verify in an empty chain', async () => {
    expect(await verify(exportOf([]))).toMatchObject({ ok: true, entries: 0, headline: 'There is nothing to verify yet' })
  })
})

describe('a tampered export names the first bad entry', () => {
  const cases: [string, string, string, RegExp][] = [
    [
      'one byte of a body',
      exportOf(changed(7, { body: chain[7]!.body.replace('created', 'cr3ated') })),
      'Entry #7 was changed',
      /Entry 7 was changed/,
    ],
    ['a stored hash', exportOf(changed(7, { hash: 'ab'.repeat(32) })), 'The hash of entry #7 was changed', /hash of entry 7/],
    [
      'a deleted entry',
      exportOf(
        chain.filter(({ seq }) => seq !== 7),
        { to: 20 },
      ),
      'Entry #7 is missing',
      /Entry 7 is missing/,
    ],
    [
      'two entries swapped',
      exportOf([...chain.slice(0, 7), chain[8]!, chain[7]!, ...chain.slice(9)]),
      'Entry #7 is out of order',
      /out of order|swapped/,
    ],
    [
      'a file that breaks off',
      exportOf(chain.slice(0, 15), { to: 20 }),
      'The end is missing, from entry #15 on',
      /Entries 15 to 19 are missing/,
    ],
    ['rubbish', exportOf(chain.slice(0, 3), { to: 20 }) + '{"seq":3}\n', 'Entry #3 cannot be read', /cannot be read/],
  ]
  it.each(cases)('%s', async (_, text, headline, sentence) => {
    const finding = await verify(text)
    expect(finding).toMatchObject({ ok: false, headline })
    expect(finding.sentence).toMatch(sentence)
    expect(finding.meaning.length).toBeGreaterThan(20)
  })

  it('another organisation’s file', async () => {
    expect((await verify(exportOf(chain), { org: '0198a1b2-c3d4-7e5f-8a6b-000000000000' })).ok).toBe(false)
  })
})

describe('what the chain alone cannot show', () => {
  const cut = exportOf(chain.slice(0, 15))
  const rewritten = rechained(changed(7, { body: '{"v":1,"action":"nothing.happened"}' }))

  it('a cut end and a rewritten chain pass without a checkpoint', async () => {
    expect((await verify(cut)).ok).toBe(true)
    expect((await verify(exportOf(rewritten))).ok).toBe(true)
  })

  it('a cut end is found by a checkpoint held outside, and by what this browser saw', async () => {
    const held = await verify(cut, { outside: [outsideAfter(chain)] })
    expect(held).toMatchObject({
      ok: false,
      kind: 'truncated',
      seq: 15,
      headline: 'The end is missing, from entry #15 on',
      held: [{ name: 'mail.txt', agrees: false }],
    })
    const remembered = await verify(cut, { seen: seenAfter(chain) })
    expect(remembered).toMatchObject({ ok: false, kind: 'truncated', held: [{ name: thisBrowser, size: 20, agrees: false }] })
    expect(remembered.meaning).toContain('This browser has seen 20 entries of another chain on 2026-11-01')
  })

  it('a rewritten chain is found by either, and says since when', async () => {
    const finding = await verify(exportOf(rewritten), {
      outside: [outsideAfter(chain.slice(0, 5), 'old.txt'), outsideAfter(chain)],
      seen: seenAfter(chain.slice(0, 18)),
    })
    expect(finding).toMatchObject({ ok: false, kind: 'rewritten', headline: 'The chain was rewritten from entry #5 on' })
    expect(finding.held).toEqual([
      { name: thisBrowser, size: 18, agrees: false },
      { name: 'old.txt', size: 5, agrees: true },
      { name: 'mail.txt', size: 20, agrees: null },
    ])
    expect(finding.meaning).toContain('This browser has seen')
  })

  it('is found by the checkpoint at the export’s own end', async () => {
    const { note } = await createSigner()
    expect(await verify(exportOf(chain, { note: await note(chain) }))).toMatchObject({ ok: true })
    expect(await verify(exportOf(rewritten, { note: await note(chain) }))).toMatchObject({ ok: false, kind: 'rewritten' })
    expect(await verify(exportOf(chain.slice(0, 15), { note: await note(chain) }))).toMatchObject({
      ok: false,
      kind: 'truncated',
    })
  })
})

import { bytesToHex } from './encoding.ts'
import { createRawExportParser, headerLine } from './export.ts'
import { proveLines, type Lines } from './line-reader.node.ts'
import { append, emptyRange, peaksOf, rootOf, type Range } from './merkle.ts'
import { pieces } from './pieces.node.ts'

/** Segments start at multiples of this many entries, so that their subtrees are subtrees of the whole tree. A power of two. */
export const BLOCK = 4096

/** A part of an export. `sizes`: where checkpoints need the state, ascending. */
export type Segment = Lines & { sizes: number[]; progressEvery: number }

/** The ledger at `size` entries: head in hex, `blocks` whole blocks of this segment, and the peaks of the unfinished one. */
export type SegmentState = { size: number; head: string; at: number; blocks: number; peaks: Uint8Array[] }

/** What a segment proves by itself: from `prev` on, its entries are a chain. `blocks`: root of each whole block. `note`: its last line. */
export type SegmentResult =
  { ok: true; prev: string; at: number; blocks: Uint8Array[]; states: SegmentState[]; note: string | null } | { ok: false }

/** `ok: false` is doubt: what is wrong, if anything is, `verifyExport` finds out. Throws as well what is wrong with the last line. */
export function verifySegment(segment: Segment, onProgress: (entries: number) => void): SegmentResult {
  const { from, to, progressEvery } = segment
  const blocks: Uint8Array[] = []
  const states: SegmentState[] = []
  const stops = [...new Set([...segment.sizes, to])]
  const first = { prev: '', at: 0 }
  let block: Range = emptyRange()
  let size = from

  const rest = proveLines(segment, ({ prev, hash, at }) => {
    if (size === from) Object.assign(first, { prev: bytesToHex(prev), at })
    size++
    append(block, hash)
    if (block.size === BLOCK) {
      blocks.push(rootOf(block))
      block = emptyRange()
    }
    if (size === stops[0]) {
      stops.shift()
      const peaks = peaksOf(block).map((peak) => peak.slice())
      states.push({ size, head: bytesToHex(hash), at, blocks: blocks.length, peaks })
    }
    if ((size - from) % progressEvery === 0) onProgress(size - from)
  })
  const end = rest === null ? null : readEnd(segment, rest)
  return end ? { ok: true, ...first, blocks, states, note: end.note } : { ok: false }
}

/** What follows the entries: nothing, or a checkpoint. Null for another entry. Throws `malformed_export` and `truncated_export`. */
function readEnd({ path, org, end, to }: Lines, start: number): { note: string | null } | null {
  let note: string | null = null
  const parser = createRawExportParser({
    header: () => undefined,
    entry: () => false,
    checkpoint: (text) => {
      note = text
    },
  })
  parser.push(new TextEncoder().encode(headerLine({ org, from: to, to })))
  for (const piece of pieces(path, { start, end })) if (!parser.push(piece)) return null
  parser.end()
  return { note }
}

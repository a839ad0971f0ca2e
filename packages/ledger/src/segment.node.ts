import { parentPort, workerData } from 'node:worker_threads'
import { createRawExportParser, headerLine } from './export.ts'
import { pieces } from './pieces.node.ts'
import { append, emptyRange, peaksOf, rootOf, type Range } from './merkle.ts'
import { createVerifier } from './verify.ts'

/** Segments start at multiples of this many entries, so that their subtrees are subtrees of the whole tree. A power of two. */
export const BLOCK = 4096

/** Bytes [start, end) of a file: the lines of entries `from` to `to` − 1. `sizes`: where checkpoints need the state, ascending. */
export type Segment = { path: string; org: string; start: number; end: number; from: number; to: number; sizes: number[] }

/** The ledger at `size` entries: head in hex, `blocks` whole blocks of this segment, and the peaks of the unfinished one. */
export type SegmentState = { size: number; head: string; at: number; blocks: number; peaks: Uint8Array[] }

/** What a segment proves by itself: from `prev` on, its entries are a chain. `blocks`: root of each whole block. */
export type SegmentResult =
  { ok: true; prev: string; at: number; blocks: Uint8Array[]; states: SegmentState[]; note: string | null } | { ok: false }
export type SegmentMessage = { entries: number } | { result: SegmentResult }

function verifySegment(segment: Segment, onProgress: (entries: number) => void): SegmentResult {
  const { path, org, start, end, from, to, sizes } = segment
  const blocks: Uint8Array[] = []
  const states: SegmentState[] = []
  const first = { prev: '', at: 0 }
  let block: Range = emptyRange()
  let note: string | null = null
  let ok = true

  const tree = (hash: Uint8Array) => {
    append(block, hash)
    if (block.size < BLOCK) return
    blocks.push(rootOf(block))
    block = emptyRange()
  }
  const verifier = createVerifier({ org, from, to, tree, onProgress })
  const parser = createRawExportParser({
    header: () => undefined,
    entry: (entry) => {
      if (verifier.position === from) Object.assign(first, { prev: entry.prev, at: entry.at })
      ok = verifier.pushRaw(entry) && verifier.position === entry.seq + 1
      if (entry.seq + 1 === to || entry.seq + 1 === sizes[0]) {
        if (sizes[0] === entry.seq + 1) sizes.shift()
        const peaks = peaksOf(block).map((peak) => peak.slice())
        states.push({ size: entry.seq + 1, head: entry.hash, at: entry.at, blocks: blocks.length, peaks })
      }
      return ok
    },
    checkpoint: (text) => {
      note = text
    },
  })
  parser.push(new TextEncoder().encode(headerLine({ org, from, to })))
  for (const piece of pieces(path, { start, end })) if (!parser.push(piece)) break
  if (ok) parser.end()
  return ok && verifier.finish().ok ? { ok, ...first, blocks, states, note } : { ok: false }
}

if (parentPort) {
  const port = parentPort
  const send = (message: SegmentMessage) => port.postMessage(message)
  // An error ends this thread, and the thread's owner reads the whole file again: any fault is found, and named, there.
  send({ result: verifySegment(workerData as Segment, (entries) => send({ entries })) })
}

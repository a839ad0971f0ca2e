import { sha256Into } from '#sha256'
import { isUtf8 } from 'node:buffer'
import { closeSync, openSync, readSync } from 'node:fs'
import { equalBytes } from './encoding.ts'
import { blankLeaf } from './format.ts'
import { lineReader } from './line.wasm.ts'

/** Bytes [start, end) of a file, of which the lines of entries `from` to `to` − 1 come first. */
export type Lines = { path: string; org: string; start: number; end: number; from: number; to: number }

/** An entry that follows the one before it and has the hash it says. `prev` and `hash`, 32 bytes each, are overwritten by the next one. */
export type ProvenEntry = { readonly prev: Uint8Array; readonly hash: Uint8Array; readonly at: number }

const PIECE = 1 << 18
const NEWLINE = 0x0a

/**
 * Proves that the lines are those of entries `from` to `to` − 1, and a chain. Answers where the byte after them stands in the file, or null
 * on any doubt: an entry that does not fit, but also a line that is right and not of the shape `entryLine` writes, or longer than 4 MiB.
 */
export function proveLines(lines: Lines, proven: (entry: ProvenEntry) => void): number | null {
  const file = openSync(lines.path, 'r')
  try {
    return proveOpen(file, lines, proven)
  } finally {
    closeSync(file)
  }
}

function proveOpen(file: number, { org, start, end, from, to }: Lines, proven: (entry: ProvenEntry) => void): number | null {
  const { wasm, memory, begin, prove, entry } = (reader ??= createReader())
  const input = wasm.INPUT.value
  begin(org, from)
  let left = to - from
  let position = start
  // Bytes of a line that is not whole yet, at the beginning of the input.
  let waiting = 0
  while (left > 0) {
    const room = Math.min(PIECE, wasm.WINDOW.value - waiting, end - position)
    const length = readSync(file, memory, input + waiting, room, position)
    if (length === 0) return null
    position += length
    waiting += length
    const bytes = memory.subarray(input, input + waiting)
    const whole = bytes.lastIndexOf(NEWLINE) + 1
    if (!isUtf8(bytes.subarray(0, whole))) return null
    wasm.filled(whole)
    while (left > 0 && wasm.more()) {
      if (!prove()) return null
      proven(entry)
      left--
    }
    if (left === 0) return position - waiting + wasm.consumed()
    bytes.copyWithin(0, whole)
    waiting -= whole
  }
  return position
}

type Address = { readonly value: number }

/** What wasm/line.ts exports; it says what each is. */
type Wasm = {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly LEAF: Address
  readonly LEAF_PREV: Address
  readonly LEAF_BODY: Address
  readonly HASH: Address
  readonly INPUT: Address
  readonly WINDOW: Address
  readonly BODY: Address
  begin(seq: number): void
  filled(length: number): void
  consumed(): number
  more(): number
  next(): number
  at(): number
}

// Declared here, since what the types of Node lack are the browser's.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { readonly exports: unknown }
}

// One for all: what is read is read synchronously, so nobody finds it in use, and each memory would hold gigabytes of address space.
let reader: ReturnType<typeof createReader> | undefined

/** Throws where there is no WebAssembly with vectors. */
function createReader() {
  const wasm = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(lineReader, 'base64'))).exports as Wasm
  const memory = new Uint8Array(wasm.memory.buffer)
  const view = ({ value }: Address, length: number) => memory.subarray(value, value + length)
  // A view costs as much as a small hash.
  const bodies = Array.from<Uint8Array | undefined>({ length: 4096 })
  const body = (length: number) =>
    length < bodies.length ? (bodies[length] ??= view(wasm.BODY, length)) : view(wasm.BODY, length)
  const leaf = view(wasm.LEAF, 101)
  const hash = view(wasm.HASH, 32)
  const computed = new Uint8Array(32)
  const bodyHash = wasm.LEAF_BODY.value
  const entry: ProvenEntry = {
    prev: view(wasm.LEAF_PREV, 32),
    hash,
    get at() {
      return wasm.at()
    },
  }
  return {
    wasm,
    memory,
    entry,
    begin(org: string, from: number) {
      leaf.set(blankLeaf(org))
      wasm.begin(from)
    },
    /** Whether the next line has the hash it says, and all else that `next` looks at. */
    prove(): boolean {
      const length = wasm.next()
      if (length < 0) return false
      sha256Into(body(length), memory, bodyHash)
      sha256Into(leaf, computed, 0)
      return equalBytes(computed, hash)
    },
  }
}

import { closeSync, openSync, readSync } from 'node:fs'

const pieceBytes = 1 << 18

/**
 * Bytes [start, end) of a file, or all of it, pipes included. They are read synchronously, since whoever verifies does nothing else meanwhile,
 * and that is faster than a stream; each piece is overwritten by the next.
 */
export function* pieces(path: string, range?: { start: number; end: number }): Generator<Uint8Array> {
  const buffer = new Uint8Array(pieceBytes)
  const file = openSync(path, 'r')
  try {
    for (let at = range?.start ?? 0; at < (range?.end ?? Infinity);) {
      const length = readSync(file, buffer, 0, Math.min(buffer.length, (range?.end ?? Infinity) - at), range ? at : null)
      if (length === 0) return
      at += length
      yield buffer.subarray(0, length)
    }
  } finally {
    closeSync(file)
  }
}

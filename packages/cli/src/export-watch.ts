/** What can be said about an export while its bytes pass by, without judging them: a broken ledger must reach the verifier as it is. */
export interface Passing {
  /** From the first line; null until it is whole, or when it is not one. */
  header: { org: string; from: number; to: number } | null
  lines: number
  /** The last line begins like a checkpoint. */
  checkpoint: boolean
}

const newline = 0x0a
const longestHeader = 1000
const checkpointStart = Buffer.from('{"checkpoint":')

const readHeader = (line: string): Passing['header'] => {
  try {
    const { format, org, from, to } = JSON.parse(line) as Record<string, unknown>
    if (format !== 'HFL1' || typeof org !== 'string' || typeof from !== 'number' || typeof to !== 'number') return null
    return { org, from, to }
  } catch {
    return null
  }
}

/** Counts lines and remembers the first and the beginning of the last, in constant memory. */
export const createWatch = () => {
  const passing: Passing = { header: null, lines: 0, checkpoint: false }
  let first = ''
  let last = Buffer.alloc(0)
  const begin = (bytes: Uint8Array) => {
    const missing = checkpointStart.length - last.length
    if (missing > 0) last = Buffer.concat([last, bytes.subarray(0, missing)])
    if (passing.lines === 0 && first.length < longestHeader)
      first += Buffer.from(bytes.subarray(0, longestHeader)).toString('latin1')
  }
  return {
    passing,
    push: (chunk: Uint8Array): void => {
      let start = 0
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
        begin(chunk.subarray(start, end))
        if (passing.lines === 0) passing.header = readHeader(first)
        passing.checkpoint = last.equals(checkpointStart)
        passing.lines += 1
        last = Buffer.alloc(0)
        start = end + 1
      }
      begin(chunk.subarray(start))
    },
    /** Entries so far: without the header, and without the checkpoint. */
    entries: (): number => Math.max(0, passing.lines - 1 - (passing.checkpoint ? 1 : 0)),
  }
}

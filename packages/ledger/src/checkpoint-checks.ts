import { originOf, type Checkpoint } from './checkpoint.ts'
import { bytesToHex } from './encoding.ts'
import { entries as entriesText, failure, type Failure } from './verdict.ts'

/** Compares a ledger with its checkpoints as it grows past each of their sizes. */
export type CheckpointChecks = {
  invalid: Failure | null
  /** Size of the next checkpoint to compare; −1 when none is left. */
  readonly nextSize: number
  readonly agreed: { origin: string; size: number }[]
  headAt(size: number): string | null
  at(size: number, head: string, root: () => Uint8Array | null): Failure | null
  /** A checkpoint that came with the export's end, of `size` entries. */
  addLast(checkpoint: Checkpoint, size: number): Failure | null
  beyond(size: number): Failure | null
}

export function createCheckpointChecks(org: string, from: number, checkpoints: readonly Checkpoint[]): CheckpointChecks {
  // What lies before the range cannot be compared.
  const waiting = checkpoints.filter(({ size }) => size >= from).sort((a, b) => a.size - b.size)
  const foreign = (checkpoint: Checkpoint | undefined): Failure | null =>
    checkpoint
      ? failure(
          'checkpoint_invalid',
          from,
          `The checkpoint belongs to ${checkpoint.origin}, not to ${originOf(org)}, so entry ${from} and those after it were not judged.`,
        )
      : null
  const stranger = ({ origin }: Checkpoint) => origin !== originOf(org)
  const agreed: { origin: string; size: number }[] = []
  let sure = from
  return {
    invalid: foreign(checkpoints.find(stranger)),
    agreed,
    get nextSize() {
      return waiting[0]?.size ?? -1
    },
    headAt(size) {
      return waiting.find((checkpoint) => checkpoint.size === size)?.head ?? null
    },
    at(size, head, rootNow) {
      const bytes = waiting[0]?.size === size ? rootNow() : null
      const rootHex = bytes && bytesToHex(bytes)
      for (let next = waiting[0]; next?.size === size; next = waiting[0]) {
        const headDiffers = next.head !== null && next.head !== head
        const rootDiffers = rootHex !== null && next.root !== rootHex
        if ((headDiffers || rootDiffers) && agreed.at(-1)?.size === size)
          return contradicts(size, 'another of the same size says otherwise')
        if (headDiffers && (rootDiffers || rootHex === null)) return rewritten(sure, size)
        if (headDiffers || (rootDiffers && next.head !== null))
          return contradicts(size, 'its root and its head are not of the same ledger')
        if (rootDiffers) return rewritten(sure, size)
        // Without a root to compare, a checkpoint that names no head says nothing about this range.
        if (rootHex !== null || next.head !== null) agreed.push({ origin: next.origin, size })
        waiting.shift()
      }
      sure = size
      return null
    },
    addLast(checkpoint, size) {
      if (stranger(checkpoint)) return foreign(checkpoint)
      if (checkpoint.size < size) return contradicts(checkpoint.size, `the export that it closes goes on to entry ${size - 1}`)
      waiting.push(checkpoint)
      waiting.sort((a, b) => a.size - b.size)
      return null
    },
    beyond(size) {
      const last = waiting.at(-1)
      if (!last || last.size <= size) return null
      const gone = `${entriesText(size, last.size - 1)} ${last.size - 1 === size ? 'is' : 'are'} missing at the end`
      return failure('truncated', size, `${gone}: a checkpoint was signed when the ledger had ${last.size} entries.`)
    },
  }
}

function rewritten(sure: number, size: number): Failure {
  const scope = size - 1 <= sure ? `Entry ${sure} was rewritten` : `Entry ${sure} or a later one up to ${size - 1} was rewritten`
  return failure(
    'rewritten',
    sure,
    `${scope}: the chain is whole, but it is not the one the checkpoint of ${size} entries was signed for.`,
  )
}

function contradicts(size: number, why: string): Failure {
  return failure('checkpoint_invalid', size, `The checkpoint before entry ${size} cannot be right: ${why}.`)
}

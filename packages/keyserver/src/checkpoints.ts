import { createHash } from 'node:crypto'
import {
  append,
  bytesToHex,
  emptyRange,
  formatVkey,
  loadRange,
  rootOf,
  saveRange,
  signCheckpoint,
  type Range,
} from '@holdfast/ledger'
import { z } from 'zod'
import { createExclusive } from './exclusive.ts'
import { Problem } from './problem.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { State } from './state.ts'

/** What was signed last for one origin: the signer's own memory, by which it refuses to sign a second history. */
const Signed = z.object({
  origin: z.string(),
  range: z.object({ size: z.int().nonnegative(), peaks: z.array(z.string()) }),
  head: z.string().nullable(),
})

export interface OriginReport {
  size: number
  /** hex */
  root: string
  /** hex; null when empty */
  head: string | null
  /** Verifier keys of this origin, newest first (C2SP signed note). */
  vkeys: string[]
}

export interface CheckpointRequest {
  origin: string
  /** The size that the signer has; the leaf hashes follow it. */
  oldSize: number
  /** Entry hashes one after another, 32 bytes each. */
  leafHashes: Buffer
  /** False for all but the last batch: such batches are held in memory and change nothing yet. */
  sign: boolean
  /** hex; the caller's own head and root, which must be those that the signer computes */
  head: string | null
  root: string | null
}

export interface CheckpointSigner {
  origin(origin: string): Promise<OriginReport>
  /**
   * Appends leaf hashes and signs. Problems: `checkpoint_size_mismatch` (with the signer's `size`; shrinking, a gap or a
   * repetition), `checkpoint_head_mismatch`, `checkpoint_root_mismatch` (another history). A refusal changes nothing.
   */
  checkpoint(request: CheckpointRequest): Promise<OriginReport & { note: string | null }>
}

interface Tree {
  range: Range
  head: string | null
}

const hashBytes = 32
/** Unfinished batches of this many origins at once are remembered; the oldest starts over. */
const maxPending = 256

const copyOf = (tree: Tree): Tree => ({ range: loadRange(saveRange(tree.range)), head: tree.head })
const fileOf = (origin: string): string => `origins/${createHash('sha256').update(origin).digest('hex')}`

const appendAll = (tree: Tree, leafHashes: Buffer): Tree => {
  const next = copyOf(tree)
  for (let at = 0; at < leafHashes.length; at += hashBytes)
    append(next.range, Uint8Array.from(leafHashes.subarray(at, at + hashBytes)))
  if (leafHashes.length > 0) next.head = leafHashes.toString('hex', leafHashes.length - hashBytes)
  return next
}

export const openCheckpointSigner = ({
  state,
  keys,
  keyName,
}: {
  state: State
  keys: SigningKeys
  keyName: string
}): CheckpointSigner => {
  const exclusive = createExclusive()
  const pending = new Map<string, Tree>()

  const load = async (origin: string): Promise<Tree> => {
    const signed = await state.read(fileOf(origin), Signed)
    return signed ? { range: loadRange(signed.range), head: signed.head } : { range: emptyRange(), head: null }
  }
  const hold = (origin: string, tree: Tree) => {
    pending.delete(origin)
    pending.set(origin, tree)
    const [oldest] = pending.keys()
    if (pending.size > maxPending && oldest !== undefined) pending.delete(oldest)
  }
  const report = (origin: string, { range, head }: Tree): OriginReport => ({
    size: range.size,
    root: bytesToHex(rootOf(range)),
    head,
    // C2SP tlog-checkpoint: the key's name is the origin.
    vkeys: keys.publicKeys(keyName).map((publicKey) => formatVkey(origin, publicKey)),
  })
  /** One note with a signature line for each active key, so that a rotation surprises no verifier. */
  const noteOf = async (origin: string, { range, head }: Tree): Promise<string> => {
    const body = { origin, size: range.size, root: bytesToHex(rootOf(range)), head, extensions: [] }
    const notes = await Promise.all(keys.signers(keyName).map((signer) => signCheckpoint(body, { name: origin, ...signer })))
    const [first = '', ...others] = notes
    return first + others.map((note) => note.slice(note.lastIndexOf('\n', note.length - 2) + 1)).join('')
  }
  /** The tree to append to: what was signed, or the unfinished batches that follow it. */
  const startAt = (origin: string, oldSize: number, signed: Tree): Tree => {
    const unfinished = pending.get(origin)
    if (oldSize === signed.range.size) return signed
    if (unfinished && oldSize === unfinished.range.size) return unfinished
    const { size, root, head } = report(origin, signed)
    throw new Problem('checkpoint_size_mismatch', `the signer has ${size} entries of ${origin}, not ${oldSize}`, {
      size,
      root,
      head,
    })
  }

  return {
    origin: async (origin) => report(origin, await load(origin)),
    checkpoint: (request) =>
      exclusive(request.origin, async () => {
        const { origin, oldSize, leafHashes } = request
        const signed = await load(origin)
        const next = appendAll(startAt(origin, oldSize, signed), leafHashes)
        if (!request.sign) {
          hold(origin, next)
          return { ...report(origin, next), note: null }
        }
        const answer = report(origin, next)
        if (request.head !== next.head)
          throw new Problem('checkpoint_head_mismatch', `the head of ${origin} is not its last entry`)
        if (request.root !== null && request.root !== answer.root) {
          throw new Problem('checkpoint_root_mismatch', `the entries of ${origin} are not those that were signed before`)
        }
        const note = await noteOf(origin, next)
        // Remembered before it is given out: a crash between the two must not allow another history at this size.
        if (next.range.size !== signed.range.size)
          await state.write(fileOf(origin), { origin, range: saveRange(next.range), head: next.head })
        pending.delete(origin)
        return { ...answer, note }
      }),
  }
}

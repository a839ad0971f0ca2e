import { ledger, type OrgId } from '@holdfast/contract'
import {
  checkpointLine,
  createVerifier,
  entryLine,
  headerLine,
  parseCheckpoint,
  verifyCheckpoint,
  type Checkpoint,
  type Entry,
} from '@holdfast/ledger'
import { sql } from 'kysely'
import { handleDownload, type StreamContext, type Entered } from '../../kernel/handle.ts'
import type { Services } from '../../kernel/services.ts'
import { latestCheckpoint, verifierKeys } from './checkpoints.ts'
import { signCheckpoint } from './signing.ts'

const pageSize = 2_000

/** One page of the chain in the form of the export: hashes in hex, the body exactly as stored. */
const pageOf = async ({ tx }: Entered, from: number, to: number): Promise<Entry[]> => {
  const rows = await tx
    .selectFrom('ledger')
    .select(['seq', 'atUs', sql<string>`encode(prev, 'hex')`.as('prev'), sql<string>`encode(hash, 'hex')`.as('hash'), 'body'])
    .where('seq', '>=', String(from))
    .where('seq', '<', String(to))
    .orderBy('seq')
    .limit(pageSize)
    .execute()
  return rows.map(({ seq, atUs, prev, hash, body }) => ({ seq: Number(seq), at: atUs, prev, hash, body }))
}

type Read = StreamContext['read']

/** The chain, page by page, each in a transaction of its own: entries never change, so no snapshot is needed. */
async function* pages(read: Read, from: number, to: number, signal?: AbortSignal): AsyncGenerator<Entry[]> {
  let next = from
  while (next < to && !signal?.aborted) {
    const start = next
    const entries = await read((entered) => pageOf(entered, start, to))
    const last = entries.at(-1)
    if (!last) return
    yield entries
    next = last.seq + 1
  }
}

const lengthOf = (read: Read): Promise<number> =>
  read(async ({ tx }) => {
    const newest = await tx.selectFrom('ledger').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
    return newest ? Number(newest.seq) + 1 : 0
  })

/** Has the chain signed as it stands; false when the signer refuses it or cannot be reached. */
const agrees = (services: Services, orgId: OrgId): Promise<boolean> =>
  signCheckpoint(services, orgId).then(
    () => true,
    (error: unknown) => {
      services.ground.onError(error)
      return false
    },
  )

/**
 * JSON Lines as docs/ledger-format.md describes; what leaves the system is on disk first. The whole chain is signed on the way out, so that
 * the closing checkpoint covers exactly what is exported. A chain that the signer refuses (it holds another history) is exported all the
 * same, with the newest checkpoint there is: it is the evidence.
 */
export const exportChain = handleDownload(ledger.export, async function* ({ from, to }, { read, orgId, services, signal }) {
  const { ground } = services
  const agreed = to === undefined && (await agrees(services, orgId))
  await ground.barrier()
  const length = await lengthOf(read)
  const newest = await read(({ tx }) => latestCheckpoint(tx, to))
  const signed = newest ? Number(newest.size) : 0
  // Entries that came after the signature wait for the next export; but nothing is held back when the signature does not cover the end.
  const end = Math.min(to ?? (agreed ? signed : length), length)
  const start = Math.min(from, end)
  yield headerLine({ org: orgId, from: start, to: end })
  for await (const entries of pages(read, start, end, signal)) yield entries.map(entryLine).join('')
  if (newest && (to === undefined ? signed >= end : signed === end)) yield checkpointLine(newest.note)
})

/** The checkpoints that count: stored ones whose signature verifies against the key server's keys. */
const trustedCheckpoints = async (
  read: Read,
  services: Services,
  orgId: OrgId,
): Promise<{ checkpoints: Checkpoint[]; invalid: number | null }> => {
  const keys = await verifierKeys(services, orgId)
  const stored = await read(({ tx }) =>
    tx.selectFrom('ledgerCheckpoint').select(['size', 'note']).orderBy('size', 'desc').limit(100).execute(),
  )
  const checkpoints: Checkpoint[] = []
  for (const { size, note } of stored) {
    const valid =
      keys.length === 0 ||
      (await verifyCheckpoint(note, keys).then(
        () => true,
        () => false,
      ))
    if (!valid) return { checkpoints, invalid: Number(size) }
    checkpoints.push(parseCheckpoint(note))
  }
  return { checkpoints, invalid: null }
}

/** Recomputes one organisation's whole chain against its checkpoints; constant memory. */
export const verifyChain = async (
  { read, orgId, services, signal }: { read: Read; orgId: OrgId; services: Services; signal?: AbortSignal },
  onPage: (done: number, of: number) => void = () => {},
) => {
  const { checkpoints, invalid } = await trustedCheckpoints(read, services, orgId)
  const of = await lengthOf(read)
  if (invalid !== null) {
    const message = `The stored checkpoint over ${invalid} entries does not carry a valid signature of the key server.`
    return { ok: false as const, seq: invalid, kind: 'checkpoint_invalid' as const, entries: 0, message }
  }
  const verifier = createVerifier({ org: orgId, checkpoints })
  let done = 0
  for await (const entries of pages(read, 0, of, signal)) {
    if (!entries.every((entry) => verifier.push(entry))) break
    done += entries.length
    onPage(done, of)
  }
  return verifier.finish()
}

const line = (value: unknown): string => `${JSON.stringify(value)}\n`

export const verify = handleDownload(ledger.verify, async function* (_, context) {
  const progress: string[] = []
  let wake = (): void => {}
  let finished = false
  const verdict = verifyChain(context, (done, of) => {
    progress.push(line({ progress: { done, of } }))
    wake()
  }).finally(() => {
    finished = true
    wake()
  })
  verdict.catch(() => {}) // awaited below
  while (!finished) {
    yield progress.splice(0).join('')
    await new Promise<void>((resolve) => {
      wake = resolve
      if (finished || progress.length > 0) resolve()
    })
  }
  yield progress.splice(0).join('') + line({ verdict: await verdict })
})

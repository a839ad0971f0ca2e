import { hash } from 'node:crypto'
import { largeExport } from './chain.fixture.ts'
import { createRawExportParser } from './export.ts'
import { verifyExport } from './verify-export.ts'

/** Entries a second: the verifier on an export in memory, and bare SHA-256 of the very messages it must hash; their ratio. */
export type VerificationMeasure = { ours: number; peer: number; ratio: number }

/**
 * Verifies an export of `entries` entries with bodies of 372 bytes, hash chain and Merkle root, against one `crypto.hash` call for each
 * body, leaf and tree node without any reading, comparing or copying. Median of `rounds`, both sides alternating.
 */
export async function measureVerification(entries = 100_000, rounds = 5): Promise<VerificationMeasure> {
  const chunks = Array.from(largeExport(entries, 372), (piece) => piece.slice())
  const messages = messagesOf(chunks)
  const ours: number[] = []
  const peer: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const verifying = await seconds(async () => {
      const verdict = await verifyExport(chunks)
      if (!verdict.ok) throw new Error(verdict.message)
    })
    const hashing = await seconds(() => {
      for (const message of messages) hash('sha256', message, 'binary')
    })
    // The first round compiles.
    if (round === 0) continue
    ours.push(entries / verifying)
    peer.push(entries / hashing)
  }
  const ratios = ours.map((value, round) => value / peer[round]!)
  return { ours: median(ours), peer: median(peer), ratio: median(ratios) }
}

const utf8 = new TextEncoder()

function messagesOf(chunks: Uint8Array[]): Uint8Array[] {
  const messages: Uint8Array[] = []
  const parser = createRawExportParser({
    header: () => undefined,
    entry: (entry) => {
      // A body, its leaf and, on average, one node of the tree.
      messages.push(utf8.encode(entry.body as string), new Uint8Array(101), new Uint8Array(65))
    },
    checkpoint: () => undefined,
  })
  for (const chunk of chunks) parser.push(chunk)
  return messages
}

async function seconds(work: () => void | Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}

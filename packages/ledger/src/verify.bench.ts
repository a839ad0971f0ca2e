import { hash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { largeExport } from './chain.fixture.ts'
import { createRawExportParser } from './export.ts'
import { verifyFile } from './verify-file.node.ts'

/** Entries a second: verifying a file, on two threads and on one; bare SHA-256 of the very messages it must hash, on one; ours / peer. */
export type VerificationMeasure = { ours: number; single: number; peer: number; ratio: number; singleRatio: number }

/**
 * Verifies an export of `entries` entries with bodies of 372 bytes, hash chain and Merkle root, against one `crypto.hash` call for each
 * body, leaf and tree node without any reading, parsing, comparing or copying. Median of `rounds`, the sides alternating. The file, of
 * 650 bytes an entry, stands in the directory for temporary files meanwhile.
 */
export async function measureVerification(entries = 500_000, rounds = 3): Promise<VerificationMeasure> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-verify-'))
  try {
    const path = join(folder, 'export.jsonl')
    await writeFile(path, largeExport(entries, 372))
    // A tenth of the messages, hashed ten times: all of them would not fit the memory that verification itself needs.
    const messages = messagesOf(largeExport(entries / 10, 372))
    const times: { ours: number; single: number; peer: number }[] = []
    for (let round = 0; round <= rounds; round++) {
      const peer = await seconds(() => {
        for (let i = 0; i < 10; i++) for (const message of messages) hash('sha256', message, 'binary')
      })
      const single = await seconds(() => verify(path, 1))
      const ours = await seconds(() => verify(path, 2))
      // The first round compiles.
      if (round > 0) times.push({ ours, single, peer })
    }
    return {
      ours: entries / median(times.map((time) => time.ours)),
      single: entries / median(times.map((time) => time.single)),
      peer: entries / median(times.map((time) => time.peer)),
      ratio: median(times.map((time) => time.peer / time.ours)),
      singleRatio: median(times.map((time) => time.peer / time.single)),
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function verify(path: string, threads: number): Promise<void> {
  const verdict = await verifyFile(path, { threads })
  if (!verdict.ok) throw new Error(verdict.message)
}

const utf8 = new TextEncoder()

function messagesOf(chunks: Iterable<Uint8Array>): Uint8Array[] {
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

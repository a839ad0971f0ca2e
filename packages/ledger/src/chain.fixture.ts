import { generateKeyPairSync, sign } from 'node:crypto'
import { signCheckpoint, originOf, type Checkpoint, type Signer } from './checkpoint.ts'
import { bytesToHex, hexInto, hexToBytes } from './encoding.ts'
import { entryLine, headerLine } from './export.ts'
import { createEntryHasher, entryHash, genesis, type Entry } from './format.ts'
import { merkleRoot } from './merkle.ts'
import { formatVkey } from './note.ts'
import { createVerifier, type VerifyOptions } from './verify.ts'
import type { Verdict } from './verdict.ts'

export const ORG = '0197f2a0-0000-7000-8000-00000000000a'
const START = 1767225600000000

export function body(seq: number): string {
  const after = { note: seq % 5 ? 'checked' : 'geprüft \n€', state: 'approved' }
  return JSON.stringify({
    action: 'policy.approved',
    actor: { id: `pe_${seq % 7}`, type: 'person' },
    changes: [{ after, before: null, key: { id: `po_${seq}` }, table: 'policy' }],
    id: `le_${seq}`,
    outcome: 'ok',
    v: 1,
  })
}

/** Chains contents from the genesis, or from `prev` when numbered from elsewhere. */
export function chain(contents: { at: string; body: string }[], org = ORG, from = 0, prev = genesis(org)): Entry[] {
  return contents.map((content, index) => {
    const entry = { ...content, seq: from + index, prev }
    prev = entryHash(org, entry)
    return { ...entry, hash: prev }
  })
}

export function sample(count: number, org = ORG): Entry[] {
  return chain(
    Array.from({ length: count }, (_, seq) => ({ at: String(START + seq * 10), body: body(seq) })),
    org,
  )
}

/** An export of `count` entries, made on the way in pieces of about 64 kB. Each piece is overwritten by the next. */
export function* largeExport(count: number, bodyBytes: number): Generator<Uint8Array> {
  const utf8 = new TextEncoder()
  const hasher = createEntryHasher(ORG)
  const filler = `{"action":"policy.approved","actor":{"id":"pe_1","type":"person"},"changes":[{"after":{"state":"approved"},"before":{"state":"draft"},"key":{"id":"po_1"},"table":"policy"}],"id":"le_1","request":{"id":"rq_1","origin":"`
  const piece = new Uint8Array(1 << 17)
  const encoded = (text: string) => piece.subarray(0, utf8.encodeInto(text, piece).written)
  let prev = genesis(ORG)
  let text = headerLine({ org: ORG, from: 0, to: count })
  for (let seq = 0; seq < count; seq++) {
    const tail = `"},"v":1,"n":${seq}}`
    const content = filler + 'A'.repeat(Math.max(0, bodyBytes - filler.length - tail.length)) + tail
    hexInto(prev, hasher.prev)
    const hash = hasher.entry(seq, START + seq, content)
    text += entryLine({ seq, at: String(START + seq), prev, hash, body: content })
    prev = hash
    if (text.length > 1 << 16) {
      yield encoded(text)
      text = ''
    }
  }
  yield encoded(text)
}

export function checkpointOf(entries: Entry[], org = ORG): Checkpoint {
  const root = bytesToHex(merkleRoot(entries.map(({ hash }) => hexToBytes(hash))))
  const head = entries.at(-1)?.hash ?? genesis(org)
  return { origin: originOf(org), size: entries.length, root, head, extensions: [`head ${head}`] }
}

export function exportOf(
  entries: Entry[],
  { org = ORG, from = 0, to = entries.length + from }: { org?: string; from?: number; to?: number } = {},
): Uint8Array {
  return new TextEncoder().encode(headerLine({ org, from, to }) + entries.map(entryLine).join(''))
}

export function verifyAll(entries: Entry[], options: Partial<VerifyOptions> = {}): Verdict {
  const verifier = createVerifier({ org: ORG, ...options })
  for (const entry of entries) if (!verifier.push(entry)) break
  return verifier.finish()
}

export function newSigner(name: string): Signer & { vkey: string; witnessVkey: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
  return {
    name,
    publicKey: raw,
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
    vkey: formatVkey(name, raw),
    witnessVkey: formatVkey(name, raw, 4),
  }
}

export function signed(entries: Entry[], signer: Signer): Promise<string> {
  return signCheckpoint(checkpointOf(entries), signer)
}

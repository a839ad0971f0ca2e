import {
  checkpointLine,
  entryHash,
  entryLine,
  formatCheckpoint,
  genesis,
  headerLine,
  hexToBytes,
  merkleRoot,
  bytesToHex,
  originOf,
  signCheckpoint,
  formatVkey,
} from '@holdfast/ledger'
import type { Entry } from '@holdfast/ledger'

/** Chains and exports for tests, made with the ledger's own functions. */
export const org = '0198a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b'

export const chainOf = (size: number, word = 'policy.created'): Entry[] => {
  const entries: Entry[] = []
  for (let seq = 0; seq < size; seq++) {
    const content = {
      seq,
      at: String(1_790_000_000_000_000 + seq),
      prev: entries.at(-1)?.hash ?? genesis(org),
      body: JSON.stringify({ v: 1, action: word, n: seq }),
    }
    entries.push({ ...content, hash: entryHash(org, content) })
  }
  return entries
}

/** Chains the same bodies anew, as somebody with the whole database could. */
export const rechained = (entries: readonly Entry[]): Entry[] => {
  const out: Entry[] = []
  for (const { body, at } of entries) {
    const content = { seq: out.length, at, prev: out.at(-1)?.hash ?? genesis(org), body }
    out.push({ ...content, hash: entryHash(org, content) })
  }
  return out
}

export const rootOfChain = (entries: readonly Entry[]): string =>
  bytesToHex(merkleRoot(entries.map(({ hash }) => hexToBytes(hash))))

const checkpointOf = (entries: readonly Entry[]) => ({
  origin: originOf(org),
  size: entries.length,
  root: rootOfChain(entries),
  head: entries.at(-1)?.hash ?? genesis(org),
})
export const noteTextOf = (entries: readonly Entry[]): string => formatCheckpoint(checkpointOf(entries))

/** A fresh Ed25519 key that signs checkpoints as the key server does. */
export const createSigner = async () => {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  const sign = async (message: Uint8Array) =>
    new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, new Uint8Array(message)))
  const name = originOf(org)
  return {
    vkey: formatVkey(name, publicKey),
    note: (entries: readonly Entry[]) => signCheckpoint(checkpointOf(entries), { name, publicKey, sign }),
  }
}

export interface ExportParts {
  to?: number
  note?: string
}

export const exportOf = (entries: readonly Entry[], { to = entries.length, note }: ExportParts = {}): string =>
  headerLine({ org, from: 0, to }) + entries.map(entryLine).join('') + (note === undefined ? '' : checkpointLine(note))

/** The bytes in small pieces, as a network would deliver them. */
export async function* piecesOf(text: string, size = 777): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

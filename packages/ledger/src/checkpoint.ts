import { base64ToBytes, bytesToBase64, bytesToHex, concat, hexToBytes, readU64, writeU64 } from './encoding.ts'
import { LedgerError } from './errors.ts'
import {
  COSIGNATURE_V1,
  ED25519,
  formatNote,
  keyIdOf,
  parseNote,
  parseVkey,
  verifyEd25519,
  type NoteSignature,
  type SignatureType,
  type Vkey,
} from './note.ts'

/**
 * What a ledger was at one moment (C2SP tlog-checkpoint). `root` and `head` in hex; `head` is the hash of entry size − 1, or the
 * genesis of an empty ledger; null in checkpoints of other makers. `extensions` are the lines after the root, `head` included.
 */
export type Checkpoint = { origin: string; size: number; root: string; head: string | null; extensions: string[] }

/** Ed25519. The key may live elsewhere: `sign` gets the bytes and answers 64. */
export type Signer = { name: string; publicKey: Uint8Array; sign: (message: Uint8Array) => Uint8Array | Promise<Uint8Array> }

/** `timeSeconds` is when a witness says it saw the checkpoint; null for the log's own signature. */
export type CheckpointSigner = { name: string; type: SignatureType; timeSeconds: number | null }
export type SignedCheckpoint = { checkpoint: Checkpoint; signers: CheckpointSigner[] }

const HEAD_LINE = /^head ([0-9a-f]{64})$/
const utf8 = new TextEncoder()

export function originOf(org: string): string {
  return `holdfast/${org}`
}

/** The note's text: origin, size, base64 root, extension lines. Throws `malformed_checkpoint`. */
export function formatCheckpoint(checkpoint: Pick<Checkpoint, 'origin' | 'size' | 'root' | 'head'>): string {
  const { origin, size, root, head } = checkpoint
  const text = `${origin}\n${size}\n${bytesToBase64(hexToBytes(root))}\n${head === null ? '' : `head ${head}\n`}`
  const parsed = parseText(text)
  if (parsed.origin !== origin || parsed.size !== size || parsed.head !== head)
    throw malformed('the checkpoint cannot be written')
  return text
}

/** From a signed note or its bare text. Throws `malformed_checkpoint`. Checks no signature. */
export function parseCheckpoint(note: string): Checkpoint {
  return parseText(note.includes('\n\n') ? parseNote(note).text : note)
}

/** The signed note. Throws `invalid_argument` when the signature has not 64 bytes. */
export async function signCheckpoint(
  checkpoint: Pick<Checkpoint, 'origin' | 'size' | 'root' | 'head'>,
  signer: Signer,
): Promise<string> {
  const text = formatCheckpoint(checkpoint)
  const signature = await signWith(signer, utf8.encode(text))
  return formatNote({
    text,
    signatures: [{ name: signer.name, keyId: keyIdOf(signer.name, signer.publicKey, ED25519), signature }],
  })
}

/** Adds a witness's cosignature/v1 (C2SP tlog-cosignature): it saw this checkpoint at `timeSeconds`, consistent with all it saw before. */
export async function cosignCheckpoint(note: string, signer: Signer, timeSeconds: number): Promise<string> {
  const { text, signatures } = parseNote(note)
  parseText(text)
  if (!Number.isSafeInteger(timeSeconds) || timeSeconds < 1) throw new LedgerError('invalid_argument', 'not a time in seconds')
  const time = new Uint8Array(8)
  writeU64(time, 0, timeSeconds)
  const signature = concat(time, await signWith(signer, cosignatureMessage(text, timeSeconds)))
  const keyId = keyIdOf(signer.name, signer.publicKey, COSIGNATURE_V1)
  return formatNote({ text, signatures: [...signatures, { name: signer.name, keyId, signature }] })
}

/**
 * Checks every signature made by a trusted key and answers who signed. Lines of unknown keys are skipped; a trusted key's line that
 * does not verify refuses the whole note, as signed-note demands. A log's own signature counts only under its own origin.
 * Throws `malformed_checkpoint`, `malformed_vkey`, `signature_invalid`, `signer_unknown`.
 */
export async function verifyCheckpoint(note: string, trusted: readonly string[]): Promise<SignedCheckpoint> {
  const { text, signatures } = parseNote(note)
  const checkpoint = parseText(text)
  const signers: CheckpointSigner[] = []
  for (const vkey of trusted.map(parseVkey)) {
    if (vkey.type === ED25519 && vkey.name !== checkpoint.origin) continue
    for (const line of signatures) {
      if (line.name === vkey.name && line.keyId === vkey.keyId) signers.push(await checkLine(text, line, vkey))
    }
  }
  if (signers.length === 0) throw new LedgerError('signer_unknown', 'the checkpoint is signed by no trusted key')
  return { checkpoint, signers }
}

async function checkLine(text: string, line: NoteSignature, vkey: Vkey): Promise<CheckpointSigner> {
  const cosigned = vkey.type === COSIGNATURE_V1
  if (line.signature.length !== (cosigned ? 72 : 64)) throw invalidSignature(vkey)
  const timeSeconds = cosigned ? readU64(line.signature, 0) : null
  if (timeSeconds !== null && !Number.isSafeInteger(timeSeconds)) throw invalidSignature(vkey)
  const message = timeSeconds === null ? utf8.encode(text) : cosignatureMessage(text, timeSeconds)
  if (!(await verifyEd25519(vkey.publicKey, message, line.signature.slice(-64)))) throw invalidSignature(vkey)
  return { name: vkey.name, type: vkey.type, timeSeconds }
}

function cosignatureMessage(text: string, timeSeconds: number): Uint8Array {
  return utf8.encode(`cosignature/v1\ntime ${timeSeconds}\n${text}`)
}

async function signWith(signer: Signer, message: Uint8Array): Promise<Uint8Array> {
  const signature = await signer.sign(message)
  if (signature.length !== 64) throw new LedgerError('invalid_argument', 'an Ed25519 signature has 64 bytes')
  return signature
}

function parseText(text: string): Checkpoint {
  if (!text.endsWith('\n')) throw malformed('the checkpoint does not end in a newline')
  const [origin, size, root, ...extensions] = text.slice(0, -1).split('\n')
  if (!origin || size === undefined || !/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    throw malformed('the checkpoint has no origin and size')
  }
  if (extensions.some((line) => line === '')) throw malformed('the checkpoint has an empty line')
  const head = extensions.map((line) => HEAD_LINE.exec(line)?.[1]).find((hex) => hex !== undefined) ?? null
  return { origin, size: Number(size), root: rootHex(root ?? ''), head, extensions }
}

function rootHex(base64: string): string {
  try {
    const bytes = base64ToBytes(base64)
    if (bytes.length === 32) return bytesToHex(bytes)
  } catch (cause) {
    throw new LedgerError('malformed_checkpoint', 'the root is not base64', { cause })
  }
  throw malformed('the root has not 32 bytes')
}

function malformed(message: string): LedgerError {
  return new LedgerError('malformed_checkpoint', message)
}

function invalidSignature(vkey: Vkey): LedgerError {
  return new LedgerError('signature_invalid', `the signature of ${vkey.name} is not valid`)
}

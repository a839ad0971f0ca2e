import { base64ToBytes, bytesToBase64, bytesToHex, concat, hexToBytes } from './encoding.ts'
import { sha256 } from '#sha256'
import { LedgerError } from './errors.ts'

// C2SP signed-note (c2sp.org/signed-note): text, an empty line, signature lines "— name base64(key id | signature)".

/** Signature types of C2SP signed-note that this package makes and checks; others are carried along unread. */
export const ED25519 = 1
export const COSIGNATURE_V1 = 4
export type SignatureType = typeof ED25519 | typeof COSIGNATURE_V1

/** A line of a note. `keyId` in hex (8 digits). */
export type NoteSignature = { name: string; keyId: string; signature: Uint8Array }
/** `text` is what is signed and ends in a newline. */
export type Note = { text: string; signatures: NoteSignature[] }
/** A verifier key: whom to believe. `publicKey` is raw Ed25519, 32 bytes. */
export type Vkey = { name: string; keyId: string; type: SignatureType; publicKey: Uint8Array }

const MAX_NOTE_LENGTH = 1 << 16
const MAX_SIGNATURES = 100
const SIGNATURE_LINE = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u
const VKEY = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u
// Any control character but the newline, as signed-note forbids them.
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/u
const utf8 = new TextEncoder()

export function formatNote(note: Note): string {
  const lines = note.signatures.map(
    ({ name, keyId, signature }) => `— ${name} ${bytesToBase64(concat(hexToBytes(keyId), signature))}\n`,
  )
  return `${note.text}\n${lines.join('')}`
}

/** Throws `malformed_checkpoint`. Checks no signature. */
export function parseNote(note: string): Note {
  const border = note.lastIndexOf('\n\n')
  if (border < 0 || note.length > MAX_NOTE_LENGTH || !note.endsWith('\n') || CONTROL.test(note) || !note.isWellFormed()) {
    throw new LedgerError('malformed_checkpoint', 'not a signed note')
  }
  const lines = note.slice(border + 2, -1).split('\n')
  if (lines.length > MAX_SIGNATURES) throw new LedgerError('malformed_checkpoint', 'too many signatures')
  return { text: note.slice(0, border + 1), signatures: lines.map(parseSignature) }
}

function parseSignature(line: string): NoteSignature {
  const [, name, base64] = SIGNATURE_LINE.exec(line) ?? []
  if (!name || !base64) throw new LedgerError('malformed_checkpoint', 'not a signature line')
  const bytes = decode(base64, 'malformed_checkpoint')
  if (bytes.length < 5) throw new LedgerError('malformed_checkpoint', 'the signature is too short')
  return { name, keyId: bytesToHex(bytes.subarray(0, 4)), signature: bytes.slice(4) }
}

/** The first four bytes of SHA-256(name | 0x0A | type | key), in hex. */
export function keyIdOf(name: string, publicKey: Uint8Array, type: SignatureType): string {
  return bytesToHex(sha256(concat(utf8.encode(`${name}\n`), Uint8Array.of(type), publicKey))).slice(0, 8)
}

/** `name+key id+base64(type | key)`, to be handed out and kept outside. Throws `malformed_vkey`. */
export function formatVkey(name: string, publicKey: Uint8Array, type: SignatureType = ED25519): string {
  const vkey = `${name}+${keyIdOf(name, publicKey, type)}+${bytesToBase64(concat(Uint8Array.of(type), publicKey))}`
  parseVkey(vkey)
  return vkey
}

/** Throws `malformed_vkey`, for a key id that does not fit its key too. */
export function parseVkey(vkey: string): Vkey {
  const [, name, keyId, base64] = VKEY.exec(vkey) ?? []
  if (!name || !keyId || !base64) throw new LedgerError('malformed_vkey', 'a verifier key reads name+8 hex digits+base64')
  const bytes = decode(base64, 'malformed_vkey')
  const type = bytes[0]
  const publicKey = bytes.slice(1)
  if ((type !== ED25519 && type !== COSIGNATURE_V1) || publicKey.length !== 32) {
    throw new LedgerError('malformed_vkey', 'the key is not Ed25519')
  }
  if (keyIdOf(name, publicKey, type) !== keyId) throw new LedgerError('malformed_vkey', 'the key id does not belong to the key')
  return { name, keyId, type, publicKey }
}

/** Ed25519 by WebCrypto, which Node, browsers and workers share. */
export async function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (signature.length !== 64) return false
  try {
    const key = await crypto.subtle.importKey('raw', concat(publicKey), 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', key, concat(signature), concat(message))
  } catch (cause) {
    // Bytes that are no point of the curve are refused at import by some engines and at verification by others.
    if (cause instanceof DOMException && cause.name === 'DataError') return false
    throw cause
  }
}

function decode(base64: string, code: 'malformed_checkpoint' | 'malformed_vkey'): Uint8Array {
  try {
    return base64ToBytes(base64)
  } catch (cause) {
    throw new LedgerError(code, 'not canonical base64', { cause })
  }
}

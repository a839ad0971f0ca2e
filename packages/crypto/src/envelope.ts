import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { randomPool } from './random.ts'

/**
 * Envelope HFE1 (docs/adr/0004-envelopes.md):
 * `"HFE1" | key id (16) | nonce (12) | tag (16) | ciphertext`, AES-256-GCM, 48 bytes longer than the plaintext.
 */

/** Where a value stands. It is authenticated, not stored: a ciphertext moved to another place does not open. */
export interface EnvelopeContext {
  org: string
  table: string
  column: string
  row: string
}

/** A data key in memory. Made by `importDataKey`, ended by `destroyDataKey`. */
export interface DataKey {
  /** 16 bytes, public: commits to the key. */
  readonly id: Buffer
  /** Outside the JavaScript heap, and three times faster to use than bytes; null once destroyed. */
  secret: KeyObject | null
}

export type EnvelopeErrorCode = 'not_an_envelope' | 'other_key' | 'not_authentic' | 'key_destroyed'

export class EnvelopeError extends Error {
  readonly code: EnvelopeErrorCode

  constructor(code: EnvelopeErrorCode, message: string) {
    super(message)
    this.name = 'EnvelopeError'
    this.code = code
  }
}

const magic = Buffer.from('HFE1', 'latin1')
const keyBytes = 32
const idBytes = 16
const nonceBytes = 12
const tagBytes = 16
const nonceAt = magic.length + idBytes
const tagAt = nonceAt + nonceBytes
/** What an envelope adds to its plaintext. */
export const envelopeOverhead = tagAt + tagBytes

/**
 * GCM does not commit to its key: one ciphertext can be made to open under two keys (Dodis and others, "Fast message franking",
 * CRYPTO 2018). A collision-resistant function of the key in the header, authenticated too, closes that.
 */
const commitment = (secret: KeyObject): Buffer =>
  createHmac('sha256', secret).update('holdfast data key id 1').digest().subarray(0, idBytes)

/** 32 random bytes. Wrap them by the key server before storing. */
export const createDataKeyBytes = (): Buffer => randomBytes(keyBytes)

/** Copies the 32 bytes, so that the caller may zero its own. Throws `RangeError` on another length. */
export const importDataKey = (bytes: Uint8Array): DataKey => {
  if (bytes.length !== keyBytes) throw new RangeError(`a data key has ${keyBytes} bytes, not ${bytes.length}`)
  const secret = createSecretKey(bytes)
  return { id: Buffer.from(commitment(secret)), secret }
}

/** Lets go of the key; its memory is overwritten when it is collected. Sealing or opening with it throws `key_destroyed` from now on. */
export const destroyDataKey = (key: DataKey): void => {
  key.secret = null
}

const part = (text: string): string => {
  if (!text.isWellFormed()) throw new TypeError('an envelope context must be well-formed text')
  return `${text.length}:${text}`
}

/** Lengths before the parts: `("a|b", "c")` and `("a", "b|c")` differ. */
const associatedData = (context: EnvelopeContext, keyId: Buffer): Buffer =>
  Buffer.from(
    `HFE1|${part(context.org)}|${part(context.table)}|${part(context.column)}|${part(context.row)}|${keyId.toString('hex')}`,
  )

/** One call of the random source for many nonces: five times the envelopes a second. */
const nextNonce = randomPool(nonceBytes)

const writeNonce = (target: Buffer): Buffer => {
  nextNonce().copy(target, nonceAt)
  return target.subarray(nonceAt, tagAt)
}

const usable = ({ id, secret }: DataKey): { id: Buffer; secret: KeyObject } => {
  if (!secret) throw new EnvelopeError('key_destroyed', 'this data key has been destroyed')
  return { id, secret }
}

/**
 * Seals a value (text as UTF-8) for one place. Nonces are random: rotate a data key well before 2^32 envelopes
 * (NIST SP 800-38D §8.3). Throws `key_destroyed`.
 */
export const seal = (key: DataKey, context: EnvelopeContext, plaintext: Uint8Array | string): Buffer => {
  const { id, secret } = usable(key)
  const bytes = typeof plaintext === 'string' ? Buffer.from(plaintext) : plaintext
  const envelope = Buffer.allocUnsafe(envelopeOverhead + bytes.length)
  magic.copy(envelope)
  id.copy(envelope, magic.length)
  const cipher = createCipheriv('aes-256-gcm', secret, writeNonce(envelope), { authTagLength: tagBytes })
  cipher.setAAD(associatedData(context, id))
  cipher.update(bytes).copy(envelope, envelopeOverhead)
  cipher.final()
  cipher.getAuthTag().copy(envelope, tagAt)
  return envelope
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Whether the bytes look like an envelope. Says nothing about their authenticity. */
export const isEnvelope = (bytes: Uint8Array): boolean =>
  bytes.length >= envelopeOverhead && asBuffer(bytes).subarray(0, magic.length).equals(magic)

/** The id of the data key that an envelope names, to look the key up. Throws `not_an_envelope`. */
export const keyIdOf = (envelope: Uint8Array): Buffer => {
  if (!isEnvelope(envelope)) throw new EnvelopeError('not_an_envelope', 'these bytes are not an HFE1 envelope')
  return asBuffer(envelope).subarray(magic.length, nonceAt)
}

/**
 * The plaintext of an envelope. Throws `EnvelopeError`: `not_an_envelope`, `other_key` (sealed under another data key),
 * `not_authentic` (changed, or moved from another place), `key_destroyed`.
 */
export const open = (key: DataKey, context: EnvelopeContext, envelope: Uint8Array): Buffer => {
  const { id, secret } = usable(key)
  if (!keyIdOf(envelope).equals(id)) throw new EnvelopeError('other_key', 'this envelope was sealed under another data key')
  const bytes = asBuffer(envelope)
  const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(nonceAt, tagAt), { authTagLength: tagBytes })
  decipher.setAAD(associatedData(context, id))
  decipher.setAuthTag(bytes.subarray(tagAt, envelopeOverhead))
  const plaintext = decipher.update(bytes.subarray(envelopeOverhead))
  try {
    decipher.final()
  } catch {
    plaintext.fill(0)
    throw new EnvelopeError('not_authentic', 'this envelope was changed, or belongs to another place')
  }
  return plaintext
}

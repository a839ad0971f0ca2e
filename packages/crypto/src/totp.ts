import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { toBase32 } from './base32.ts'

/** RFC 6238 with what every authenticator application supports: HMAC-SHA-1, 6 digits, steps of 30 seconds. */
const stepMs = 30_000
const digits = 6

/** 20 random bytes, as long as the hash (RFC 4226 §4, R6). Store sealed. */
export const createTotpSecret = (): Buffer => randomBytes(20)

/** The code of one step (RFC 4226 §5.3). */
export const totpAt = (secret: Uint8Array, step: number, length = digits): string => {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = mac.readUInt8(mac.length - 1) & 0xf
  return ((mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** length).toString().padStart(length, '0')
}

/** The step of an instant, milliseconds since 1970. */
export const totpStep = (nowMs: number): number => Math.floor(nowMs / stepMs)

/**
 * The step whose code was typed, one step of clock difference allowed either way, or null. The caller must refuse a step that is not greater
 * than the last one it accepted for this secret (RFC 6238 §5.2), in one statement: `… set last_step = $n where last_step < $n`.
 * Spaces in the code are ignored. Every candidate is compared, in constant time.
 */
export const matchTotp = (secret: Uint8Array, code: string, nowMs: number): number | null => {
  const typed = Buffer.from(code.replaceAll(/\s/g, ''))
  if (typed.length !== digits) return null
  const current = totpStep(nowMs)
  let matched: number | null = null
  for (const step of [current - 1, current, current + 1]) {
    if (step >= 0 && timingSafeEqual(typed, Buffer.from(totpAt(secret, step)))) matched ??= step
  }
  return matched
}

/** The text of the QR code (the "Key Uri Format" of Google Authenticator, which the others read too). */
export const totpUri = ({ issuer, account, secret }: { issuer: string; account: string; secret: Uint8Array }): string => {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?secret=${toBase32(secret)}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=${digits}&period=${stepMs / 1000}`
}

import { createHash, randomBytes } from 'node:crypto'
import { toBase32 } from './base32.ts'

/** Crockford's base32: no I, L, O, U, and the letters people write for digits are read as those. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const letters = 16

const grouped = (code: string): string => code.replaceAll(/.{4}(?=.)/g, '$&-')

/** Ten codes of 80 random bits, as `k3f9-…` in four groups. Show once, store hashed, accept each once. */
export const createRecoveryCodes = (count = 10): string[] =>
  Array.from({ length: count }, () => grouped(toBase32(randomBytes(10), alphabet)))

/** The code as it was shown, from what a person typed (case, spaces, hyphens, O for 0, I or L for 1), or null when it cannot be one. */
export const normaliseRecoveryCode = (typed: string): string | null => {
  const code = typed.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1')
  return code.length === letters && [...code].every((letter) => alphabet.includes(letter)) ? grouped(code) : null
}

/**
 * SHA-256, 32 bytes, for storage and look-up; the code must be normalised. No slow hash is needed: 80 random bits cannot be
 * searched, unlike a password.
 */
export const hashRecoveryCode = (code: string): Buffer => createHash('sha256').update(`holdfast recovery code 1|${code}`).digest()

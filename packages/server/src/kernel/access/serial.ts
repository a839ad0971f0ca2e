import { randomBytes } from 'node:crypto'

/**
 * A serial of 63 random bits, never 0 (OpenSSH takes that for "none"). A counter would make all issues of an organisation wait for each
 * other; that no serial comes twice is the database's to say (`grant_certificate_pkey`).
 */
export const randomSerial = (): bigint => (randomBytes(8).readBigUInt64BE() >> 1n) | 1n

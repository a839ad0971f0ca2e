import { OrgId } from '@holdfast/contract'
import { randomPool } from '@holdfast/crypto'
import type { z } from 'zod'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

const randomness = randomPool(16)

/** A UUIDv7 (RFC 9562 §5.7) as 16 bytes: milliseconds first, so that ids sort by creation. */
const uuidv7 = (now: number): Buffer => {
  const bytes = Buffer.from(randomness())
  bytes.writeUIntBE(now, 0, 6)
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  return bytes
}

/** A new organisation id. */
export const newOrgId = (): OrgId => {
  const hex = uuidv7(Date.now()).toString('hex')
  return OrgId.parse([hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-'))
}

/** 128 bits in 26 digits of 5 bits; the first digit holds the upper 3. */
const base32 = (bytes: Buffer): string => {
  let text = ''
  let bits = 0
  let held = 2 // so that the last digit ends with the last byte
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff
    held += 8
    while (held >= 5) {
      held -= 5
      text += alphabet[(bits >> held) & 31] ?? ''
    }
  }
  return text
}

/** `<prefix>_<26 Crockford base32 characters>`; see the contract's `id`. */
export const newId = (prefix: string): string => `${prefix}_${base32(uuidv7(Date.now()))}`

/** A new id of the branded type that `schema` parses. */
export const newIdOf = <T extends z.ZodType>(schema: T, prefix: string): z.output<T> => schema.parse(newId(prefix))

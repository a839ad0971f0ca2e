import { randomBytes } from 'node:crypto'

const crockford = '0123456789abcdefghjkmnpqrstvwxyz'

/** `ls_` and a UUIDv7 (RFC 9562 §5.7) in 26 characters of Crockford's base 32. */
export const newSessionId = (nowMs = Date.now()): string => {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(nowMs, 0, 6)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const number = BigInt(`0x${bytes.toString('hex')}`)
  const digits = Array.from({ length: 26 }, (_, index) => crockford[Number((number >> BigInt(125 - index * 5)) & 31n)])
  return `ls_${digits.join('')}`
}

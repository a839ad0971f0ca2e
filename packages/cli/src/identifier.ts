import { randomBytes } from 'node:crypto'
import { ApiKeyId } from '@holdfast/contract'
import type { z } from 'zod'

/** Crockford's base32, lower case. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** A new API key id: `ak_` and a UUIDv7 (RFC 9562 §5.7) as 26 letters. */
export const newApiKeyId = (now = Date.now()): z.output<typeof ApiKeyId> => {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6)
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8)
  let rest = BigInt(`0x${bytes.toString('hex')}`)
  let text = ''
  while (text.length < 26) {
    text = alphabet.charAt(Number(rest & 31n)) + text
    rest >>= 5n
  }
  return ApiKeyId.parse(`ak_${text}`)
}

/** RFC 4648 §6, without padding, as authenticator applications want their secrets. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export const toBase32 = (bytes: Uint8Array, letters: string = alphabet): string => {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += letters.charAt((value >>> bits) & 31)
    }
    value &= (1 << bits) - 1
  }
  return bits > 0 ? text + letters.charAt((value << (5 - bits)) & 31) : text
}

/** Reads either case, spaces and padding. Null when the text is not base32, or has stray bits or letters at its end. */
export const fromBase32 = (text: string): Buffer | null => {
  const clean = text.replaceAll(/\s/g, '').replace(/=+$/, '').toUpperCase()
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const letter of clean) {
    const digit = alphabet.indexOf(letter)
    if (digit < 0) return null
    value = (value << 5) | digit
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((value >>> bits) & 0xff)
    }
    value &= (1 << bits) - 1
  }
  return bits >= 5 || value !== 0 ? null : Buffer.from(bytes)
}

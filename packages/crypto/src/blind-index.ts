import { createHmac } from 'node:crypto'
import { domainToASCII } from 'node:url'

/**
 * One spelling for each mailbox: trimmed, NFC, lower case, the domain in its ASCII form. Null when it has not exactly one `@` with
 * something on both sides or its domain is none. The part before the `@` is compared without case, as every large provider does, although RFC 5321 §2.4
 * would allow it to matter.
 */
export const normaliseEmail = (email: string): string | null => {
  const [local = '', domain = '', ...rest] = email.trim().normalize('NFC').toLowerCase().split('@')
  const ascii = domainToASCII(domain)
  return rest.length > 0 || local === '' || ascii === '' || /\s/.test(local) ? null : `${local}@${ascii}`
}

/**
 * HMAC-SHA256 of a normalised e-mail: equal addresses can be found without being readable, and without the key they cannot
 * be guessed. 32 bytes. Null when it is not an address. The key is 32 bytes, used for nothing else.
 */
export const blindIndex = (key: Uint8Array, email: string): Buffer | null => {
  const normal = normaliseEmail(email)
  return normal === null ? null : createHmac('sha256', key).update(`holdfast e-mail 1|${normal}`).digest()
}

/**
 * The same for any other text that is to be found without being readable. `label` keeps kinds and owners apart: equal texts under two labels
 * have nothing in common. The caller brings the text into its one spelling.
 */
export const blindTextIndex = (key: Uint8Array, label: string, text: string): Buffer =>
  createHmac('sha256', key)
    .update(`holdfast text 1|${JSON.stringify([label, text])}`)
    .digest()

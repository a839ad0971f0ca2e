/** At most this much, as the contract says (5 MiB). */
export const maxContentBytes = 5 * 1024 * 1024

export type Format = 'markdown' | 'pdf'
export interface Draft {
  format: Format
  /** Markdown text, or a PDF in base64: as the contract carries it. */
  content: string
  /** The PDF's own name, to show what was chosen. */
  fileName?: string
}

const utf8 = new TextEncoder()

/** The bytes that are hashed: of the text, or of the PDF itself. */
export const bytesOf = (format: Format, content: string): Uint8Array<ArrayBuffer> =>
  format === 'markdown' ? utf8.encode(content) : Uint8Array.from(atob(content), (character) => character.charCodeAt(0))

/** SHA-256 in hex of what is on the screen: this is what an approval or acknowledgement names, not what somebody says it is. */
export const sha256Of = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('')

const base64Of = (bytes: Uint8Array): string => {
  let text = ''
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(text)
}

/** A dropped or chosen file as a draft; a sentence when it cannot be one. */
export const draftOfFile = async (file: File): Promise<Draft | string> => {
  if (file.size === 0) return `“${file.name}” is empty.`
  if (file.size > maxContentBytes) return `“${file.name}” is larger than 5 MiB.`
  const bytes = new Uint8Array(await file.arrayBuffer())
  const isPdf = String.fromCharCode(...bytes.subarray(0, 5)) === '%PDF-'
  if (isPdf) return { format: 'pdf', content: base64Of(bytes), fileName: file.name }
  if (/\.pdf$/i.test(file.name)) return `“${file.name}” is named like a PDF but is none.`
  try {
    return { format: 'markdown', content: new TextDecoder('utf-8', { fatal: true }).decode(bytes), fileName: file.name }
  } catch {
    return `“${file.name}” is neither a PDF nor text.`
  }
}

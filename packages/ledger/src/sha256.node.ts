import { hash } from 'node:crypto'

/** SHA-256 of bytes, or of a string as UTF-8. 32 bytes. */
export function sha256(data: Uint8Array | string): Uint8Array {
  const out = new Uint8Array(32)
  write(hash('sha256', data, 'binary'), out, 0)
  return out
}

/** As `sha256`, in hex. */
export function sha256Hex(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex')
}

/** As `sha256`, into `out` from `offset`. */
export function sha256Into(data: Uint8Array | string, out: Uint8Array, offset: number): void {
  write(hash('sha256', data, 'binary'), out, offset)
}

// A one-shot hash into a latin1 string ('binary') is four times as fast as one into a Buffer (Node 24): no object with a backing store is made.
function write(digest: string, out: Uint8Array, offset: number): void {
  for (let i = 0; i < 32; i++) out[offset + i] = digest.charCodeAt(i)
}

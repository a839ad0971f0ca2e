import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'

/**
 * Replaces a file in one step. Written in place, a revocation list made sshd refuse 9 of 30 logins that it should have let in
 * (docs/operations/just-in-time-access.md); a list of no bytes would let in everybody, so nothing empty is ever written.
 * `check` sees the temporary file before it takes the place.
 */
export const replaceFile = async (
  file: string,
  content: string | Uint8Array,
  { mode = 0o600, check }: { mode?: number; check?: (temporary: string) => Promise<void> } = {},
): Promise<void> => {
  const bytes = Buffer.from(content)
  if (bytes.length === 0) throw new TypeError(`${file} must not become empty`)
  const temporary = `${file}.${randomBytes(6).toString('hex')}.new`
  try {
    const fd = openSync(temporary, 'wx', mode)
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    await check?.(temporary)
    renameSync(temporary, file)
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** Null when there is none. */
export const readIfThere = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

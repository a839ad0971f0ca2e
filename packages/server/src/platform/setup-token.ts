import { readFile } from 'node:fs/promises'

/** SHA-256 of the one-time set-up token, as `start` left it; null when there is none. */
export const readSetupToken = async (file: string): Promise<Buffer | null> => {
  const hex = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const hash = Buffer.from(hex.trim(), 'hex')
  return hash.length === 32 ? hash : null
}

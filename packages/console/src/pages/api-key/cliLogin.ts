import { apiKey, type InputOf } from '@holdfast/contract'

export type CliRequest = Pick<InputOf<typeof apiKey.authorise>, 'id' | 'secretHash' | 'name'>

const parts = apiKey.authorise.input.pick({ id: true, secretHash: true, name: true })

/** Reads `<id>.<secretHash>.<name>` (the name URL-encoded) after the `#`; null when it is not one. */
export const cliRequestOf = (hash: string): CliRequest | null => {
  const [id, secretHash, ...name] = hash.split('.')
  try {
    const parsed = parts.safeParse({ id, secretHash, name: decodeURIComponent(name.join('.')) })
    return parsed.success ? parsed.data : null
  } catch {
    return null // A stray "%" is not URL-encoding.
  }
}

/** What the terminal shows too: the first 8 hex digits of the secret's hash, in two groups. */
export const fingerprintOf = (secretHash: string): string => `${secretHash.slice(0, 4)} ${secretHash.slice(4, 8)}`

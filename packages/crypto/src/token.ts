import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** 256 random bits as 43 letters of base64url: for links, sessions, API keys. Give it once, store `hashToken` of it. */
export const randomToken = (bytes = 32): string => randomBytes(bytes).toString('base64url')

/** SHA-256 of a token's text, 32 bytes. Enough for tokens of 256 random bits; never for what a person chose. */
export const hashToken = (token: string): Buffer => hash('sha256', token, 'buffer')

/** Equality in constant time, whatever the lengths. */
export const equalTokens = (a: string | Uint8Array, b: string | Uint8Array): boolean => {
  const digest = (value: string | Uint8Array) => hash('sha256', value, 'buffer')
  return timingSafeEqual(digest(a), digest(b))
}

/** `hf_<id>.<secret>`: the prefix lets secret scanners find leaked ones, the id finds the row, the secret proves it. */
const apiKeyFormat = /^hf_(?<id>[A-Za-z0-9_]{1,64})\.(?<secret>[A-Za-z0-9_-]{43})$/

export interface CreatedApiKey {
  /** Shown once. */
  key: string
  /** 32 bytes, for storage. */
  secretHash: Buffer
}

/** Throws `TypeError` when the id has other characters than letters, digits and `_`. */
export const createApiKey = (id: string): CreatedApiKey => {
  const secret = randomToken()
  const key = `hf_${id}.${secret}`
  if (!apiKeyFormat.test(key)) throw new TypeError(`not an API key id: ${id}`)
  return { key, secretHash: hashToken(secret) }
}

/** Null when the text is not an API key. Compare `secretHash` with the stored one by `equalTokens`. */
export const parseApiKey = (text: string): { id: string; secretHash: Buffer } | null => {
  const groups = apiKeyFormat.exec(text)?.groups
  const { id, secret } = groups ?? {}
  return id === undefined || secret === undefined ? null : { id, secretHash: hashToken(secret) }
}

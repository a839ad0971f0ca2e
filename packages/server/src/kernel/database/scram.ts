import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

const iterations = 4096

/**
 * What PostgreSQL keeps of a password (RFC 5803), so that it learns of it, and its log can show, nothing else. Passwords are ASCII here: there is
 * nothing to normalise (RFC 4013).
 */
export const scramVerifier = async (password: string, salt: Buffer = randomBytes(16)): Promise<string> => {
  const salted = await promisify(pbkdf2)(password, salt, iterations, 32, 'sha256')
  const keyed = (text: string): Buffer => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${keyed('Server Key').toString('base64')}`
}

/** 256 random bits, in characters that need quoting nowhere. */
export const newRolePassword = (): string => randomBytes(32).toString('base64url')

import { createHash, createHmac, randomBytes } from 'node:crypto'
import { equalTokens } from '@holdfast/crypto'
import type { Operation, PersonId, SessionId } from '@holdfast/contract'
import type { Gate } from '../gate.ts'
import { minutes } from './lifetimes.ts'
import { stillVerifying, type Secrets } from './secrets.ts'

export const challengeMinutes = 5

/** What a challenge may be answered for. Anything else, anybody else and any other session refuses the answer. */
export type Ceremony =
  | { use: 'sign_in' }
  | { use: 'enrol' | 'confirm'; person: PersonId; session: SessionId }
  /** `act`: see `actOf`. */
  | { use: 'act'; person: PersonId; session: SessionId; act: string }

/** The act itself, hashed: the operation with its whole input, but for the proof that goes with it. */
export const actOf = ({ name }: Operation, input: Record<string, unknown>): string => {
  const { code: _code, passkey: _passkey, ...what } = input
  return createHash('sha256')
    .update(`${name}\n${JSON.stringify(what)}`)
    .digest('hex')
}

const headBytes = 8 + 16
const macBytes = 32
const format = /^[A-Za-z0-9_-]{75}$/

/** The authenticator signs this, and so what it is for: it cannot be said later to have been for something else. */
const macOf = (key: Buffer, head: Buffer, ceremony: Ceremony): Buffer => {
  const { use, person, session, act } = { person: null, session: null, act: null, ...ceremony }
  return createHmac('sha256', key)
    .update('holdfast passkey challenge 1|')
    .update(head)
    .update(JSON.stringify([use, person, session, act]))
    .digest()
}

/** 56 bytes: expiry, 16 random bytes, and an HMAC over both and the ceremony. Nothing is stored until it is answered. Null before set-up. */
export const newChallenge = async (secrets: Secrets, ceremony: Ceremony, now: Date): Promise<string | null> => {
  const [newest] = await secrets.versions('refresh')
  if (!newest) return null
  const head = Buffer.alloc(headBytes)
  head.writeBigUInt64BE(BigInt(now.getTime() + minutes(challengeMinutes)))
  randomBytes(16).copy(head, 8)
  return Buffer.concat([head, macOf(newest.key, head, ceremony)]).toString('base64url')
}

/**
 * Whether we gave out this challenge, lately, for exactly this ceremony, and nobody has answered it; it is used up by asking, whatever
 * becomes of the rest.
 */
export const takeChallenge = async (
  { secrets, gate, now }: { secrets: Secrets; gate: Gate; now: Date },
  challenge: string,
  ceremony: Ceremony,
): Promise<boolean> => {
  if (!format.test(challenge)) return false
  const bytes = Buffer.from(challenge, 'base64url')
  if (bytes.length !== headBytes + macBytes) return false
  const [head, mac] = [bytes.subarray(0, headBytes), bytes.subarray(headBytes)]
  const versions = stillVerifying(await secrets.versions('refresh'), now)
  if (!versions.some(({ key }) => equalTokens(macOf(key, head, ceremony), mac))) return false
  const expiresAt = new Date(Number(head.readBigUInt64BE()))
  if (expiresAt <= now) return false
  const hash = createHash('sha256').update(bytes).digest()
  const [row] = await gate.ask<{ passkey_challenge_use: boolean }>('passkey_challenge_use', [hash, expiresAt])
  return row?.passkey_challenge_use === true
}

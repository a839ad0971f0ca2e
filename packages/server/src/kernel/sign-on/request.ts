import { createHash, createHmac, randomBytes } from 'node:crypto'
import { equalTokens, hashToken } from '@holdfast/crypto'
import type { Gate } from '../gate.ts'
import { minutes } from '../identity/lifetimes.ts'
import { stillVerifying, type Secrets } from '../identity/secrets.ts'

/** How long somebody may take at their provider. */
export const requestMinutes = 10

/** What an answer is for: to sign in, to sign in again with the person present, or to try a connection, or its other signing key, out. */
export type Purpose = 'sign_in' | 'again' | 'test' | 'test_other'
/** Only to be looked at: signs nobody in. */
export const isTrial = (purpose: Purpose): purpose is 'test' | 'test_other' => purpose === 'test' || purpose === 'test_other'
const letters: Record<Purpose, string> = { sign_in: 's', again: 'a', test: 't', test_other: 'o' }
const purposes: Readonly<Record<string, Purpose>> = { s: 'sign_in', a: 'again', t: 'test', o: 'test_other' }

/** A question that we put to a provider through somebody's browser. */
export interface SignOnRequest {
  purpose: Purpose
  /** What comes back with the answer: `state` of OpenID Connect, `ID` of a SAML request. Letters, digits, `-`, `_`; begins with a letter. */
  state: string
  /** Of the ID token. */
  nonce: string
  /** PKCE. */
  verifier: string
  issuedAt: Date
}

const headBytes = 8 + 16
const macBytes = 32
const format = /^(?<purpose>[sato])(?<body>[A-Za-z0-9_-]{75})$/
const browserFormat = /^[A-Za-z0-9_-]{43}$/

/** The cookie that ties requests to this browser: the one it has, or a new one. */
export const browserToken = (held: string | null): string =>
  held !== null && browserFormat.test(held) ? held : randomBytes(32).toString('base64url')

const derive = (key: Buffer, what: string, ...parts: readonly (string | Buffer)[]): Buffer => {
  const hmac = createHmac('sha256', key).update(`holdfast sign-on 1|${what}|`)
  for (const part of parts) hmac.update(part).update('|')
  return hmac.digest()
}

const requestBy = (key: Buffer, purpose: Purpose, head: Buffer, connectionId: string, browser: string): SignOnRequest => {
  const mac = derive(key, purpose, head, connectionId, hashToken(browser))
  const state = letters[purpose] + Buffer.concat([head, mac]).toString('base64url')
  return {
    ...{ purpose, state },
    nonce: derive(key, 'nonce', state, browser).toString('base64url'),
    verifier: derive(key, 'verifier', state, browser).toString('base64url'),
    issuedAt: new Date(Number(head.readBigUInt64BE()) - minutes(requestMinutes)),
  }
}

/**
 * A request for one connection and one browser. Nothing of it is stored: whoever asks for many costs us nothing. Null before set-up.
 */
export const newRequest = async (
  secrets: Secrets,
  { connectionId, browser, purpose }: { connectionId: string; browser: string; purpose: Purpose },
  now: Date,
): Promise<SignOnRequest | null> => {
  const [newest] = await secrets.versions('refresh')
  if (!newest) return null
  const head = Buffer.alloc(headBytes)
  head.writeBigUInt64BE(BigInt(now.getTime() + minutes(requestMinutes)))
  randomBytes(16).copy(head, 8)
  return requestBy(newest.key, purpose, head, connectionId, browser)
}

/** Uses something up for good, whatever becomes of the rest; false when it was used before. It is remembered until it would have expired. */
export const useOnce = async (gate: Gate, kind: string, what: string, expiresAt: Date): Promise<boolean> => {
  const hash = createHash('sha256').update(`${kind}|${what}`).digest()
  const [row] = await gate.ask<{ sso_use: boolean }>('sso_use', [hash, expiresAt])
  return row?.sso_use === true
}

/**
 * The request that an answer belongs to: ours, lately made, for this connection, from this very browser (login CSRF), and not answered yet;
 * it is used up by asking. Null for anything else.
 */
export const takeRequest = async (
  { secrets, gate, now }: { secrets: Secrets; gate: Gate; now: Date },
  { state, connectionId, browser }: { state: string; connectionId: string; browser: string | null },
): Promise<SignOnRequest | null> => {
  const { purpose: letter = '', body = '' } = format.exec(state)?.groups ?? {}
  const purpose = purposes[letter]
  const bytes = Buffer.from(body, 'base64url')
  if (!purpose || bytes.length !== headBytes + macBytes || browser === null) return null
  const head = bytes.subarray(0, headBytes)
  const versions = stillVerifying(await secrets.versions('refresh'), now)
  const genuine = versions
    .map(({ key }) => requestBy(key, purpose, head, connectionId, browser))
    .find((request) => equalTokens(request.state, state))
  const expiresAt = new Date(Number(head.readBigUInt64BE()))
  if (!genuine || expiresAt <= now) return null
  return (await useOnce(gate, 'request', state, expiresAt)) ? genuine : null
}

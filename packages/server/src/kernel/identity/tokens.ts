import { createHmac } from 'node:crypto'
import { equalTokens } from '@holdfast/crypto'
import { OrgId, PersonId, SessionId } from '@holdfast/contract'
import { CompactSign, decodeProtectedHeader, errors, jwtVerify, SignJWT, type JWTPayload } from 'jose'
import { accessTokenMinutes } from './lifetimes.ts'
import { stillVerifying, type Secrets } from './secrets.ts'
import type { SigningKeys } from './signing-keys.ts'

/** What an access token says. No permission is in it: role and liveness are read at each request. */
export interface AccessClaims {
  personId: PersonId
  orgId: OrgId
  sessionId: SessionId
}

/** Issues and checks access tokens (JWT, EdDSA, `at+jwt`) and refresh tokens (C4). */
export interface Tokens {
  signAccess: (claims: AccessClaims, now: Date) => Promise<string>
  /** A statement of a person, as a JWS of its own type: nothing that checks access takes it for a token. */
  signStatement: (statement: Record<string, string>, now: Date) => Promise<string>
  /** Null for anything but a live token of ours. */
  verifyAccess: (token: string, now: Date) => Promise<AccessClaims | null>
  /** `v1.<session>.<sequence>.<HMAC>`: the successor of a token is determined, so that racing refreshes agree. */
  refreshToken: (sessionId: SessionId, sequence: number) => Promise<string>
  /** Null for anything but a token that this installation made. */
  readRefresh: (token: string, now: Date) => Promise<{ sessionId: SessionId; sequence: number } | null>
  /** Reads keys and secrets anew at the next use: after a rotation. */
  forget: () => void
}

export interface TokensOptions {
  keys: SigningKeys
  secrets: Secrets
  /** Issuer; the audience is derived from it. */
  publicUrl: string
}

const type = 'at+jwt' // RFC 9068 §2.1
const algorithm = 'EdDSA'
const clockToleranceSeconds = 5

const mac = (key: Buffer, sessionId: string, sequence: number): string =>
  createHmac('sha256', key).update(`holdfast refresh 1|${sessionId}|${sequence}`).digest('base64url')

const refreshFormat = /^v1\.(?<session>se_[0-9a-z]{26})\.(?<sequence>0|[1-9][0-9]{0,8})\.(?<mac>[A-Za-z0-9_-]{43})$/

/** The key id, when the header is exactly one of ours: a key that comes with the token, or an extension, is nobody's (RFC 8725 §3). */
const keyIdOf = (token: string): string | null => {
  if (token.length > 2_000) return null
  try {
    const { alg, typ, kid, ...others } = decodeProtectedHeader(token)
    return alg === algorithm && typ === type && typeof kid === 'string' && kid.length <= 64 && Object.keys(others).length === 0
      ? kid
      : null
  } catch {
    return null // not a JWT at all
  }
}

const claimsOf = ({ sub, sid, org }: JWTPayload): AccessClaims | null => {
  const [personId, sessionId, orgId] = [PersonId.safeParse(sub), SessionId.safeParse(sid), OrgId.safeParse(org)]
  return personId.success && sessionId.success && orgId.success
    ? { personId: personId.data, sessionId: sessionId.data, orgId: orgId.data }
    : null
}

export const createTokens = ({ keys, secrets, publicUrl }: TokensOptions): Tokens => {
  const audience = `${publicUrl}/api/v1`
  const verified = async (token: string, now: Date): Promise<AccessClaims | null> => {
    const kid = keyIdOf(token)
    const key = kid === null ? null : await keys.verifying(kid, now)
    if (!key) return null
    const { payload } = await jwtVerify(token, key, {
      algorithms: [algorithm],
      typ: type,
      issuer: publicUrl,
      audience,
      requiredClaims: ['exp', 'iat', 'sub', 'sid', 'org'],
      maxTokenAge: accessTokenMinutes * 60,
      clockTolerance: clockToleranceSeconds,
      currentDate: now,
    })
    // jose also accepts lists that contain the audience.
    return payload.iss === publicUrl && payload.aud === audience ? claimsOf(payload) : null
  }

  return {
    signAccess: async ({ personId, orgId, sessionId }, now) => {
      const { kid, key } = await keys.signing(now)
      const issued = Math.floor(now.getTime() / 1000)
      return new SignJWT({ sid: sessionId, org: orgId })
        .setProtectedHeader({ alg: algorithm, typ: type, kid })
        .setSubject(personId)
        .setIssuer(publicUrl)
        .setAudience(audience)
        .setIssuedAt(issued)
        .setExpirationTime(issued + accessTokenMinutes * 60)
        .sign(key)
    },
    signStatement: async (statement, now) => {
      const { kid, key } = await keys.signing(now)
      return new CompactSign(Buffer.from(JSON.stringify(statement)))
        .setProtectedHeader({ alg: algorithm, typ: 'statement+jws', kid })
        .sign(key)
    },
    verifyAccess: async (token, now) => {
      try {
        return await verified(token, now)
      } catch (error) {
        if (error instanceof errors.JOSEError) return null
        throw error
      }
    },
    refreshToken: async (sessionId, sequence) => {
      const [newest] = await secrets.versions('refresh')
      if (!newest) throw new Error('the installation is not set up')
      return `v1.${sessionId}.${sequence}.${mac(newest.key, sessionId, sequence)}`
    },
    readRefresh: async (token, now) => {
      const { session, sequence, mac: given } = refreshFormat.exec(token)?.groups ?? {}
      const sessionId = SessionId.safeParse(session)
      if (!sessionId.success || sequence === undefined || given === undefined) return null
      const versions = stillVerifying(await secrets.versions('refresh'), now)
      const genuine = versions.some(({ key }) => equalTokens(mac(key, sessionId.data, Number(sequence)), given))
      return genuine ? { sessionId: sessionId.data, sequence: Number(sequence) } : null
    },
    forget: () => {
      keys.forget()
      secrets.forget()
    },
  }
}

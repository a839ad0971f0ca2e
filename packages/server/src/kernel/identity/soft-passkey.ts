import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { PasskeyAssertion, PasskeyRegistration } from '@holdfast/contract'
import type { Credential, RelyingParty } from './webauthn.ts'

/** What an authenticator says of itself; anything but the defaults is a lie or a weakness, to see it refused. */
export interface Said {
  origin: string
  rpId: string
  userVerified: boolean
  counter: number
  userHandle: string | undefined
}

/** A passkey in memory (ES256), for the live check of C2 and for tests: it answers challenges as a browser and an authenticator would. */
export interface SoftPasskey {
  credential: Credential
  register: (challenge: string, said?: Partial<Said> & { algorithm?: number }) => PasskeyRegistration
  assert: (challenge: string, said?: Partial<Said>) => PasskeyAssertion
}

const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest()

const clientData = (type: string, challenge: string, origin: string): Buffer =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))

const userPresent = 0x01
const userVerified = 0x04
const attested = 0x40

/** WebAuthn Level 3 §6.1. */
const authenticatorData = ({ rpId, userVerified: verified, counter }: Said, credential = Buffer.alloc(0)): Buffer => {
  const flags = userPresent | (verified ? userVerified : 0) | (credential.length > 0 ? attested : 0)
  const fixed = Buffer.alloc(5)
  fixed.writeUInt8(flags)
  fixed.writeUInt32BE(counter, 1)
  return Buffer.concat([sha256(rpId), fixed, credential])
}

/** An EC2 key as COSE writes it (RFC 9053 §7.1.1): `{1: 2, 3: alg, -1: 1, -2: x, -3: y}`, in CBOR. */
const coseKey = ({ x = '', y = '' }: { x?: string; y?: string }, algorithm = -7): Buffer =>
  Buffer.concat([
    Buffer.from([0xa5, 0x01, 0x02, 0x03, ...(algorithm >= -24 ? [-1 - algorithm + 0x20] : [0x38, -1 - algorithm])]),
    Buffer.from([0x20, 0x01, 0x21, 0x58, 0x20]),
    Buffer.from(x, 'base64url'),
    Buffer.from([0x22, 0x58, 0x20]),
    Buffer.from(y, 'base64url'),
  ])

const uint16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff])

/** `{fmt: "none", attStmt: {}, authData}` in CBOR (§8.7). */
const attestationObject = (data: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from([0xa3, 0x63]),
    Buffer.from('fmt'),
    Buffer.from([0x64]),
    Buffer.from('none'),
    Buffer.from([0x67]),
    Buffer.from('attStmt'),
    Buffer.from([0xa0, 0x68]),
    Buffer.from('authData'),
    Buffer.from([0x59]),
    uint16(data.length),
    data,
  ])

export const createSoftPasskey = ({ id: rpId, origin }: RelyingParty): SoftPasskey => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const credentialId = randomBytes(32)
  const id = credentialId.toString('base64url')
  const honest: Said = { origin, rpId, userVerified: true, counter: 0, userHandle: undefined }
  return {
    credential: { id, publicKey: coseKey(jwk).toString('base64url'), transports: ['internal'] },
    register: (challenge, { algorithm, ...said } = {}) => {
      const all = { ...honest, ...said }
      const credential = Buffer.concat([Buffer.alloc(16), uint16(credentialId.length), credentialId, coseKey(jwk, algorithm)])
      return {
        id,
        response: {
          clientDataJSON: clientData('webauthn.create', challenge, all.origin).toString('base64url'),
          attestationObject: attestationObject(authenticatorData(all, credential)).toString('base64url'),
          transports: ['internal'],
        },
      }
    },
    assert: (challenge, said = {}) => {
      const all = { ...honest, ...said }
      const data = authenticatorData(all)
      const client = clientData('webauthn.get', challenge, all.origin)
      const signature = sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)
      return {
        id,
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: signature.toString('base64url'),
          ...(all.userHandle !== undefined && { userHandle: all.userHandle }),
        },
      }
    },
  }
}

import { generateKeyPairSync } from 'node:crypto'
import { Writable } from 'node:stream'
import { ed25519PublicKey, formatPublicKey, parsePublicKey } from '@holdfast/crypto/ssh'
import { pino } from 'pino'
import { KeyServerRefused, type HostCertificateRequest, type UserCertificateRequest } from '../src/client.ts'
import { startTestKeyServer, type TestKeyServer } from '../src/testing.ts'

/** What the tests of SSH certificates ask for. */
export const org = '0192f0c1-7a2b-7c3d-8e4f-5a6b7c8d9e0f'
export const nowSeconds = 1_800_000_000

/** A key server whose clock stands still, with authorities for `org`. */
export const startSshKeyServer = async (): Promise<TestKeyServer & { logged: () => string }> => {
  let logged = ''
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged += chunk.toString()
      done()
    },
  })
  const server = await startTestKeyServer({ log: pino({ level: 'info' }, sink), now: () => nowSeconds * 1000 })
  await server.client.sshAuthorities(org)
  return { ...server, logged: () => logged }
}

const newKey = (): string => {
  const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  return formatPublicKey(ed25519PublicKey(Buffer.from(x, 'base64url')))
}
export const publicKey = newKey()
export const user = (change: Partial<UserCertificateRequest> = {}): UserCertificateRequest => ({
  ...{ kind: 'user', org, host: 'ho_1', login: 'deploy', publicKey, serial: 7n, keyId: 'grant:gr_1/user:pe_1' },
  ...{ lifetimeSeconds: 300, endsAt: nowSeconds + 3600 },
  ...change,
})
export const host = (change: Partial<HostCertificateRequest> = {}): HostCertificateRequest => ({
  ...{ kind: 'host', org, host: 'ho_1', publicKey, serial: 8n, keyId: 'host:ho_1', lifetimeSeconds: 7 * 86_400 },
  ...change,
})
/** Newest first, retired ones too. */
export const keysOf = async ({ client }: TestKeyServer, purpose: 'user' | 'host' | 'revocations', of = org) => {
  const { authorities } = await client.sshAuthorities(of)
  return authorities[purpose].keys.map((key) => parsePublicKey(key.publicKey))
}
export const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'signed',
    (error: unknown) => (error instanceof KeyServerRefused ? error.code : String(error)),
  )

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { assembleBundle, encodeBundle, verifyBundle } from './bundle.ts'
import {
  assembleCertificate,
  checkCertificate,
  encodeCertificate,
  parseCertificate,
  type CertificateFields,
} from './certificate.ts'
import { encodeKrl, isRevoked } from './krl.ts'
import { grantKeyId, hostPrincipalOf, principalOf } from './principal.ts'
import { fingerprintOf, formatPublicKey, parsePublicKey } from './public-key.ts'
import { signerFromSeed } from './ssh-keygen.fixture.ts'

const vectors = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as Record<string, string>
const vector = (name: string) => vectors[name] ?? ''
const seeded = (byte: number) => signerFromSeed(Buffer.alloc(32, byte))
const [authority, subject, signer] = [seeded(1), seeded(2), seeded(3)]
const at = { org: '0192f0c1-7a2b-7c3d-8e4f-5a6b7c8d9e0f', host: 'ho_01j9zs3m8y5k2r7w4d6c1b0a9g' }
const common = { serial: 42n, validAfter: 1_800_000_000, validBefore: 1_800_000_900, authority: authority.publicKey }
const user: CertificateFields = {
  ...{ ...common, kind: 'user', subject: subject.publicKey, principals: [principalOf({ ...at, login: 'deploy' })] },
  keyId: grantKeyId({ grant: 'gr_01j9zs3m8y5k2r7w4d6c1b0a9e', person: 'pe_01j9zs3m8y5k2r7w4d6c1b0a9f' }),
  criticalOptions: { forceCommand: 'uptime', sourceAddresses: ['192.0.2.0/24', '2001:db8::/32'] },
  extensions: ['permit-pty', 'permit-port-forwarding'],
}
const host: CertificateFields = {
  ...{ ...common, kind: 'host', subject: parsePublicKey(vector('securityKey')), keyId: `host:${at.host}` },
  principals: [hostPrincipalOf(at), 'web1.example.com', '192.0.2.7'],
}
const issue = (fields: CertificateFields): string => {
  const bytes = encodeCertificate(fields, Buffer.alloc(32, 4))
  return assembleCertificate(bytes, authority.sign(bytes))
}
const inARow = Array.from({ length: 50 }, (_, n) => BigInt(9000 + n))
const serials = [3n, 42n, 100n, 102n, 103n, 107n, 200n, 5000n, ...inARow]

describe('the formats have not changed', () => {
  it('keys and certificates', () => {
    expect(formatPublicKey(authority.publicKey)).toBe(vector('authority'))
    expect(issue(user)).toBe(vector('user'))
    expect(issue(host)).toBe(vector('host'))
    const expected = { kind: 'user', principal: user.principals[0] ?? '', authorities: [authority.publicKey] } as const
    checkCertificate(parseCertificate(vector('user')), { ...expected, nowSeconds: 1_800_000_000 })
  })

  it('revocation lists and bundles', () => {
    const krl = encodeKrl({
      ...{ version: 7n, createdAt: 1_800_000_000, comment: 'vector' },
      certificates: [{ authority: authority.publicKey, serials, keyIds: ['grant:gr_01/user:pe_02'] }],
      keys: [signer.publicKey],
      fingerprints: [fingerprintOf(subject.publicKey)],
    })
    expect(krl.toString('hex')).toBe(vector('krl'))
    const bytes = encodeBundle({
      ...{ org: at.org, kind: 'user', version: 7n, createdAt: 1_800_000_000, expiresAt: 1_800_000_600, krl },
      ...{ authorities: [authority.publicKey], signers: [signer.publicKey] },
    })
    const bundle = assembleBundle(bytes, [{ publicKey: signer.publicKey, signature: signer.sign(bytes) }])
    expect(bundle.toString('hex')).toBe(vector('bundle'))
    const expected = { trusted: [parsePublicKey(vector('signer'))], org: at.org, kind: 'user', minVersion: 7n } as const
    const { revoked } = verifyBundle(Buffer.from(vector('bundle'), 'hex'), { ...expected, nowSeconds: 1_800_000_000 })
    expect(isRevoked(revoked, parseCertificate(vector('user')))).toBe(true)
    expect(isRevoked(revoked, parsePublicKey(vector('securityKey')))).toBe(false)
  })
})

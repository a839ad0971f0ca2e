import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assembleBundle, encodeBundle, verifyBundle, type BundleExpectation, type BundleFields } from './bundle.ts'
import { SshError, type SshErrorCode } from './error.ts'
import { encodeKrl } from './krl.ts'
import { createSigner, type TestSigner } from './ssh-keygen.fixture.ts'

const authority = createSigner()
const signer = createSigner()
const next = createSigner()
const krl = encodeKrl({
  version: 7n,
  createdAt: 1000,
  certificates: [{ authority: authority.publicKey, serials: [4n, 5n], keyIds: [] }],
})
const fields: BundleFields = {
  ...{ org: 'o1', kind: 'user', version: 7n, createdAt: 1000, expiresAt: 1600, krl },
  authorities: [authority.publicKey],
  signers: [signer.publicKey],
}
const signedBy = (signers: readonly TestSigner[], change: Partial<BundleFields> = {}): Buffer => {
  const bytes = encodeBundle({ ...fields, ...change })
  return assembleBundle(
    bytes,
    signers.map(({ publicKey, sign }) => ({ publicKey, signature: sign(bytes) })),
  )
}
const expected: BundleExpectation = { trusted: [signer.publicKey], org: 'o1', kind: 'user', minVersion: 7n, nowSeconds: 1599 }
const verify = (bytes: Uint8Array, change: Partial<BundleExpectation> = {}): SshErrorCode | 'fine' => {
  try {
    verifyBundle(bytes, { ...expected, ...change })
    return 'fine'
  } catch (error) {
    if (error instanceof SshError) return error.code
    throw error
  }
}

describe('a bundle', () => {
  it('says what it was made from, when it is signed by whom one believes', () => {
    const bundle = verifyBundle(signedBy([signer]), expected)
    expect(bundle).toMatchObject(fields)
    expect(bundle.revoked.certificates[0]?.serials).toEqual([{ from: 4n, to: 5n }])
  })

  it('is refused when it is older, for another organisation or kind, or expired', () => {
    const bundle = signedBy([signer])
    expect(verify(bundle, { minVersion: 8n })).toBe('older_version')
    expect(verify(bundle, { minVersion: 6n })).toBe('fine')
    expect(verify(bundle, { org: 'o2' })).toBe('other_organisation')
    expect(verify(bundle, { kind: 'host' })).toBe('other_kind')
    expect(verify(bundle, { nowSeconds: 1600 })).toBe('expired')
    expect(verify(bundle, { nowSeconds: 1600, allowExpired: true })).toBe('fine')
    expect(verify(bundle, { minVersion: 8n, allowExpired: true })).toBe('older_version')
  })

  it('is refused when nobody, a stranger, or a key of another purpose signed', () => {
    expect(verify(signedBy([]))).toBe('not_authentic')
    expect(verify(signedBy([next]))).toBe('not_authentic')
    expect(verify(signedBy([authority]))).toBe('not_authentic')
    expect(verify(signedBy([{ ...next, publicKey: signer.publicKey }]))).toBe('not_authentic')
    expect(verify(signedBy([signer]), { trusted: [] })).toBe('not_authentic')
  })

  it('leads from one signer to the next', () => {
    const both = [next.publicKey, signer.publicKey]
    const { signers } = verifyBundle(signedBy([next, signer], { signers: both }), expected)
    const later = signedBy([next], { signers: [next.publicKey] })
    expect(verify(later)).toBe('not_authentic')
    expect(verify(later, { trusted: signers })).toBe('fine')
  })

  it('is refused when its list is empty, of another version, or no list', () => {
    expect(verify(signedBy([signer], { krl: Buffer.alloc(0) }))).toBe('malformed_krl')
    expect(verify(signedBy([signer], { krl: encodeKrl({ version: 6n, createdAt: 0 }) }))).toBe('malformed_bundle')
    expect(verify(signedBy([signer], { krl: krl.subarray(0, 60) }))).toBe('malformed_krl')
    expect(verify(signedBy([signer], { signers: [] }))).toBe('malformed_bundle')
  })

  it('is refused after any byte was changed, and wherever it was cut', () => {
    const bundle = signedBy([signer])
    for (let at = 0; at < bundle.length; at += 1) {
      const changed = Buffer.from(bundle)
      changed.writeUInt8(changed.readUInt8(at) ^ 0x10, at)
      expect(['malformed_bundle', 'not_authentic']).toContain(verify(changed))
      expect(verify(bundle.subarray(0, at))).toBe('malformed_bundle')
    }
    expect(verify(Buffer.concat([bundle, Buffer.alloc(1)]))).toBe('malformed_bundle')
    expect(verify(Buffer.alloc(0))).toBe('malformed_bundle')
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void expect(verify(bytes)).toBe('malformed_bundle')))
  })
})

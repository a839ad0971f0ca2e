import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  assembleCertificate,
  checkCertificate,
  encodeCertificate,
  parseCertificate,
  type Certificate,
  type CertificateFields,
  type Expectation,
} from './certificate.ts'
import type { SshErrorCode } from './error.ts'
import type { PublicKey } from './public-key.ts'
import { codeOf, createSigner, securityKey, sshKeygen } from './ssh-keygen.fixture.ts'

const tool = sshKeygen()
const authority = createSigner()
const subject = createSigner().publicKey
const others: Record<'rsa' | 'p256' | 'sk', PublicKey> = { rsa: subject, p256: subject, sk: securityKey() }

beforeAll(() => {
  others.rsa = tool.makeKey('rsa', '-t', 'rsa', '-b', '2048')
  others.p256 = tool.makeKey('p256', '-t', 'ecdsa', '-b', '256')
})
afterAll(() => tool.remove())

const issue = (fields: CertificateFields): string => {
  const bytes = encodeCertificate(fields)
  return assembleCertificate(bytes, authority.sign(bytes))
}
const valid = (): CertificateFields => ({
  kind: 'user',
  subject,
  serial: 1n,
  keyId: 'grant:g1/user:p1',
  principals: ['o:o1:h:h1:u:deploy'],
  validAfter: 1_800_000_000,
  validBefore: 1_800_000_900,
  authority: authority.publicKey,
})

describe('what is not written', () => {
  it.each<[string, SshErrorCode, () => Partial<CertificateFields>]>([
    ['no principals', 'principal_refused', () => ({ principals: [] })],
    ['two principals', 'principal_refused', () => ({ principals: ['o:o1:h:h1:u:a', 'o:o1:h:h1:u:b'] })],
    ['a bare login', 'principal_refused', () => ({ principals: ['root'] })],
    ['an empty principal', 'principal_refused', () => ({ principals: [''] })],
    ['a host for a user', 'principal_refused', () => ({ principals: ['o:o1:h:h1'] })],
    ['a user for a host', 'principal_refused', () => ({ kind: 'host', principals: ['o:o1:h:h1:u:root'] })],
    ['a pattern for a host', 'principal_refused', () => ({ kind: 'host', principals: ['o:o1:h:h1', '*.example.com'] })],
    ['a name first', 'principal_refused', () => ({ kind: 'host', principals: ['example.com'] })],
    ['serial 0', 'serial_refused', () => ({ serial: 0n })],
    ['a negative serial', 'serial_refused', () => ({ serial: -1n })],
    ['a serial of 65 bits', 'serial_refused', () => ({ serial: 1n << 64n })],
    ['no key id', 'key_id_refused', () => ({ keyId: '' })],
    ['a newline in the key id', 'key_id_refused', () => ({ keyId: 'a\nb' })],
    ['an end before the beginning', 'validity_refused', () => ({ validBefore: 1_799_999_999 })],
    ['no end', 'validity_refused', () => ({ validBefore: Number.POSITIVE_INFINITY })],
    ['parts of seconds', 'validity_refused', () => ({ validAfter: 1.5 })],
    ['a time before 1970', 'validity_refused', () => ({ validAfter: -1 })],
    ['options for a host', 'option_refused', () => ({ kind: 'host', principals: ['o:o1:h:h1'], extensions: ['permit-pty'] })],
    ['an empty command', 'option_refused', () => ({ criticalOptions: { forceCommand: '' } })],
    ['a command of two lines', 'option_refused', () => ({ criticalOptions: { forceCommand: 'ls\nrm' } })],
    ['a network with host bits', 'option_refused', () => ({ criticalOptions: { sourceAddresses: ['10.0.0.1/8'] } })],
    ['no networks', 'option_refused', () => ({ criticalOptions: { sourceAddresses: [] } })],
    ['two networks in one', 'option_refused', () => ({ criticalOptions: { sourceAddresses: ['10.0.0.0/8,0.0.0.0/0'] } })],
    ['an extension twice', 'option_refused', () => ({ extensions: ['permit-pty', 'permit-pty'] })],
    ['an unknown extension', 'option_refused', () => ({ extensions: ['permit-everything' as 'permit-pty'] })],
    ['another kind of authority', 'key_not_accepted', () => ({ authority: others.p256 })],
  ])('%s', (_name, code, change) => {
    expect(codeOf(() => encodeCertificate({ ...valid(), ...change() }))).toBe(code)
  })

  it('a signature of another length', () => {
    expect(codeOf(() => assembleCertificate(encodeCertificate(valid()), Buffer.alloc(63)))).toBe('malformed_certificate')
  })
})

describe('looking at a certificate', () => {
  const expected = (): Expectation => ({
    kind: 'user',
    principal: 'o:o1:h:h1:u:deploy',
    authorities: [authority.publicKey],
    nowSeconds: 1_800_000_000,
  })
  const check = (certificate: Certificate, change: Partial<Expectation> = {}) =>
    codeOf(() => checkCertificate(certificate, { ...expected(), ...change }))

  it('lets through what fits, to the last second', () => {
    const certificate = parseCertificate(issue(valid()))
    expect(check(certificate)).toBe('fine')
    expect(check(certificate, { nowSeconds: 1_800_000_899 })).toBe('fine')
  })

  it.each<[SshErrorCode, Partial<Expectation>]>([
    ['other_principal', { principal: 'o:o1:h:h1:u:root' }],
    ['other_principal', { principal: 'o:o1:h:h2:u:deploy' }],
    ['other_principal', { principal: 'o:o2:h:h1:u:deploy' }],
    ['other_principal', { principal: '' }],
    ['other_kind', { kind: 'host' }],
    ['other_authority', { authorities: [] }],
    ['other_authority', { authorities: [createSigner().publicKey] }],
    ['not_yet_valid', { nowSeconds: 1_799_999_999 }],
    ['expired', { nowSeconds: 1_800_000_900 }],
  ])('%s %o', (code, change) => {
    expect(check(parseCertificate(issue(valid())), change)).toBe(code)
  })

  it('finds a signature by somebody else in the name of the authority', () => {
    const bytes = encodeCertificate(valid())
    expect(check(parseCertificate(assembleCertificate(bytes, createSigner().sign(bytes))))).toBe('not_authentic')
  })

  it('finds every changed byte', () => {
    const line = issue(valid())
    const { type, blob } = parseCertificate(line)
    const before = check(parseCertificate(line))
    expect(before).toBe('fine')
    for (let at = 0; at < blob.length; at += 1) {
      const changed = Buffer.from(blob)
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
      expect(codeOf(() => checkCertificate(parseCertificate(`${type} ${changed.toString('base64')}`), expected()))).not.toBe(
        'fine',
      )
    }
  })
})

describe('malformed certificates', () => {
  const malformed: SshErrorCode[] = ['malformed_certificate', 'malformed_key', 'key_not_accepted']
  const parse = (type: string, blob: Buffer) => codeOf(() => parseCertificate(`${type} ${blob.toString('base64')}`))

  it('cut anywhere, or lengthened', () => {
    for (const key of [subject, ...Object.values(others)]) {
      const { type, blob } = parseCertificate(issue({ ...valid(), subject: key }))
      for (let length = 0; length < blob.length; length += 1) expect(malformed).toContain(parse(type, blob.subarray(0, length)))
      expect(parse(type, Buffer.concat([blob, Buffer.alloc(1)]))).toBe('malformed_certificate')
    }
  })

  it('any bytes changed: an SshError or a certificate, nothing else', () => {
    const { type, blob } = parseCertificate(issue(valid()))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(blob.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), (changes) => {
        const changed = Buffer.from(blob)
        for (const [at, value] of changes) changed.writeUInt8(value, at)
        expect([...malformed, 'fine']).toContain(parse(type, changed))
      }),
      { numRuns: 2000 },
    )
  })

  it('lengths that lie', () => {
    const { type, blob } = parseCertificate(issue(valid()))
    for (let at = 0; at + 4 <= blob.length; at += 1) {
      const changed = Buffer.from(blob)
      changed.writeUInt32BE(0xffff_ffff, at)
      expect([...malformed, 'fine']).toContain(parse(type, changed))
    }
  })

  it.each([
    ['a NUL in the principal', 'o:o1:h:h1:u:deploy', 'o:o1:h:h1:u:dep\0oy'],
    ['a newline in the principal', 'o:o1:h:h1:u:deploy', 'o:o1:h:h1:u:dep\noy'],
    ['a NUL in the key id', 'grant:g1/user:p1', 'grant:g1/user\0p1'],
    ['a newline in the key id', 'grant:g1/user:p1', 'grant:g1/user\np1'],
    ['what is not UTF-8', 'grant:g1/user:p1', 'grant:g1/user\xffp1'],
    ['a kind of 3', '\0\0\0\x01\0\0\0\x10', '\0\0\0\x03\0\0\0\x10'],
    ['another type inside', 'ssh-ed25519-cert-v01', 'ssh-ed25519-cert-v02'],
  ])('%s', (_name, from, to) => {
    const { type, blob } = parseCertificate(issue(valid()))
    const text = blob.toString('latin1')
    expect(text).toContain(from)
    expect(parse(type, Buffer.from(text.replace(from, to), 'latin1'))).toBe('malformed_certificate')
  })

  it('texts that are not one line of type and base64', () => {
    const line = issue(valid())
    const [type = '', base64 = ''] = line.split(' ')
    const texts = [
      '',
      ' ',
      type,
      `${type} `,
      `${type} !!!!`,
      `${type} ${base64.slice(0, -4)}=`,
      `${type} ${base64}\nroot`,
      `x ${base64}`,
    ]
    for (const text of [
      ...texts,
      `${type} ${base64}\0`,
      `ssh-ed25519 ${base64}`,
      `${type} ${'A'.repeat(70_000)}`,
      randomBytes(99).toString('latin1'),
    ])
      expect([text, codeOf(() => parseCertificate(text))]).toEqual([text, 'malformed_certificate'])
  })

  it('options out of order, or twice', () => {
    const { type, blob } = parseCertificate(issue({ ...valid(), extensions: ['permit-pty', 'permit-user-rc'] }))
    const text = blob.toString('latin1')
    const swapped = text.replace('permit-user-rc', 'permit-abcd-ef')
    expect(parse(type, Buffer.from(swapped, 'latin1'))).toBe('malformed_certificate')
  })
})

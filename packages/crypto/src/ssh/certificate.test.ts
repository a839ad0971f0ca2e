import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  assembleCertificate,
  checkCertificate,
  encodeCertificate,
  formatCertificate,
  parseCertificate,
  validityOf,
  type Certificate,
  type CertificateFields,
  type Expectation,
} from './certificate.ts'
import { SshError, type SshErrorCode } from './error.ts'
import { extensionNames } from './options.ts'
import { hostPrincipalOf, principalOf } from './principal.ts'
import { parsePublicKey, type PublicKey } from './public-key.ts'
import { createSigner, listing, listings, securityKey, sshKeygen } from './ssh-keygen.fixture.ts'
import { createReader } from './wire.ts'

const tool = sshKeygen()
const authority = createSigner()
const subjects: { name: string; key: PublicKey }[] = []
const kindsOfKey = [
  ['ed25519', '-t', 'ed25519'],
  ['p256', '-t', 'ecdsa', '-b', '256'],
  ['p384', '-t', 'ecdsa', '-b', '384'],
  ['p521', '-t', 'ecdsa', '-b', '521'],
  ['rsa', '-t', 'rsa', '-b', '2048'],
] as const

beforeAll(() => {
  for (const [name, ...options] of kindsOfKey) subjects.push({ name, key: tool.makeKey(name, ...options) })
  const key = securityKey()
  tool.write('sk.pub', `${key.type} ${key.blob.toString('base64')}\n`)
  subjects.push({ name: 'sk', key })
  tool.makeKey('ca', '-t', 'ed25519')
})
afterAll(() => tool.remove())

const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789_-']
const part = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 64 })
const printable = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 200,
})
const serial = fc.bigInt({ min: 1n, max: 0xffff_ffff_ffff_ffffn })
const times = fc
  .tuple(fc.integer({ min: 1, max: 4e9 }), fc.integer({ min: 1, max: 2_592_000 }))
  .map(([validAfter, seconds]) => ({ validAfter, validBefore: validAfter + seconds }))
const network = fc.constantFrom('10.0.0.0/8', '192.0.2.7/32', '0.0.0.0/0', '2001:db8::/32', '::1/128', 'fe80::/10')
const command = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }).filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text))
const subject = fc.nat().map((index) => subjects[index % subjects.length]!)

const account = fc.record({ org: part, host: part, login: part })
const common = { subject, serial, keyId: printable, times }
const someOptions = fc.record(
  { forceCommand: command, sourceAddresses: fc.uniqueArray(network, { minLength: 1 }) },
  { requiredKeys: [] },
)
const user = fc
  .record({ ...common, account, criticalOptions: someOptions, extensions: fc.shuffledSubarray([...extensionNames]) })
  .map(({ subject: { key }, account: who, times: valid, ...rest }): CertificateFields => {
    return { kind: 'user', ...rest, ...valid, subject: key, principals: [principalOf(who)], authority: authority.publicKey }
  })
const names = fc.uniqueArray(
  fc.constantFrom('web1.example.com', 'localhost', '192.0.2.7', '2001:db8::7', 'xn--bcher-kva.example'),
)
const host = fc
  .record({ ...common, account, names })
  .map(({ subject: { key }, account: at, times: valid, names: others, ...rest }): CertificateFields => {
    return {
      kind: 'host',
      ...rest,
      ...valid,
      subject: key,
      principals: [hostPrincipalOf(at), ...others],
      authority: authority.publicKey,
    }
  })

const issue = (fields: CertificateFields): string => {
  const bytes = encodeCertificate(fields)
  return assembleCertificate(bytes, authority.sign(bytes))
}
const codeOf = (work: () => unknown): SshErrorCode | 'fine' => {
  try {
    work()
    return 'fine'
  } catch (error) {
    if (error instanceof SshError) return error.code
    throw error
  }
}
const valid = (): CertificateFields => ({
  kind: 'user',
  subject: subjects[0]!.key,
  serial: 1n,
  keyId: 'grant:g1/user:p1',
  principals: ['o:o1:h:h1:u:deploy'],
  validAfter: 1_800_000_000,
  validBefore: 1_800_000_900,
  authority: authority.publicKey,
})

describe('what we write', () => {
  it('reads ssh-keygen -L as we meant it, and so do we', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(user, host), { minLength: 30, maxLength: 30 }), (all) => {
        const lines = all.map(issue)
        tool.write('ours-cert.pub', `${lines.join('\n')}\n`)
        const { stdout, stderr } = tool.run('-L', '-f', 'ours-cert.pub')
        expect(stderr).toBe('')
        expect(listings(stdout)).toEqual(lines.map((line) => listing(parseCertificate(line))))
        for (const [index, line] of lines.entries()) {
          const { kind, serial: number, keyId, principals, validAfter, validBefore, criticalOptions } = parseCertificate(line)
          const fields = all[index]!
          expect({ kind, serial: number, keyId, principals, validAfter, validBefore }).toEqual({
            kind: fields.kind,
            serial: fields.serial,
            keyId: fields.keyId,
            principals: fields.principals,
            validAfter: fields.validAfter,
            validBefore: fields.validBefore,
          })
          expect(criticalOptions.get('force-command')).toBe(fields.criticalOptions?.forceCommand)
        }
      }),
      { numRuns: 8 },
    )
  })

  it('has a terminal and nothing else unless more is asked for', () => {
    const certificate = parseCertificate(issue(valid()))
    expect([...certificate.extensions.keys()]).toEqual(['permit-pty'])
    expect(certificate.criticalOptions.size).toBe(0)
    const { kind, ...rest } = valid()
    expect(kind).toBe('user')
    expect(parseCertificate(issue({ ...rest, kind: 'host', principals: ['o:o1:h:h1'] })).extensions.size).toBe(0)
  })

  it('has another nonce each time', () => {
    expect(encodeCertificate(valid()).equals(encodeCertificate(valid()))).toBe(false)
  })
})

describe('what ssh-keygen writes', () => {
  const signed = fc.record({
    subject,
    serial,
    keyId: printable,
    account,
    times,
    criticalOptions: someOptions,
    isHost: fc.boolean(),
  })

  it('is what we read, and what we would have written', () => {
    fc.assert(
      fc.property(signed, ({ subject: { name, key }, account: who, times: { validAfter, validBefore }, ...rest }) => {
        const principal = rest.isHost ? hostPrincipalOf(who) : principalOf(who)
        const { forceCommand, sourceAddresses } = rest.criticalOptions
        const options = [
          ...(forceCommand === undefined ? [] : ['-O', `force-command=${forceCommand}`]),
          ...(sourceAddresses === undefined ? [] : ['-O', `source-address=${sourceAddresses.join(',')}`]),
        ]
        const valid = `0x${validAfter.toString(16)}:0x${validBefore.toString(16)}`
        const which = rest.isHost ? ['-h'] : ['-O', 'clear', '-O', 'permit-pty', ...options]
        const more = ['-I', rest.keyId, '-n', principal, '-z', String(rest.serial), '-V', valid]
        expect(tool.run('-q', '-s', 'ca', ...which, ...more, `${name}.pub`)).toMatchObject({ status: 0, stderr: '' })
        const certificate = parseCertificate(tool.read(`${name}-cert.pub`))
        expect(listings(tool.run('-L', '-f', `${name}-cert.pub`).stdout)).toEqual([listing(certificate)])
        const fields: CertificateFields = {
          kind: rest.isHost ? 'host' : 'user',
          ...{ subject: key, serial: rest.serial, keyId: rest.keyId, principals: [principal], validAfter, validBefore },
          ...(rest.isHost ? {} : { criticalOptions: rest.criticalOptions }),
          authority: certificate.authority,
        }
        const reader = createReader(certificate.blob)
        reader.string()
        expect(encodeCertificate(fields, reader.string())).toEqual(certificate.signed)
        const expected = { kind: fields.kind, principal, authorities: [certificate.authority], nowSeconds: validAfter }
        expect(codeOf(() => checkCertificate(certificate, expected))).toBe('fine')
      }),
      { numRuns: 40 },
    )
  })

  it.each([
    ['without end', ['-V', 'always:forever', '-n', 'root']],
    ['from some day', ['-V', '20270101000000Z:forever', '-n', 'root']],
    ['until some day', ['-V', 'always:20270101000000Z', '-n', 'root']],
    ['without principals', ['-V', '+5m']],
    ['with several', ['-V', '+5m', '-n', 'root,alice,bob']],
    ['with options of its own', ['-V', '+5m', '-n', 'root', '-O', 'verify-required', '-O', 'no-touch-required']],
    ['in other letters', ['-V', '+5m', '-n', 'ålice', '-I', 'Ünïcode 2']],
  ])('is read %s', (_name, options) => {
    expect(tool.run('-q', '-s', 'ca', '-I', 'any key id', '-z', '0', ...options, 'ed25519.pub')).toMatchObject({ status: 0 })
    const line = tool.read('ed25519-cert.pub')
    const certificate = parseCertificate(line)
    expect(listings(tool.run('-L', '-f', 'ed25519-cert.pub').stdout)).toEqual([listing(certificate)])
    expect(formatCertificate(certificate, 'made for a test')).toBe(line)
  })

  it('is read, and not believed, when the authority is not Ed25519', () => {
    const rsa = parsePublicKey(tool.read('rsa.pub'))
    expect(tool.run('-q', '-s', 'rsa', '-I', 'x', '-n', 'o:o1:h:h1:u:root', 'ed25519.pub').status).toBe(0)
    const certificate = parseCertificate(tool.read('ed25519-cert.pub'))
    expect(certificate.signature.type).toBe('rsa-sha2-512')
    const expected: Expectation = { kind: 'user', principal: 'o:o1:h:h1:u:root', authorities: [rsa], nowSeconds: 1_900_000_000 }
    expect(codeOf(() => checkCertificate(certificate, expected))).toBe('not_authentic')
  })
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
    ['another kind of authority', 'key_not_accepted', () => ({ authority: subjects[1]!.key })],
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
    for (const { key } of subjects) {
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

describe('validity', () => {
  it('is from a minute ago to the lifetime or the end of the grant', () => {
    expect(validityOf({ nowSeconds: 1000.9, lifetimeSeconds: 300 })).toEqual({ validAfter: 940, validBefore: 1300 })
    expect(validityOf({ nowSeconds: 1000, lifetimeSeconds: 300, endsAt: 1100 })).toEqual({ validAfter: 940, validBefore: 1100 })
    expect(validityOf({ nowSeconds: 1000, lifetimeSeconds: 300, endsAt: 9999 })).toEqual({ validAfter: 940, validBefore: 1300 })
    expect(codeOf(() => validityOf({ nowSeconds: 1000, lifetimeSeconds: 300, endsAt: 1000 }))).toBe('validity_refused')
    expect(codeOf(() => validityOf({ nowSeconds: 1000, lifetimeSeconds: 0 }))).toBe('validity_refused')
    expect(codeOf(() => validityOf({ nowSeconds: 1000, lifetimeSeconds: Number.NaN }))).toBe('validity_refused')
  })
})

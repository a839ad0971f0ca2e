import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  assembleCertificate,
  checkCertificate,
  encodeCertificate,
  formatCertificate,
  parseCertificate,
  validityOf,
  type CertificateFields,
  type Expectation,
} from './certificate.ts'
import { extensionNames } from './options.ts'
import { hostPrincipalOf, principalOf } from './principal.ts'
import { parsePublicKey, type PublicKey } from './public-key.ts'
import { codeOf, createSigner, listing, listings, securityKey, sshKeygen } from './ssh-keygen.fixture.ts'
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

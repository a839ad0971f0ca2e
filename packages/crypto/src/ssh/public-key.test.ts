import { afterAll, describe, expect, it } from 'vitest'
import type { SshErrorCode } from './error.ts'
import { ed25519PublicKey, fingerprintOf, formatPublicKey, parsePublicKey, publicKeyFromBlob } from './public-key.ts'
import { codeOf, createSigner, securityKey, sshKeygen } from './ssh-keygen.fixture.ts'
import { mpint, string } from './wire.ts'

const tool = sshKeygen()
afterAll(() => tool.remove())

describe('public keys', () => {
  it.each([
    ['ed25519'],
    ['ecdsa', '-b', '256'],
    ['ecdsa', '-b', '384'],
    ['ecdsa', '-b', '521'],
    ['rsa', '-b', '2048'],
    ['rsa', '-b', '3072'],
  ])('%s %s %s', (type, ...options) => {
    const name = [type, ...options].join('')
    const key = tool.makeKey(name, '-t', type, ...options)
    expect(formatPublicKey(key, 'made for a test')).toBe(tool.read(`${name}.pub`))
    expect(tool.run('-l', '-f', `${name}.pub`).stdout).toContain(` ${fingerprintOf(key)} `)
    expect(publicKeyFromBlob(key.blob)).toEqual(key)
    for (let length = 0; length < key.blob.length; length += 1)
      expect(['malformed_key', 'key_not_accepted']).toContain(codeOf(() => publicKeyFromBlob(key.blob.subarray(0, length))))
    expect(codeOf(() => publicKeyFromBlob(Buffer.concat([key.blob, Buffer.of(0)])))).toBe('malformed_key')
  })

  it('of security keys', () => {
    const key = securityKey()
    tool.write('sk.pub', `${formatPublicKey(key)}\n`)
    expect(tool.run('-l', '-f', 'sk.pub').stdout).toContain(` ${fingerprintOf(key)} `)
    expect(parsePublicKey(tool.read('sk.pub'))).toEqual(key)
  })

  const rsa = (exponent: Buffer, modulus: Buffer) => Buffer.concat([string('ssh-rsa'), mpint(exponent), mpint(modulus)])
  const three = Buffer.of(3)
  const modulusOf = (bytes: number, last = 1) => Buffer.concat([Buffer.of(0x80), Buffer.alloc(bytes - 2), Buffer.of(last)])
  it.each<[string, SshErrorCode, Buffer]>([
    ['Ed25519 of 31 bytes', 'malformed_key', Buffer.concat([string('ssh-ed25519'), string(Buffer.alloc(31))])],
    ['RSA of 1,024 bits', 'key_not_accepted', rsa(three, modulusOf(128))],
    ['RSA of 16,392 bits', 'key_not_accepted', rsa(three, modulusOf(2049))],
    ['an even exponent', 'malformed_key', rsa(Buffer.of(4), modulusOf(256))],
    ['exponent 1', 'malformed_key', rsa(Buffer.of(1), modulusOf(256))],
    ['an even modulus', 'malformed_key', rsa(three, modulusOf(256, 2))],
    ['a negative modulus', 'malformed_key', Buffer.concat([string('ssh-rsa'), mpint(three), string(modulusOf(256))])],
    [
      'needless zeros',
      'malformed_key',
      Buffer.concat([string('ssh-rsa'), mpint(three), string(Buffer.concat([Buffer.of(0, 0), modulusOf(256)]))]),
    ],
    [
      'a point off its curve',
      'malformed_key',
      Buffer.concat([
        string('ecdsa-sha2-nistp256'),
        string('nistp256'),
        string(Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)])),
      ]),
    ],
    [
      'another curve',
      'malformed_key',
      Buffer.concat([string('ecdsa-sha2-nistp256'), string('nistp384'), string(Buffer.alloc(65, 4))]),
    ],
    ['DSA', 'key_not_accepted', Buffer.concat([string('ssh-dss'), string('x')])],
    ['a certificate', 'key_not_accepted', Buffer.concat([string('ssh-ed25519-cert-v01@openssh.com'), string('x')])],
    ['nothing', 'malformed_key', Buffer.alloc(0)],
    ['too much', 'malformed_key', Buffer.alloc(5000)],
  ])('not %s', (_name, code, blob) => {
    expect(codeOf(() => publicKeyFromBlob(blob))).toBe(code)
  })

  it('not from texts that are something else', () => {
    const line = formatPublicKey(createSigner().publicKey)
    const [type = '', base64 = ''] = line.split(' ')
    const texts = [
      '',
      type,
      base64,
      `ssh-rsa ${base64}`,
      `restrict ${line}`,
      `${line}\n${line}`,
      `${type} ${base64}\0`,
      `${type} -${base64}`,
      `${type} ${base64}=`,
    ]
    for (const text of texts) expect([text, codeOf(() => parsePublicKey(text))]).toEqual([text, 'malformed_key'])
    expect(codeOf(() => formatPublicKey(parsePublicKey(line), 'two\nlines'))).toBe('line_refused')
    expect(codeOf(() => ed25519PublicKey(Buffer.alloc(31)))).toBe('malformed_key')
    expect(parsePublicKey(`  ${type}\t${base64}   a comment of words \n`).type).toBe('ssh-ed25519')
  })
})

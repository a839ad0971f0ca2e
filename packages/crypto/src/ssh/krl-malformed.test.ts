import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeKrl, parseKrl } from './krl.ts'
import { fingerprintOf } from './public-key.ts'
import { codeOf, createSigner } from './ssh-keygen.fixture.ts'
import { string, u32, u64, u8 } from './wire.ts'

const [authority, other, subject] = [createSigner(), createSigner(), createSigner().publicKey]
const max = 0xffff_ffff_ffff_ffffn
const serials = [...Array.from({ length: 20 }, (_, n) => BigInt(n + 2)), 25n, 29n, 9000n]

describe('malformed lists', () => {
  const good = encodeKrl({
    version: 3n,
    createdAt: 1_800_000_000,
    comment: 'a comment',
    certificates: [
      {
        authority: authority.publicKey,
        serials,
        keyIds: ['a', 'b'],
      },
    ],
    keys: [other.publicKey],
    fingerprints: [fingerprintOf(subject)],
  })
  const parse = (bytes: Uint8Array) => codeOf(() => parseKrl(bytes))

  it('a 0-byte file, garbage, another format', () => {
    expect(parse(Buffer.alloc(0))).toBe('malformed_krl')
    expect(parse(Buffer.from('ssh-ed25519 AAAA\n'))).toBe('malformed_krl')
    const version2 = Buffer.from(good)
    version2.writeUInt32BE(2, 8)
    expect(parse(version2)).toBe('malformed_krl')
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void expect(parse(bytes)).toBe('malformed_krl')))
  })

  it('cut anywhere but between sections, or lengthened', () => {
    const fine = Array.from({ length: good.length }, (_, length) => length).filter(
      (length) => parse(good.subarray(0, length)) === 'fine',
    )
    // A list has no end of its own: that is one reason for the signed bundle around it.
    expect(fine.length).toBeLessThanOrEqual(3)
    expect(parse(Buffer.concat([good, Buffer.of(9)]))).toBe('malformed_krl')
  })

  it('any bytes changed: an SshError or a list, nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), (changes) => {
        const changed = Buffer.from(good)
        for (const [at, value] of changes) changed.writeUInt8(value, at)
        expect(['malformed_krl', 'fine']).toContain(parse(changed))
      }),
      { numRuns: 2000 },
    )
  })

  it('lengths that lie', () => {
    for (let at = 0; at + 4 <= good.length; at += 1) {
      const changed = Buffer.from(good)
      changed.writeUInt32BE(0xffff_ffff, at)
      expect(['malformed_krl', 'fine']).toContain(parse(changed))
    }
  })

  const head = encodeKrl({ version: 1n, createdAt: 0 })
  const certificates = (...inner: Buffer[]) =>
    Buffer.concat([head, u8(1), string(Buffer.concat([string(''), string(''), ...inner]))])
  it.each([
    ['an unknown section', Buffer.concat([head, u8(77), string('')])],
    ['an unknown section of certificates', certificates(u8(0x44), string(''))],
    ['a range backwards', certificates(u8(0x21), string(Buffer.concat([u64(9n), u64(3n)])))],
    ['half a serial', certificates(u8(0x20), string(u32(1)))],
    ['a bitmap past the last serial', certificates(u8(0x22), string(Buffer.concat([u64(max), string(Buffer.of(2))])))],
    ['a bitmap that sshd refuses', certificates(u8(0x22), string(Buffer.concat([u64(1n), string(Buffer.alloc(3000, 1))])))],
    ['a newline in a key id', certificates(u8(0x23), string(string('a\nb')))],
    ['a short fingerprint', Buffer.concat([head, u8(5), string(string('short'))])],
    ['a key that is none', Buffer.concat([head, u8(2), string(string('short'))])],
  ])('%s', (_name, bytes) => {
    expect(parse(bytes)).toBe('malformed_krl')
  })
})

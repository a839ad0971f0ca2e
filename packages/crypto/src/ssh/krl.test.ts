import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assembleCertificate, encodeCertificate, parseCertificate, type Certificate } from './certificate.ts'
import type { SshErrorCode } from './error.ts'
import { encodeKrl, isRevoked, parseKrl, type Krl } from './krl.ts'
import { fingerprintOf, formatPublicKey } from './public-key.ts'
import { encodeSerials, rangesOf, type SerialRange } from './serial-sections.ts'
import { codeOf, createSigner, sshKeygen } from './ssh-keygen.fixture.ts'

const tool = sshKeygen()
const authority = createSigner()
const other = createSigner()
const subject = createSigner().publicKey
const max = 0xffff_ffff_ffff_ffffn

beforeAll(() => tool.write('ca.pub', `${formatPublicKey(authority.publicKey)}\n`))
afterAll(() => tool.remove())

const issue = (serial: bigint, keyId = 'grant:g1/user:p1', by = authority): Certificate => {
  const fields = {
    kind: 'user',
    subject,
    serial,
    keyId,
    principals: ['o:o1:h:h1:u:root'],
    validAfter: 1,
    validBefore: 4e9,
  } as const
  const bytes = encodeCertificate({ ...fields, authority: by.publicKey })
  return parseCertificate(assembleCertificate(bytes, by.sign(bytes)))
}

/** Runs, gaps and lone ones, so that lists, ranges and bitmaps are all worth it somewhere. */
const run = fc
  .tuple(fc.constantFrom(1, 3, 9, 70, 5000, 40_000), fc.constantFrom(1, 1, 1, 2, 3, 20, 2000), fc.nat(50))
  .map(([gap, length, extra]) => ({ gap: gap + extra, length }))
const serialsOf = (start: bigint, runs: readonly { gap: number; length: number }[]): bigint[] => {
  let next = start
  return runs.flatMap(({ gap, length }) => {
    const first = next + BigInt(gap)
    next = first + BigInt(length)
    return Array.from({ length }, (_, n) => first + BigInt(n))
  })
}
const serials = fc
  .tuple(fc.bigInt({ min: 0n, max: 1n << 62n }), fc.array(run, { maxLength: 60 }))
  .map(([start, runs]) => serialsOf(start, runs))
const keyId = fc.stringMatching(/^[\u0021-\u007e]{1,40}$/)

const said = ({ from, to }: SerialRange) => (from === to ? `serial: ${from}` : `serial: ${from}-${to}`)
/** What `ssh-keygen -Q -l` says of the serials, joined where it tells neighbours apart. */
const listed = (output: string): SerialRange[] =>
  joined(
    [...output.matchAll(/^serial: (\d+)(?:-(\d+))?$/gm)].map(([, from = '', to = from]) => ({
      from: BigInt(from),
      to: BigInt(to),
    })),
  )
const joined = (ranges: readonly SerialRange[]): SerialRange[] => {
  const all: { from: bigint; to: bigint }[] = []
  for (const { from, to } of ranges.toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = all.at(-1)
    if (last && from <= last.to + 1n) last.to = to > last.to ? to : last.to
    else all.push({ from, to })
  }
  return all
}
const serialsIn = (krl: Krl) => joined(krl.certificates.flatMap((section) => section.serials))

describe('what we write', () => {
  it('is what ssh-keygen -Q -l reads, and what we read', () => {
    fc.assert(
      fc.property(serials, fc.uniqueArray(keyId, { maxLength: 3 }), serial(), (all, keyIds, version) => {
        const krl = encodeKrl({
          version,
          createdAt: 1_800_000_000,
          certificates: [{ authority: authority.publicKey, serials: all, keyIds }],
        })
        tool.write('ours.krl', krl)
        const { status, stdout } = tool.run('-Q', '-l', '-f', 'ours.krl')
        expect(status).toBe(0)
        expect(stdout).toContain(`# KRL version ${version}\n`)
        expect(listed(stdout)).toEqual(rangesOf(all))
        for (const id of keyIds) expect(stdout).toContain(`\nid: ${id}\n`)
        const read = parseKrl(krl)
        expect({ version: read.version, createdAt: read.createdAt }).toEqual({ version, createdAt: 1_800_000_000 })
        expect(serialsIn(read)).toEqual(rangesOf(all))
        expect(read.certificates.flatMap((section) => section.keyIds)).toEqual(keyIds.toSorted())
      }),
      { numRuns: 60 },
    )
  })

  it('is never longer than what ssh-keygen makes of the same', () => {
    fc.assert(
      fc.property(serials, (all) => {
        tool.write(
          'spec',
          rangesOf(all)
            .map((range) => `${said(range)}\n`)
            .join(''),
        )
        expect(tool.run('-q', '-k', '-f', 'theirs.krl', '-s', 'ca.pub', '-z', '7', 'spec')).toMatchObject({ status: 0 })
        const theirs = Buffer.from(tool.bytes('theirs.krl'))
        const read = parseKrl(theirs)
        expect(serialsIn(read)).toEqual(rangesOf(all))
        const certificates = [{ authority: authority.publicKey, serials: all, keyIds: [] }]
        expect(encodeKrl({ version: 7n, createdAt: read.createdAt, certificates }).length).toBeLessThanOrEqual(theirs.length)
      }),
      { numRuns: 60, examples: [[[1n, 2n, 5003n, 5008n]]] },
    )
  })

  it('goes up to the last serial there is', () => {
    for (const all of [[max], [1n, max - 1n, max], [max - 9n, max - 7n, max - 4n, max - 2n, max]]) {
      tool.write(
        'last.krl',
        encodeKrl({ version: max, createdAt: 0, certificates: [{ authority: authority.publicKey, serials: all, keyIds: [] }] }),
      )
      expect(listed(tool.run('-Q', '-l', '-f', 'last.krl').stdout)).toEqual(rangesOf(all))
      expect(serialsIn(parseKrl(tool.bytes('last.krl')))).toEqual(rangesOf(all))
    }
  })

  it('takes few bytes: 10,000 scattered, 10,000 in a row, every third', () => {
    const scattered = Array.from({ length: 10_000 }, (_, n) => BigInt(n) * 1_000_003n + 1n)
    expect(encodeSerials(scattered).length).toBeLessThan(80_010)
    expect(encodeSerials(Array.from({ length: 10_000 }, (_, n) => BigInt(n + 1)))).toHaveLength(21)
    expect(encodeSerials(Array.from({ length: 10_000 }, (_, n) => BigInt(3 * n + 1))).length).toBeLessThan(4000)
  })

  it('is a list even when it revokes nothing: an empty file would let everybody in', () => {
    const empty = encodeKrl({ version: 1n, createdAt: 0 })
    expect(empty).toHaveLength(44)
    tool.write('empty.krl', empty)
    tool.write('one-cert.pub', `${issueLine(1n)}\n`)
    expect(tool.run('-Q', '-f', 'empty.krl', 'one-cert.pub').stdout).toContain(': ok')
    const nothing = [{ authority: authority.publicKey, serials: [], keyIds: [] }]
    expect(encodeKrl({ version: 1n, createdAt: 0, certificates: nothing })).toEqual(empty)
  })

  it.each<[SshErrorCode, () => unknown]>([
    ['serial_refused', () => encodeSerials([0n])],
    ['serial_refused', () => encodeSerials([max + 1n])],
    [
      'key_id_refused',
      () => encodeKrl({ version: 1n, createdAt: 0, certificates: [{ authority: null, serials: [], keyIds: ['a\nb'] }] }),
    ],
    [
      'key_id_refused',
      () => encodeKrl({ version: 1n, createdAt: 0, certificates: [{ authority: null, serials: [], keyIds: [''] }] }),
    ],
    ['malformed_krl', () => encodeKrl({ version: 1n, createdAt: 0, fingerprints: ['SHA256:short'] })],
    ['malformed_krl', () => encodeKrl({ version: 1n, createdAt: 0, fingerprints: ['MD5:00'] })],
  ])('not %s', (code, work) => {
    expect(codeOf(work)).toBe(code)
  })
})

const issueLine = (number: bigint) => {
  const { type, blob } = issue(number)
  return `${type} ${blob.toString('base64')}`
}
function serial() {
  return fc.bigInt({ min: 1n, max })
}

describe('who is revoked', () => {
  it('for us as for ssh-keygen', () => {
    const small = fc.bigInt({ min: 1n, max: 40n })
    const ids = fc.constantFrom('grant:g1/user:p1', 'grant:g2/user:p1')
    const shown = fc.record({ serial: small, keyId: ids, by: fc.constantFrom(authority, other) })
    const section = fc.record({
      authority: fc.constantFrom(authority.publicKey, other.publicKey, null),
      serials: fc.array(small, { maxLength: 10 }),
      keyIds: fc.subarray(['grant:g2/user:p1']),
    })
    fc.assert(
      fc.property(fc.array(section, { maxLength: 3 }), fc.array(shown, { minLength: 12, maxLength: 12 }), (certificates, all) => {
        const bytes = encodeKrl({ version: 1n, createdAt: 0, certificates })
        tool.write('some.krl', bytes)
        const issued = all.map(({ serial: number, keyId: id, by }) => issue(number, id, by))
        const files = issued.map(({ type, blob }, index) => {
          tool.write(`c${index}-cert.pub`, `${type} ${blob.toString('base64')}\n`)
          return `c${index}-cert.pub`
        })
        const answers = tool
          .run('-Q', '-f', 'some.krl', ...files)
          .stdout.trim()
          .split('\n')
        const krl = parseKrl(bytes)
        expect(issued.map((certificate) => isRevoked(krl, certificate))).toEqual(answers.map((line) => line.endsWith('REVOKED')))
      }),
      { numRuns: 40 },
    )
  })

  it.each([
    ['a key', { keys: [subject] }],
    ['a fingerprint', { fingerprints: [fingerprintOf(subject)] }],
    ['the key of the authority', { keys: [authority.publicKey] }],
    ['the fingerprint of the authority', { fingerprints: [fingerprintOf(authority.publicKey)] }],
  ])('by %s', (_name, what) => {
    const bytes = encodeKrl({ version: 1n, createdAt: 0, ...what })
    tool.write('keys.krl', bytes)
    tool.write('key-cert.pub', `${issueLine(5n)}\n`)
    tool.write('key.pub', `${formatPublicKey(subject)}\n`)
    const krl = parseKrl(bytes)
    for (const [file, ours] of [
      ['key-cert.pub', isRevoked(krl, issue(5n))],
      ['key.pub', isRevoked(krl, subject)],
    ] as const)
      expect(tool.run('-Q', '-f', 'keys.krl', file).stdout.includes('REVOKED')).toBe(ours)
    expect(isRevoked(krl, issue(5n))).toBe(true)
    expect(isRevoked(krl, createSigner().publicKey)).toBe(false)
  })

  it('what ssh-keygen revoked by id, key and hash', () => {
    tool.write('key.pub', `${formatPublicKey(subject)}\n`)
    tool.write(
      'spec',
      `id: grant:g9/user:p9\nserial: 7-9\nkey: ${formatPublicKey(other.publicKey)}\nhash: ${fingerprintOf(subject)}\n`,
    )
    expect(tool.run('-q', '-k', '-f', 'mixed.krl', '-s', 'ca.pub', 'spec')).toMatchObject({ status: 0, stderr: '' })
    const krl = parseKrl(tool.bytes('mixed.krl'))
    expect(krl.certificates[0]).toMatchObject({ serials: [{ from: 7n, to: 9n }], keyIds: ['grant:g9/user:p9'] })
    expect(krl.keys).toEqual([other.publicKey])
    expect(isRevoked(krl, subject)).toBe(true)
    expect(isRevoked(krl, issue(1n, 'x', other))).toBe(true)
  })
})

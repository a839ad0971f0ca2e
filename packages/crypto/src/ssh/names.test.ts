import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { authorizedPrincipalsLine, knownHostsAuthorityLine } from './lines.ts'
import { canonicalCidr } from './options.ts'
import {
  checkPrincipals,
  grantKeyId,
  hostPrincipalOf,
  isHostName,
  parseGrantKeyId,
  parsePrincipal,
  principalOf,
} from './principal.ts'
import { assembleCertificate, checkCertificate, encodeCertificate, parseCertificate } from './certificate.ts'
import { formatPublicKey, parsePublicKey } from './public-key.ts'
import { codeOf, createSigner, listings, sshKeygen } from './ssh-keygen.fixture.ts'

const tool = sshKeygen()
beforeAll(() => tool.makeKey('ca', '-t', 'ed25519'))
afterAll(() => tool.remove())

const odd = [
  '',
  '*',
  'a,b',
  'a b',
  'a\0',
  'a\n',
  '\n',
  'a:b',
  'a/b',
  '..',
  'A',
  'é',
  'a?',
  '!a',
  '%h',
  '~',
  '\u202e',
  'a'.repeat(65),
]

describe('principals', () => {
  it('name one account of one host of one organisation, both ways', () => {
    const part = fc.stringMatching(/^[a-z0-9_-]{1,64}$/)
    fc.assert(
      fc.property(fc.record({ org: part, host: part, login: part }), (account) => {
        expect(parsePrincipal(principalOf(account))).toEqual(account)
      }),
    )
  })

  it.each(odd)('have no %j in them', (text) => {
    expect(codeOf(() => principalOf({ org: text, host: 'h', login: 'l' }))).toBe('principal_refused')
    expect(codeOf(() => principalOf({ org: 'o', host: text, login: 'l' }))).toBe('principal_refused')
    expect(codeOf(() => principalOf({ org: 'o', host: 'h', login: text }))).toBe('principal_refused')
    expect(codeOf(() => hostPrincipalOf({ org: 'o', host: text }))).toBe('principal_refused')
    expect(parsePrincipal(text)).toBe(null)
    expect(codeOf(() => checkPrincipals('user', [text]))).toBe('principal_refused')
    expect(codeOf(() => checkPrincipals('user', [`o:o1:h:h1:u:${text}`]))).toBe('principal_refused')
    expect(codeOf(() => checkPrincipals('host', ['o:o1:h:h1', text]))).toBe('principal_refused')
  })

  it('of any login at all are refused, or read by ssh-keygen as one principal, and by us as that account', () => {
    const letter = fc.oneof(fc.constantFrom(...'az09_-:,*?! \t\n\0'), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }))
    const login = fc.array(letter, { maxLength: 12 }).map((letters) => letters.join(''))
    const authority = createSigner()
    const subject = createSigner().publicKey
    fc.assert(
      fc.property(fc.array(login, { minLength: 200, maxLength: 200 }), (logins) => {
        const accounts = ['deploy', ...logins].map((text) => ({ org: 'o1', host: 'h1', login: text }))
        const accepted = accounts.filter((account) => codeOf(() => principalOf(account)) === 'fine')
        const lines = accepted.map((account, index) => {
          const fields = { kind: 'user', serial: BigInt(index + 1), keyId: 'k', validAfter: 1, validBefore: 2 } as const
          const bytes = encodeCertificate({
            ...fields,
            ...{ subject, principals: [principalOf(account)], authority: authority.publicKey },
          })
          return assembleCertificate(bytes, authority.sign(bytes))
        })
        tool.write('odd-cert.pub', `${lines.join('\n')}\n`)
        const read = listings(tool.run('-L', '-f', 'odd-cert.pub').stdout)
        expect(read.map((text) => /^Principals:\n([^\n]*)\nCritical/m.exec(text)?.[1])).toEqual(
          accepted.map(({ login: text }) => `o:o1:h:h1:u:${text}`),
        )
        expect(lines.map((line) => parsePrincipal(parseCertificate(line).principals[0] ?? ''))).toEqual(accepted)
      }),
      { numRuns: 10 },
    )
  })

  it('that ssh-keygen itself puts into a certificate open nothing that they do not name exactly', () => {
    tool.makeKey('someone', '-t', 'ed25519')
    const lists = [
      'o:o1:h:h1:u:deploy,x',
      '*',
      'o:o1:h:h1:u:*',
      'deploy',
      'o:o1:h:h1:u:deploy ',
      'o:o1:h:h1:u:Deploy',
      'o:o2:h:h1:u:deploy',
    ]
    const opens = (names: readonly string[]): boolean => {
      const named = names.flatMap((name) => ['-n', name])
      const { status } = tool.run('-q', '-s', 'ca', '-I', 'k', '-V', '-1m:+5m', ...named, 'someone.pub')
      expect(status).toBe(0)
      const authorities = [parsePublicKey(tool.read('ca.pub'))]
      const nowSeconds = Math.floor(Date.now() / 1000)
      const expected = { kind: 'user', principal: 'o:o1:h:h1:u:deploy', authorities, nowSeconds } as const
      return codeOf(() => checkCertificate(parseCertificate(tool.read('someone-cert.pub')), expected)) === 'fine'
    }
    expect(lists.filter((text) => opens([text]))).toEqual([])
    expect(opens([])).toBe(false)
    expect(opens(['o:o1:h:h1:u:deploy'])).toBe(true)
  })

  it('of hosts may have names and addresses beside them, never patterns', () => {
    for (const name of ['localhost', 'web-1.example.com', '10.0.0.1', '2001:db8::1']) expect(isHostName(name)).toBe(true)
    const refused = [
      '*.example.com',
      'web1.',
      '.web1',
      '-a.b',
      'a-.b',
      'Web1',
      '1.2.3',
      '300.1.1.1',
      'fe80::1%eth0',
      'a..b',
      'a'.repeat(64),
    ]
    for (const name of refused) expect([name, isHostName(name)]).toEqual([name, false])
  })

  it('and key ids lead back to the grant', () => {
    const keyId = grantKeyId({ grant: 'gr_01', person: 'pe_02' })
    expect(keyId).toBe('grant:gr_01/user:pe_02')
    expect(parseGrantKeyId(keyId)).toEqual({ grant: 'gr_01', person: 'pe_02' })
    expect(parseGrantKeyId(`${keyId}/user:pe_03`)).toBe(null)
    expect(codeOf(() => grantKeyId({ grant: 'a/user:b', person: 'c' }))).toBe('key_id_refused')
  })
})

describe('networks', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['192.0.2.7', '192.0.2.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0:0::/32', '2001:db8::/32'],
    ['::', '::/128'],
    ['::1', '::1/128'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1/128'],
    ['fe80::/10', 'fe80::/10'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8/128'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalCidr(text)).toBe(canonical)
    expect(canonicalCidr(canonical)).toBe(canonical)
  })

  it.each([
    '',
    '*',
    '10.0.0.1/8',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '010.0.0.1',
    '10.0.0',
    '::1/129',
    'fe80::1/64',
    'fe80::1%eth0',
    '::ffff:10.0.0.1',
    '10.0.0.0/8,0.0.0.0/0',
    '10.0.0.0/8\n',
    'example.com',
  ])('%j is none', (text) => {
    expect(canonicalCidr(text)).toBe(null)
  })

  it('that we call canonical, ssh-keygen accepts', () => {
    const text = fc.oneof(
      fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 33 })).map(([address, bits]) => `${address}/${bits}`),
      fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 129 })).map(([address, bits]) => `${address}/${bits}`),
      fc.ipV4(),
      fc.ipV6(),
      fc.integer({ min: 0, max: 32 }).map((bits) => `${bits === 0 ? '0.0.0.0' : '128.0.0.0'}/${bits}`),
    )
    const canonical = fc
      .array(text, { minLength: 60, maxLength: 60 })
      .map((all) => all.map(canonicalCidr).filter((one) => one !== null))
    fc.assert(
      fc.property(canonical, (networks) => {
        const option = `source-address=${networks.slice(0, 30).join(',')}`
        expect(tool.run('-q', '-s', 'ca', '-I', 'x', '-n', 'x', '-O', option, 'ca.pub')).toMatchObject({ status: 0, stderr: '' })
      }),
      { numRuns: 20 },
    )
  })
})

describe('lines of files', () => {
  it('restrict first, then permit', () => {
    const principal = 'o:o1:h:h1:u:deploy'
    expect(authorizedPrincipalsLine(principal)).toBe(`restrict,pty ${principal}`)
    expect(authorizedPrincipalsLine(principal, [])).toBe(`restrict ${principal}`)
    expect(authorizedPrincipalsLine(principal, ['permit-pty', 'permit-port-forwarding'])).toBe(
      `restrict,pty,port-forwarding ${principal}`,
    )
    for (const text of [...odd, 'root', 'o:o1:h:h1', `${principal}\nroot`, `${principal} root`])
      expect(codeOf(() => authorizedPrincipalsLine(text))).toBe('principal_refused')
  })

  it('an authority for the hosts of an organisation', () => {
    const { publicKey } = createSigner()
    const line = knownHostsAuthorityLine('o:o1:h:*', publicKey)
    expect(line).toBe(`@cert-authority o:o1:h:* ${formatPublicKey(publicKey)}`)
    tool.write('known_hosts', `${line}\n`)
    expect(tool.run('-F', 'o:o1:h:h7', '-f', 'known_hosts').stdout).toContain('CA')
    for (const text of ['', 'a b', 'a\n*', '#a', '@revoked'])
      expect(codeOf(() => knownHostsAuthorityLine(text, publicKey))).toBe('line_refused')
  })
})

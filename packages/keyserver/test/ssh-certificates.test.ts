import { checkCertificate, parseCertificate, parsePublicKey } from '@holdfast/crypto/ssh'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SshCertificateRequest } from '../src/client.ts'
import { host, keysOf, nowSeconds, org, publicKey, refusal, startSshKeyServer, user } from './ssh-requests.ts'

let server: Awaited<ReturnType<typeof startSshKeyServer>>
beforeAll(async () => {
  server = await startSshKeyServer()
})
afterAll(() => server.close())

describe('certificates', () => {
  it('of users: one account, from a minute ago to the end of the lifetime', async () => {
    const { certificate, ...rest } = await server.client.signCertificate(user())
    expect(rest).toEqual({ validAfter: nowSeconds - 60, validBefore: nowSeconds + 300, authorityVersion: 1 })
    const read = parseCertificate(certificate)
    const principal = `o:${org}:h:ho_1:u:deploy`
    expect(read).toMatchObject({ kind: 'user', serial: 7n, keyId: 'grant:gr_1/user:pe_1', principals: [principal] })
    expect(read.subject).toEqual(parsePublicKey(publicKey))
    expect([[...read.extensions.keys()], read.criticalOptions.size]).toEqual([['permit-pty'], 0])
    checkCertificate(read, { kind: 'user', principal, authorities: await keysOf(server, 'user'), nowSeconds })
  })

  it('of users end with the grant, and have what was asked for', async () => {
    const options = { extensions: ['permit-port-forwarding'], sourceAddresses: ['192.0.2.0/24'], forceCommand: 'uptime' } as const
    const { certificate, validBefore } = await server.client.signCertificate(user({ endsAt: nowSeconds + 20, ...options }))
    expect(validBefore).toBe(nowSeconds + 20)
    const { extensions, criticalOptions } = parseCertificate(certificate)
    expect([...extensions.keys()]).toEqual(['permit-port-forwarding'])
    expect(Object.fromEntries(criticalOptions)).toEqual({ 'force-command': 'uptime', 'source-address': '192.0.2.0/24' })
  })

  it('of hosts: the host, then its names', async () => {
    const { certificate } = await server.client.signCertificate(host({ names: ['web1.example.com', '192.0.2.7'] }))
    const read = parseCertificate(certificate)
    const principal = `o:${org}:h:ho_1`
    expect(read).toMatchObject({ kind: 'host', principals: [principal, 'web1.example.com', '192.0.2.7'] })
    checkCertificate(read, { kind: 'host', principal, authorities: await keysOf(server, 'host'), nowSeconds })
  })

  it('are by keys of their own, for each organisation and purpose', async () => {
    const all = [...(await keysOf(server, 'user')), ...(await keysOf(server, 'host')), ...(await keysOf(server, 'revocations'))]
    for (const purpose of ['user', 'host', 'revocations'] as const) all.push(...(await keysOf(server, purpose, 'another')))
    expect(new Set(all.map(({ blob }) => blob.toString('hex'))).size).toBe(6)
  })

  it('stand in the log of the key server', async () => {
    await server.client.signCertificate(user({ serial: 424_242n }))
    const line = server
      .logged()
      .split('\n')
      .find((text) => text.includes('"serial":"424242"'))
    expect(JSON.parse(line ?? '')).toMatchObject({
      msg: 'certificate signed',
      org,
      kind: 'user',
      principal: `o:${org}:h:ho_1:u:deploy`,
    })
  })

  it('by the hundred at once, a refused one among them harming none', async () => {
    const requests = Array.from({ length: 250 }, (_, n) => user({ serial: BigInt(n) }))
    const answers = await Promise.allSettled(requests.map((request) => server.client.signCertificate(request)))
    expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(1)
    for (const [n, answer] of answers.entries())
      if (answer.status === 'fulfilled') expect(parseCertificate(answer.value.certificate).serial).toBe(BigInt(n))
  })
})

describe('trespassers', () => {
  const odd = ['', '*', 'a,b', 'a\0b', 'a\nb', 'a b', 'a:b', 'x:u:root', '../x', 'Root', 'é', 'a'.repeat(65)]
  const sneaky = (change: Record<string, unknown>) => ({ ...user(), ...change }) as unknown as SshCertificateRequest

  it.each(odd)('no account, host or organisation %j', async (text) => {
    for (const request of [user({ login: text }), user({ host: text }), host({ host: text })])
      expect(await refusal(server.client.signCertificate(request))).toBe('certificate_refused')
    expect(await refusal(server.client.signCertificate(user({ org: text })))).toBe('certificate_refused')
    expect(await refusal(server.client.sshAuthorities(text))).toBe('malformed_request')
  })

  it.each<[string, SshCertificateRequest]>([
    ['16 minutes', user({ lifetimeSeconds: 901 })],
    ['no lifetime', user({ lifetimeSeconds: 0 })],
    ['half a second', user({ lifetimeSeconds: 0.5 })],
    ['31 days for a host', host({ lifetimeSeconds: 31 * 86_400 })],
    ['a grant that has ended', user({ endsAt: nowSeconds })],
    ['no end of the grant', sneaky({ endsAt: undefined })],
    ['serial 0', user({ serial: 0n })],
    ['a negative serial', user({ serial: -7n })],
    ['a serial of 65 bits', user({ serial: 1n << 64n })],
    ['a key id of two lines', user({ keyId: 'grant:a\nroot' })],
    ['no key id', user({ keyId: '' })],
    ['principals of its own', sneaky({ principals: ['root'] })],
    ['a principal of its own', sneaky({ principal: 'o:other:h:h:u:root' })],
    ['times of its own', sneaky({ validBefore: 4_000_000_000 })],
    ['a lifetime that begins tomorrow', sneaky({ validAfter: nowSeconds + 86_400 })],
    ['a host certificate with an account', sneaky({ kind: 'host' })],
    ['a certificate of a third kind', sneaky({ kind: 'revocations' })],
    ['bytes to sign', sneaky({ bytes: 'AAAA' })],
    ['a critical option of its own', sneaky({ criticalOptions: { 'force-command': '' } })],
    ['an unknown extension', sneaky({ extensions: ['permit-everything'] })],
    ['an extension twice', user({ extensions: ['permit-pty', 'permit-pty'] })],
    ['a network with host bits', user({ sourceAddresses: ['10.0.0.1/8'] })],
    ['every address by an empty list', user({ sourceAddresses: [] })],
    ['a command of two lines', user({ forceCommand: 'ls\nrm -rf /' })],
    ['a pattern of names', host({ names: ['*'] })],
    ['an account as a name', host({ names: [`o:${org}:h:ho_2`] })],
    ['a name with a comma', host({ names: ['a.example,b.example'] })],
    ['no key', user({ publicKey: '' })],
    ['two keys', user({ publicKey: `${publicKey}\n${publicKey}` })],
    ['a key with options', user({ publicKey: `restrict ${publicKey}` })],
    ['a key of DSA', user({ publicKey: 'ssh-dss AAAAB3NzaC1kc3M=' })],
  ])('not %s', async (_name, request) => {
    expect(await refusal(server.client.signCertificate(request))).toBe('certificate_refused')
  })

  it('not a certificate for whose key is signed', async () => {
    const { certificate } = await server.client.signCertificate(user())
    expect(await refusal(server.client.signCertificate(user({ publicKey: certificate })))).toBe('certificate_refused')
  })

  it('not for an organisation without authorities, which none are made for by asking', async () => {
    expect(await refusal(server.client.signCertificate(user({ org: 'nobody' })))).toBe('ssh_authority_unknown')
    expect(await refusal(server.client.signCertificate(user({ org: 'nobody' })))).toBe('ssh_authority_unknown')
  })

  it('of one organisation or kind are nothing to another', async () => {
    await server.client.sshAuthorities('other')
    const { certificate } = await server.client.signCertificate(user({ org: 'other' }))
    const read = parseCertificate(certificate)
    const look = { kind: 'user', principal: `o:${org}:h:ho_1:u:deploy`, nowSeconds } as const
    expect(read.principals).not.toContain(look.principal)
    expect(() => checkCertificate(read, { ...look, authorities: [] })).toThrow('not believed')
    const believed = await keysOf(server, 'user')
    expect(() => checkCertificate(read, { ...look, authorities: believed })).toThrow('not believed')
    const ofHost = parseCertificate((await server.client.signCertificate(host())).certificate)
    expect(() => checkCertificate(ofHost, { ...look, authorities: believed })).toThrow('not believed')
  })
})

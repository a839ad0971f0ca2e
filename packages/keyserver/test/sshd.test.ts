import {
  authorizedPrincipalsLine,
  hostPrincipalOf,
  knownHostsAuthorityLine,
  parsePublicKey,
  principalOf,
  verifyBundle,
} from '@holdfast/crypto/ssh'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { HostCertificateRequest, UserCertificateRequest } from '../src/client.ts'
import { startTestKeyServer, type TestKeyServer } from '../src/testing.ts'
import { createSshd, type Sshd } from './sshd.ts'

const at = { org: 'o1', host: 'ho_1' }
const alias = hostPrincipalOf(at)
let behindMs = 0
let server: TestKeyServer
let sshd: Sshd
let serial = 0n

const nowSeconds = () => Math.floor(Date.now() / 1000)
const authority = async (purpose: 'user' | 'host' | 'revocations', org = at.org) => {
  const { authorities } = await server.client.sshAuthorities(org)
  return authorities[purpose].keys.filter(({ state }) => state === 'active').map(({ publicKey }) => publicKey)
}

const giveUser = async (change: Partial<UserCertificateRequest> = {}): Promise<bigint> => {
  serial += 1n
  const request = {
    kind: 'user',
    ...at,
    login: sshd.login,
    publicKey: sshd.userKey,
    serial,
    keyId: 'grant:gr_1/user:pe_1',
  } as const
  const { certificate } = await server.client.signCertificate({
    ...request,
    lifetimeSeconds: 600,
    endsAt: nowSeconds() + 600,
    ...change,
  })
  sshd.write('user-cert.pub', `${certificate}\n`)
  return serial
}
const giveHost = async (change: Partial<HostCertificateRequest> = {}): Promise<bigint> => {
  serial += 1n
  const request = { kind: 'host', ...at, publicKey: sshd.hostKey, serial, keyId: 'host:ho_1', lifetimeSeconds: 86_400 } as const
  sshd.write('host-cert.pub', `${(await server.client.signCertificate({ ...request, ...change })).certificate}\n`)
  return serial
}
/** What an agent does with a bundle. */
const revoke = async (kind: 'user' | 'host', serials: bigint[]): Promise<void> => {
  const version = (serial += 1n)
  const bytes = await server.client.signRevocations({ org: at.org, kind, version, serials, lifetimeSeconds: 600 })
  const trusted = (await authority('revocations')).map(parsePublicKey)
  const { krl } = verifyBundle(bytes, { trusted, org: at.org, kind, minVersion: version, nowSeconds: nowSeconds() })
  sshd.write(kind === 'user' ? 'revoked' : 'revoked-hosts', krl)
}

beforeAll(async () => {
  server = await startTestKeyServer({ now: () => Date.now() - behindMs })
  sshd = createSshd()
  await server.client.sshAuthorities('o2')
})
afterAll(async () => {
  sshd.remove()
  await server.close()
})
beforeEach(async () => {
  behindMs = 0
  sshd.write('authorities', `${(await authority('user')).join('\n')}\n`)
  sshd.write('principals', `${authorizedPrincipalsLine(principalOf({ ...at, login: sshd.login }))}\n`)
  const lines = (await authority('host')).map((line) => knownHostsAuthorityLine('o:o1:h:*', parsePublicKey(line)))
  sshd.write('known_hosts', `${lines.join('\n')}\n`)
  await revoke('user', [])
  await revoke('host', [])
  await giveUser()
  await giveHost()
})

describe('a real sshd, told by the key server', () => {
  it('lets in who has a certificate for the account', async () => {
    expect(await sshd.connect(alias)).toMatchObject({ ok: true })
  })

  it('logs key id and serial', async () => {
    const given = await giveUser()
    expect((await sshd.connect(alias)).said).toContain(`grant:gr_1/user:pe_1 (serial ${given})`)
  })

  it('refuses a revoked serial, and that one only', async () => {
    const given = await giveUser()
    await revoke('user', [given - 1n, given + 1n])
    expect(await sshd.connect(alias)).toMatchObject({ ok: true })
    await revoke('user', [given])
    const { ok, said } = await sshd.connect(alias)
    expect([ok, said]).toEqual([false, expect.stringContaining('revoked')])
  })

  it.each<[string, Partial<UserCertificateRequest>]>([
    ['another login', { login: 'somebody-else' }],
    ['another host', { host: 'ho_2' }],
    ['another organisation', { org: 'o2' }],
    ['another network', { sourceAddresses: ['192.0.2.0/24'] }],
  ])('refuses a certificate for %s', async (_name, change) => {
    await giveUser(change)
    expect(await sshd.connect(alias)).toMatchObject({ ok: false })
  })

  it('refuses an expired certificate', async () => {
    behindMs = 20 * 60_000
    await giveUser()
    expect(await sshd.connect(alias)).toMatchObject({ ok: false, said: expect.stringContaining('expired') })
  })

  it('refuses a host certificate in the place of a user certificate, even where its authority is believed', async () => {
    sshd.write('authorities', `${(await authority('host')).join('\n')}\n`)
    serial += 1n
    const request = { kind: 'host', ...at, publicKey: sshd.userKey, serial, keyId: 'x', lifetimeSeconds: 600 } as const
    sshd.write('user-cert.pub', `${(await server.client.signCertificate(request)).certificate}\n`)
    expect(await sshd.connect(alias)).toMatchObject({ ok: false })
  })

  it('runs the forced command', async () => {
    await giveUser({ forceCommand: 'echo something else' })
    expect(await sshd.connect(alias)).toMatchObject({ ok: false })
    await giveUser({ forceCommand: 'echo let in, by force' })
    expect(await sshd.connect(alias)).toMatchObject({ ok: true })
  })

  it('believes both authorities during a rotation, and a retired one no more even where it is still listed', async () => {
    const older = await authority('user')
    await server.client.rotateSshAuthority(at.org, 'user')
    sshd.write('authorities', `${(await authority('user')).join('\n')}\n`)
    await giveUser({ version: 1 })
    expect(await sshd.connect(alias)).toMatchObject({ ok: true })
    const signedByOlder = async () => sshd.connect(alias)
    await server.client.retireSshAuthority(at.org, 'user', 1)
    sshd.write('authorities', `${[...older, ...(await authority('user'))].join('\n')}\n`)
    await revoke('user', [])
    expect(await signedByOlder()).toMatchObject({ ok: false, said: expect.stringContaining('revoked') })
    await giveUser()
    expect(await sshd.connect(alias)).toMatchObject({ ok: true })
  })
})

describe('a real ssh, told by the key server', () => {
  it('does not talk to another host, a host of another organisation, or one that was revoked', async () => {
    expect(await sshd.connect(hostPrincipalOf({ ...at, host: 'ho_2' }))).toMatchObject({ ok: false })
    await giveHost({ org: 'o2' })
    expect(await sshd.connect(alias)).toMatchObject({ ok: false })
    const given = await giveHost()
    expect(await sshd.connect(alias)).toMatchObject({ ok: true })
    await revoke('host', [given])
    expect(await sshd.connect(alias)).toMatchObject({ ok: false, said: expect.stringContaining('revoked') })
  })
})

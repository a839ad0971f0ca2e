import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRevoked, parseCertificate, verifyBundle } from '@holdfast/crypto/ssh'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keysOf, nowSeconds, org, refusal, startSshKeyServer, user } from './ssh-requests.ts'

let server: Awaited<ReturnType<typeof startSshKeyServer>>
beforeAll(async () => {
  server = await startSshKeyServer()
})
afterAll(() => server.close())

describe('rotation', () => {
  it('lists both keys, signs with the new or the asked for, and forgets a retired one', async () => {
    const at = 'rotating'
    const { client } = server
    await client.sshAuthorities(at)
    const rotated = await client.rotateSshAuthority(at, 'user')
    expect(rotated.authorities.user).toMatchObject({
      current: 2,
      keys: [
        { version: 2, state: 'active' },
        { version: 1, state: 'active' },
      ],
    })
    expect(rotated.authorities.host.keys).toHaveLength(1)
    const [newer, older] = await keysOf(server, 'user', at)
    const signedBy = async (version?: number) => {
      const request = user({ org: at, ...(version === undefined ? {} : { version }) })
      return parseCertificate((await client.signCertificate(request)).certificate).authority
    }
    expect(await signedBy()).toEqual(newer)
    expect(await signedBy(1)).toEqual(older)
    expect(await refusal(signedBy(3))).toBe('version_unknown')
    expect(await refusal(client.retireSshAuthority(at, 'user', 2))).toBe('version_in_use')
    await client.retireSshAuthority(at, 'user', 1)
    expect(await refusal(signedBy(1))).toBe('version_retired')
    await server.restart()
    expect(await refusal(signedBy(1))).toBe('version_retired')
    expect(await signedBy()).toEqual(newer)
    // What the retired one signed is revoked with its key.
    const [trusted] = await keysOf(server, 'revocations', at)
    const bundle = await client.signRevocations({ org: at, kind: 'user', version: 1n, serials: [], lifetimeSeconds: 60 })
    const look = { trusted: trusted ? [trusted] : [], org: at, kind: 'user', minVersion: 1n, nowSeconds } as const
    const { authorities, revoked } = verifyBundle(bundle, look)
    expect(authorities).toEqual([newer])
    expect(older && isRevoked(revoked, older)).toBe(true)
  })

  it('of the master key rewraps every authority, so that the old one can go', async () => {
    const { client } = server
    const before = await keysOf(server, 'user')
    const { version } = await client.rotate('keyserver')
    await client.retire('keyserver', version - 1)
    await server.restart()
    expect(await keysOf(server, 'user')).toEqual(before)
    expect(await refusal(client.signCertificate(user()))).toBe('signed')
    expect(await refusal(client.signCertificate(user({ org: 'rotating' })))).toBe('signed')
  })

  it('by many at once is one after another', async () => {
    await server.client.sshAuthorities('busy')
    await Promise.all(Array.from({ length: 8 }, () => server.client.rotateSshAuthority('busy', 'host')))
    const { authorities } = await server.client.sshAuthorities('busy')
    expect(authorities.host.keys.map(({ version }) => version)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1])
  })
})

describe('revocations', () => {
  const trusted = () => keysOf(server, 'revocations')
  const expected = { org, kind: 'user', minVersion: 1n, nowSeconds } as const

  it('are a bundle that hosts can check: authorities, list, end', async () => {
    const { certificate } = await server.client.signCertificate(user({ serial: 99n }))
    const request = {
      org,
      kind: 'user',
      version: 12n,
      serials: [99n, 100n],
      keyIds: ['grant:gr_5/user:pe_5'],
      lifetimeSeconds: 600,
    } as const
    const bundle = verifyBundle(await server.client.signRevocations(request), { ...expected, trusted: await trusted() })
    expect(bundle).toMatchObject({ org, version: 12n, createdAt: nowSeconds, expiresAt: nowSeconds + 600 })
    expect(bundle.authorities).toEqual(await keysOf(server, 'user'))
    expect(isRevoked(bundle.revoked, parseCertificate(certificate))).toBe(true)
    const free = await server.client.signCertificate(user({ serial: 98n }))
    expect(isRevoked(bundle.revoked, parseCertificate(free.certificate))).toBe(false)
    const byKeyId = await server.client.signCertificate(user({ serial: 97n, keyId: 'grant:gr_5/user:pe_5' }))
    expect(isRevoked(bundle.revoked, parseCertificate(byKeyId.certificate))).toBe(true)
  })

  it('of nothing are a list all the same, and old ones are old', async () => {
    const bytes = await server.client.signRevocations({ org, kind: 'host', version: 3n, serials: [], lifetimeSeconds: 60 })
    const look = { ...expected, kind: 'host', trusted: await trusted() } as const
    expect(verifyBundle(bytes, look).krl.length).toBeGreaterThan(0)
    expect(() => verifyBundle(bytes, { ...look, minVersion: 4n })).toThrow('older')
    expect(() => verifyBundle(bytes, { ...look, nowSeconds: nowSeconds + 60 })).toThrow('expired')
    expect(() => verifyBundle(bytes, { ...look, kind: 'user' })).toThrow('not a bundle for')
  })

  it('reach hosts that know the old signer only, and tell them of the new one', async () => {
    const before = await trusted()
    await server.client.rotateSshAuthority(org, 'revocations')
    const bytes = await server.client.signRevocations({ org, kind: 'user', version: 20n, serials: [], lifetimeSeconds: 60 })
    expect(verifyBundle(bytes, { ...expected, trusted: before }).signers).toEqual(await trusted())
  })

  it('of 10,000 certificates are small and soon made', async () => {
    const serials = Array.from({ length: 10_000 }, (_, n) => BigInt(n * 3 + 1))
    const bytes = await server.client.signRevocations({ org, kind: 'user', version: 30n, serials, lifetimeSeconds: 60 })
    expect(bytes.length).toBeLessThan(6000)
  })

  it.each([
    ['serial 0', 'malformed_request', { serials: [0n] }],
    ['version 0', 'malformed_request', { version: 0n }],
    ['a key id of two lines', 'malformed_request', { keyIds: ['a\nb'] }],
    ['two days', 'malformed_request', { lifetimeSeconds: 172_800 }],
    ['what is no key', 'revocations_refused', { publicKeys: ['ssh-ed25519 AAAA'] }],
    ['an unknown organisation', 'ssh_authority_unknown', { org: 'nobody' }],
  ])('not of %s', async (_name, code, change) => {
    const request = { org, kind: 'user', version: 40n, serials: [], lifetimeSeconds: 60, ...change } as const
    expect(await refusal(server.client.signRevocations(request))).toBe(code)
  })
})

describe('the keys', () => {
  it('are wrapped on the disk, and in no answer or log line', async () => {
    const file = readFileSync(join(server.dir, 'ssh', `${org}.json`), 'utf8')
    // How every Ed25519 key in PKCS #8 begins, in base64.
    for (const text of [file, server.logged(), JSON.stringify(await server.client.sshAuthorities(org))]) {
      expect(text).not.toContain('MC4CAQAwBQYDK2Vw')
      expect(text).not.toMatch(/PRIVATE KEY/)
    }
    expect(JSON.stringify(await server.client.sshAuthorities(org))).not.toContain('wrapped')
  })

  it('of one organisation do not open in the place of another', async () => {
    const path = (name: string) => join(server.dir, 'ssh', `${name}.json`)
    const own = readFileSync(path('busy'))
    writeFileSync(path('busy'), readFileSync(path(org)))
    await server.restart()
    await expect(server.client.signCertificate(user({ org: 'busy' }))).rejects.toThrow('500')
    writeFileSync(path('busy'), own)
    expect(await refusal(server.client.signCertificate(user({ org: 'busy' })))).toBe('signed')
  })
})

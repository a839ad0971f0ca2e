import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureCertificate, ensureLocalAuthority, issueCertificate, type Authority } from '../src/certificates.ts'
import { addressBytes } from '../src/name-constraints.ts'
import { serverNames } from '../src/testing.ts'

const root = mkdtempSync(join(tmpdir(), 'holdfast-ca-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const dayMs = 86_400_000
let authority: Authority
beforeAll(async () => {
  authority = await ensureLocalAuthority(join(root, 'ca'))
})

/** 'ok', or why a Node client refuses the server's certificate. */
const handshake = async (
  issued: { certificatePem: string; privateKeyPem: string },
  ca: string,
  servername: string,
): Promise<string> => {
  const server = createServer({ cert: issued.certificatePem, key: issued.privateKeyPem })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const result = await new Promise<string>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername }, () => resolve('ok'))
    socket.on('error', (error) => resolve(error.message))
    socket.on('close', () => resolve('closed'))
    setTimeout(() => socket.destroy(), 300)
  })
  server.closeAllConnections()
  server.close()
  return result
}

describe('the local authority', () => {
  it('is made once, privately, for five years', async () => {
    expect((await ensureLocalAuthority(join(root, 'ca'))).certificatePem).toBe(authority.certificatePem)
    expect(statSync(join(root, 'ca', 'ca.key')).mode & 0o777).toBe(0o600)
    const certificate = new X509Certificate(authority.certificatePem)
    expect(certificate.ca).toBe(true)
    expect(Math.round((authority.notAfter.getTime() - Date.now()) / dayMs)).toBe(1825)
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
  })

  it('says what is wrong when its files do not belong together', async () => {
    const broken = join(root, 'broken')
    await ensureLocalAuthority(broken)
    writeFileSync(join(broken, 'ca.key'), authority.privateKeyPem)
    await expect(ensureLocalAuthority(broken)).rejects.toThrow('is not the key of')
    rmSync(join(broken, 'ca.key'))
    await expect(ensureLocalAuthority(broken)).rejects.toThrow('restore it or remove both')
  })

  it('issues server certificates that clients accept for loopback', async () => {
    const issued = await issueCertificate({ authority, ...serverNames, usage: 'server' })
    expect(await handshake(issued, authority.certificatePem, 'localhost')).toBe('ok')
    const certificate = new X509Certificate(issued.certificatePem)
    for (const address of ['127.0.0.1', '::1']) expect(certificate.checkIP(address)).toBe(address)
    expect((issued.notAfter.getTime() - Date.now()) / dayMs).toBeLessThanOrEqual(397)
    await expect(issueCertificate({ authority, ...serverNames, usage: 'server', days: 398 })).rejects.toThrow(RangeError)
  })

  it('cannot vouch for other names, even when its key is stolen', async () => {
    const names = { commonName: 'bank.example', dnsNames: ['bank.example'], usage: 'server' } as const
    expect(await handshake(await issueCertificate({ authority, ...names }), authority.certificatePem, 'bank.example')).toBe(
      'permitted subtree violation',
    )
    const wide = await ensureLocalAuthority(join(root, 'wide'), {
      permit: { dnsNames: ['bank.example'], ipAddresses: ['10.0.0.0/8'] },
    })
    expect(await handshake(await issueCertificate({ authority: wide, ...names }), wide.certificatePem, 'bank.example')).toBe('ok')
    const outside = { commonName: 'x', ipAddresses: ['11.0.0.1'], dnsNames: ['localhost'], usage: 'server' } as const
    expect(await handshake(await issueCertificate({ authority: wide, ...outside }), wide.certificatePem, 'localhost')).toBe(
      'permitted subtree violation',
    )
  })

  it('issues anew when absent, near the end, of another authority, or for other names', async () => {
    const files = { certificateFile: join(root, 'leaf.pem'), privateKeyFile: join(root, 'leaf.key') }
    const ensure = async (change: object = {}) =>
      (await ensureCertificate({ authority, ...serverNames, usage: 'server', ...files, ...change })).renewed
    expect(await ensure()).toBe(true)
    expect(await ensure()).toBe(false)
    expect(await ensure({ dnsNames: ['localhost', 'holdfast.localhost'] })).toBe(true)
    expect(await ensure({ days: 20 })).toBe(false)
    writeFileSync(files.privateKeyFile, (await issueCertificate({ authority, ...serverNames, usage: 'server' })).privateKeyPem)
    expect(await ensure({ days: 20 })).toBe(true)
    expect(await ensure()).toBe(true)
    expect(await ensure({ authority: await ensureLocalAuthority(join(root, 'another')) })).toBe(true)
    expect(statSync(files.privateKeyFile).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['127.0.0.1', '7f000001'],
    ['::1', '00000000000000000000000000000001'],
    ['2001:db8::8:800:200c:417a', '20010db80000000000080800200c417a'],
    ['fe80::', 'fe800000000000000000000000000000'],
  ])('reads the address %s', (address, hex) => {
    expect(addressBytes(address).toString('hex')).toBe(hex)
  })

  it('refuses what is no address', () => {
    for (const wrong of ['', 'localhost', '1:2', '1::2::3::4', 'g::1']) expect(() => addressBytes(wrong)).toThrow(TypeError)
  })
})

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createManagedHost, eventually, type ManagedHost } from './managed-host.ts'
import { isRoot, requireMachine } from './machine.ts'
import { startWireServer, type WireServer } from './wire-server.ts'

describe.skipIf(!isRoot)('break-glass', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hf-break-glass-'))
  const at = (name: string) => join(directory, name)
  let server: WireServer
  let host: ManagedHost
  let certificate = ''
  beforeAll(async () => {
    requireMachine()
    server = await startWireServer()
    host = await createManagedHost()
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'offline', '-f', at('ca')])
    writeFileSync(at('user.pub'), `${host.userKey}\n`)
    execFileSync('ssh-keygen', [
      '-q',
      '-s',
      at('ca'),
      '-I',
      'break-glass-1',
      '-n',
      host.otherLogin,
      '-V',
      '-1m:+1h',
      at('user.pub'),
    ])
    certificate = readFileSync(at('user-cert.pub'), 'utf8').trim()
    await host.install(server, { breakGlass: { login: host.otherLogin, authority: readFileSync(at('ca.pub'), 'utf8').trim() } })
    await host.startAgent()
  })
  afterAll(async () => {
    await host?.close()
    await server?.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const uses = () => server.reports.flatMap(({ breakGlass }) => breakGlass)
  const enter = () => host.run(certificate, 'echo in', { login: host.otherLogin })

  it('lets in without a grant, and every use is reported', async () => {
    expect(await enter()).toMatchObject({ code: 0, out: 'in\n' })
    expect(await eventually('it is reported', () => uses()[0])).toMatchObject({ keyId: 'break-glass-1', from: '127.0.0.1' })
  })

  it('opens no other account, and no grant opens it', async () => {
    expect(await host.run(certificate, 'echo in')).toMatchObject({ code: 255, out: '' })
    const given = await server.grant({ login: host.otherLogin, seconds: 60, publicKey: host.userKey })
    await server.inForce()
    expect(await host.run(given.certificate, 'echo in', { login: host.otherLogin })).toMatchObject({ code: 255, out: '' })
  })

  it('works with the agent dead, which tells when it is back', async () => {
    await host.killAgent()
    const before = uses().length
    expect(await enter()).toMatchObject({ code: 0, out: 'in\n' })
    expect(await enter()).toMatchObject({ code: 0, out: 'in\n' })
    await host.startAgent()
    await eventually('both are reported', () => uses().length === before + 2)
  })

  it('ends with a lost authority, whose public key stands in the list: none of its certificates gets in, though their own key is in no list', async () => {
    const list = join(host.layout.etc, 'break_glass.krl')
    const before = readFileSync(list, 'utf8')
    writeFileSync(list, `${before}${readFileSync(at('ca.pub'), 'utf8')}`)
    expect(await enter()).toMatchObject({ code: 255, out: '' })
    writeFileSync(list, before)
    expect(await enter()).toMatchObject({ code: 0, out: 'in\n' })
  })

  it('ends with its own list', async () => {
    writeFileSync(join(host.layout.etc, 'break_glass.krl'), `${host.userKey}\n`)
    expect(await enter()).toMatchObject({ code: 255, out: '' })
  })
})

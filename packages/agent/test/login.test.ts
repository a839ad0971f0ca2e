import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { principalOf } from '@holdfast/crypto/ssh'
import { expect, it } from 'vitest'
import { eventually } from './managed-host.ts'
import { onManagedHost } from './suite.ts'

const greeting = 'echo let in'

onManagedHost('a login on a managed host', (world) => {
  const grant = (change: Record<string, unknown> = {}) =>
    world.server.grant({ login: world.host.login, seconds: 120, publicKey: world.host.userKey, ...change })
  const refusedFor = (reason: string, since: number) =>
    eventually(`a refusal for ${reason}`, () =>
      world.server
        .refused()
        .slice(since)
        .some((refusal) => refusal.reason === reason),
    )
  /** What a certificate of one's own authority would be, were it in sshd's list. */
  const ownAuthority = (principals: string[], keyId = 'grant:gr_x/user:pe_x', extra: string[] = []): string => {
    const directory = mkdtempSync(join(tmpdir(), 'hf-authority-'))
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, 'ca')])
    writeFileSync(join(directory, 'user.pub'), `${world.host.userKey}\n`)
    const named = principals.length > 0 ? ['-n', principals.join(',')] : []
    execFileSync('ssh-keygen', [
      '-q',
      '-s',
      join(directory, 'ca'),
      '-I',
      keyId,
      '-z',
      '9',
      ...named,
      ...extra,
      join(directory, 'user.pub'),
    ])
    appendFileSync(world.host.layout.userAuthorities, readFileSync(join(directory, 'ca.pub')))
    const certificate = readFileSync(join(directory, 'user-cert.pub'), 'utf8').trim()
    rmSync(directory, { recursive: true })
    return certificate
  }

  it('is let in with a certificate for exactly this host and login, in a control group, and reported', async () => {
    const given = await grant()
    const { out, code, err } = await world.host.run(given.certificate, 'id -un; cat /proc/self/cgroup')
    expect({ code, log: code === 0 ? '' : err + world.host.logs() }).toEqual({ code: 0, log: '' })
    expect(out).toContain(world.host.login)
    expect(out).toMatch(/\/ls_[0-9a-z]{26}/)
    await eventually('its start and its end are reported', () => {
      const session = world.server.reports.flatMap(({ sessions }) => sessions).find(({ grantId }) => grantId === given.id)
      return world.server
        .ended()
        .find(({ id, reason, survivors }) => id === session?.id && reason === 'closed' && survivors === 0)
    })
  })

  it('is let in by a grant that came a moment ago, event or not', async () => {
    world.server.streamless = true
    const given = await grant()
    expect(await world.host.run(given.certificate, greeting)).toMatchObject({ code: 0 })
    world.server.streamless = false
  })

  it.each<[string, Record<string, string>]>([
    ['another host', { host: 'ho_2' }],
    ['another organisation', { org: '0192f0c1-7a2b-7c3d-8e4f-5a6b7c8d9e99' }],
    ['another login', { login: 'somebody-else' }],
    ['root', { login: 'root' }],
  ])('is refused with a certificate for %s', async (_name, change) => {
    if (change.org) await world.server.keyServer.client.sshAuthorities(change.org)
    const given = await grant()
    await world.server.certify(given, change)
    expect(await world.host.run(given.certificate, greeting)).toMatchObject({ code: 255, out: '' })
    // Nor by the name that it is for.
    expect(await world.host.run(given.certificate, greeting, { login: 'root' })).toMatchObject({ code: 255, out: '' })
    expect(await world.host.run(given.certificate, greeting, { login: world.host.otherLogin })).toMatchObject({
      code: 255,
      out: '',
    })
  })

  it('is refused with the key alone, and with a host certificate', async () => {
    await grant()
    expect(await world.host.run('', greeting)).toMatchObject({ code: 255, out: '' })
    const request = { kind: 'host', org: world.server.orgId, host: world.server.hostId, serial: 999n, keyId: 'x' } as const
    const signed = await world.server.keyServer.client.signCertificate({
      ...request,
      publicKey: world.host.userKey,
      lifetimeSeconds: 600,
    })
    expect(await world.host.run(signed.certificate, greeting)).toMatchObject({ code: 255, out: '' })
  })

  it('is refused by the agent when sshd was made to believe a stranger’s authority', async () => {
    const given = await grant()
    await world.server.inForce()
    const before = readFileSync(world.host.layout.userAuthorities)
    const principal = principalOf({ org: world.server.orgId, host: world.server.hostId, login: world.host.login })
    const since = world.server.refused().length
    const forged = ownAuthority([principal], `grant:${given.id}/user:${given.personId}`)
    expect(await world.host.run(forged, greeting)).toMatchObject({ code: 255, out: '' })
    expect(world.host.logs()).toContain('Accepted certificate ID')
    await refusedFor('certificate_refused', since)
    for (const principals of [
      [],
      ['*'],
      [world.host.login],
      [`${principal},x`],
      [`${principal}\n*`],
      ['o:*:h:*:u:*'],
      [`${principal}:x`],
    ])
      expect(await world.host.run(ownAuthority(principals), greeting)).toMatchObject({ code: 255, out: '' })
    writeFileSync(world.host.layout.userAuthorities, before)
  })

  it('is refused when the certificate names no grant, another’s grant, one that has not begun, or one that has ended', async () => {
    const given = await grant()
    const other = await grant({ login: world.host.otherLogin })
    const later = await grant({ startsInSeconds: 60 })
    const since = world.server.refused().length
    const attempt = async (keyId: string) => {
      const certificate = await world.server.certify(given, { keyId })
      return world.host.run(certificate, greeting)
    }
    expect(await attempt('nothing')).toMatchObject({ code: 255, out: '' })
    await refusedFor('not_a_grant', since)
    expect(await attempt(`grant:gr_unknown/user:${given.personId}`)).toMatchObject({ code: 255, out: '' })
    await refusedFor('grant_unknown', since)
    expect(await attempt(`grant:${other.id}/user:${other.personId}`)).toMatchObject({ code: 255, out: '' })
    expect(await attempt(`grant:${given.id}/user:${other.personId}`)).toMatchObject({ code: 255, out: '' })
    await refusedFor('grant_of_another_login', since)
    expect(await world.host.run(later.certificate, greeting)).toMatchObject({ code: 255, out: '' })
    await refusedFor('grant_not_started', since)
    // Revoked by its state, while the certificate itself is not on any list.
    const fresh = await grant()
    fresh.serials.length = 0
    await world.server.revoke(fresh)
    await world.server.inForce()
    expect(await world.host.run(fresh.certificate, greeting)).toMatchObject({ code: 255, out: '' })
    await refusedFor('grant_ended', since)
  })

  it('has its sftp, scp and subsystems in the same hands', async () => {
    const given = await grant()
    const { code, out } = await world.host.run(given.certificate, 'sftp', { args: ['-s'] })
    expect([code === 255, out]).toEqual([false, expect.any(String)])
  })
})

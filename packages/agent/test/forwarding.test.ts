import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Extension } from '@holdfast/crypto/ssh'
import { expect, it } from 'vitest'
import { onManagedHost } from './suite.ts'
import { tunnels } from './tunnels.ts'

const everything: Extension[] = [
  'permit-pty',
  'permit-port-forwarding',
  'permit-agent-forwarding',
  'permit-X11-forwarding',
  'permit-user-rc',
]

onManagedHost('forwarding on a managed host', (world) => {
  const given = (extensions: Extension[]) =>
    world.server.grant({
      ...{ login: world.host.login, seconds: 120, publicKey: world.host.userKey, extensions },
      // The certificate itself permits everything: the line of the principal is what counts.
      certificateExtensions: everything,
    })

  it('-L, -D, -W and -R are refused unless granted, whatever the certificate permits', async () => {
    const { certificate } = await given([])
    await world.server.inForce()
    // It does let in: what follows is refused for what it is.
    expect(await world.host.run(certificate, 'echo in')).toMatchObject({ code: 0, out: 'in\n' })
    expect(await tunnels(world.host, certificate)).toEqual([false, false, false, false])
  })

  it('and work where they are granted', async () => {
    const { certificate } = await given(['permit-port-forwarding'])
    await world.server.inForce()
    expect(await tunnels(world.host, certificate)).toEqual([true, true, true, true])
    // The line of the login now permits it; somebody else's certificate for that login does not.
    const other = await world.server.grant({ login: world.host.login, seconds: 60, publicKey: world.host.userKey })
    await world.server.inForce()
    expect(await tunnels(world.host, other.certificate)).toEqual([false, false, false, false])
  })

  it('agents and X11 are not forwarded', async () => {
    const { certificate } = await world.server.grant({
      ...{ login: world.host.otherLogin, seconds: 60, publicKey: world.host.userKey, certificateExtensions: everything },
    })
    const directory = mkdtempSync('/tmp/hf-agent-')
    const socket = join(directory, 'agent')
    const keys = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
    try {
      const args = ['-o', `ForwardAgent=${socket}`, '-X']
      const { login } = { login: world.host.otherLogin }
      const { out } = await world.host.run(certificate, 'echo "agent=$SSH_AUTH_SOCK display=$DISPLAY"', { args, login })
      expect(out).toBe('agent= display=\n')
    } finally {
      keys.kill()
      rmSync(directory, { recursive: true, force: true })
    }
  })
})

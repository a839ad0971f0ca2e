import type { Extension } from '@holdfast/crypto/ssh'
import { expect, it } from 'vitest'
import { onManagedHost } from './suite.ts'
import { forwardedHere, offering, tunnels } from './tunnels.ts'

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

  it('agents and X11 are forwarded only where that is granted, whatever the certificate permits', async () => {
    const login = world.host.otherLogin
    const seen = (extensions: Extension[]) =>
      offering(world.host, async (connect) => {
        const certificateExtensions = everything
        const asked = { login, seconds: 60, publicKey: world.host.userKey, extensions, certificateExtensions }
        const { certificate } = await world.server.grant(asked)
        await world.server.inForce()
        return connect(certificate, login, forwardedHere)
      })
    expect(await seen([])).toBe('agent= display=\n')
    expect(await seen(['permit-agent-forwarding', 'permit-X11-forwarding'])).toBe('agent=yes display=yes\n')
  })
})

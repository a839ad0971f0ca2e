import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { readPosture } from '../src/posture.ts'
import { readSettings } from '../src/index.ts'
import { eventually } from './managed-host.ts'
import { onManagedHost } from './suite.ts'

/** C7: what the agent finds out by asking the sshd that is there. */
onManagedHost('what sshd honours', (world) => {
  const look = () => {
    const { sshd, breakGlass } = readSettings(world.host.layout)
    return readPosture(world.host.layout, { sshd, breakGlass, now: Date.now() })
  }

  it('is nothing but certificates once the agent is installed, and the server hears of it', async () => {
    const { posture } = await eventually('a report', () => world.server.reports.find((report) => report.posture))
    expect(posture).toMatchObject({ ways: [] })
    expect(posture?.accounts).toBeGreaterThan(1)
  })

  it('is more where somebody switches it on for one account, which the settings for all do not show', async () => {
    const other = join(dirname(world.host.layout.dropIn), '10-other.conf')
    const lines = [`Match User ${world.host.login}`, '  AuthorizedKeysFile .ssh/authorized_keys', '  PasswordAuthentication yes']
    writeFileSync(other, [...lines, 'Match all', ''].join('\n'))
    const { ways } = await look()
    expect(ways).toContain(`${world.host.login}: authorizedkeysfile .ssh/authorized_keys`)
    expect(ways).toContain(`${world.host.login}: passwordauthentication yes`)
    expect(ways).not.toContainEqual(expect.stringContaining(`${world.host.otherLogin}: `))
    writeFileSync(other, ['Match Address 192.0.2.0/24', '  AuthorizedKeysFile .ssh/authorized_keys', 'Match all', ''].join('\n'))
    expect((await look()).ways).toEqual([`${other}: Match Address 192.0.2.0/24`])
    writeFileSync(other, 'No such setting\n')
    expect((await look()).ways).toContain('root: sshd -T did not answer')
    writeFileSync(other, '\n')
    expect((await look()).ways).toEqual([])
  })
})

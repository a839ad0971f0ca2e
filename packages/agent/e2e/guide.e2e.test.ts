/**
 * The guide, followed on the host as it is written: install, look, break glass, take it off again. In a mount namespace of its own, so that /etc and the
 * accounts are this test's; with the sshd, PAM and commands of this machine.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isRoot, requireMachine, skipNotice } from '../test/machine.ts'
import { startOrganisation, type Organisation } from './organisation.ts'

if (!isRoot) process.stderr.write(`${skipNotice}\n`)

const at = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const guide = readFileSync(at('docs/operations/just-in-time-access.md'), 'utf8').replace(/\\\n/g, '').replace(/\s+/g, ' ')
/** A command as it stands in the guide. */
const written = (command: string): string => {
  if (!guide.includes(command)) throw new Error(`the guide says nothing of: ${command}`)
  return command
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

/** Of its own: whatever is written there is gone with the namespace. */
const ownFolders = (scratch: string): string => `
mount -t tmpfs none ${scratch}
for folder in etc run usr/local var/lib home; do
  over=${scratch}/$(echo $folder | tr / _); mkdir -p $over/upper $over/work
  mount -t overlay overlay -o lowerdir=/$folder,upperdir=$over/upper,workdir=$over/work /$folder
done
mkdir ${scratch}/bin ${scratch}/here /run/sshd -p; cd ${scratch}/here
printf '#!/bin/sh\\nexec ${at('packages/cli/bin/holdfast.mjs')} "$@"\\n' > ${scratch}/bin/holdfast; chmod +x ${scratch}/bin/holdfast
export PATH=${scratch}/bin:$PATH
`

describe.skipIf(!isRoot)('the guide to access on a host', () => {
  let organisation: Organisation
  let scratch: string
  beforeAll(async () => {
    requireMachine()
    scratch = mkdtempSync(join(tmpdir(), 'hf-guide-'))
    chmodSync(scratch, 0o755)
    organisation = await startOrganisation()
  }, 120_000)
  afterAll(async () => {
    await organisation?.close()
    rmSync(scratch, { recursive: true, force: true })
  })

  it('its commands do what it says, in its order', async () => {
    const port = await freePort()
    const { token, caFingerprint, command } = await organisation.register('web-1', { port })
    const { url } = organisation.system
    const copied = `holdfast agent install --server ${url} --token ${token} --ca-fingerprint ${caFingerprint}`
    expect(command).toBe(`sudo ${copied}`)
    const install = written(
      'holdfast agent install --server https://holdfast.example.com --token TOKEN --ca-fingerprint HEX --login ada --break-glass breakglass --break-glass-ca break-glass-ca.pub',
    ).replace(/^.* --ca-fingerprint HEX/, copied)
    const client = `ssh -p ${port} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -i user`
    const script = `set -e
${ownFolders(scratch)}
printf 'Port ${port}\\nListenAddress 127.0.0.1\\n' >> /etc/ssh/sshd_config
${written('useradd -m')} ada
/usr/sbin/sshd -E sshd.log -o PidFile=/run/sshd.pid
${written('ssh-keygen -t ed25519 -f break-glass-ca')} -q -N ''
${written('useradd -m breakglass')}
${install}
setsid ${written('holdfast agent run')} > agent.log 2>&1 &
agent=$!
for tries in $(seq 100); do holdfast agent status > /dev/null 2>&1 && break; sleep 0.2; done
${written('holdfast agent status')}
ssh-keygen -q -t ed25519 -N '' -f user
${written('ssh-keygen -s break-glass-ca -I reason -n breakglass -V +1h user.pub')}
${client} breakglass@127.0.0.1 'echo the glass is broken'
${client} ada@127.0.0.1 'echo ada is in' || echo ada is refused
cat user.pub >> ${written('/etc/holdfast/break_glass.krl')}
${client} breakglass@127.0.0.1 'echo the glass is broken again' || echo the lost certificate is refused
${written('holdfast agent uninstall')}
wait $agent || true
for left in /etc/holdfast /usr/local/lib/holdfast /run/holdfast /etc/ssh/sshd_config.d/00-holdfast.conf; do test ! -e $left || echo left: $left; done
! grep -n holdfast /etc/pam.d/sshd
kill $(cat /run/sshd.pid)
`
    writeFileSync(join(scratch, 'script'), script)
    const { status, stdout, stderr } = spawnSync('unshare', ['--mount', 'bash', join(scratch, 'script')], {
      encoding: 'utf8',
      input: '',
      timeout: 120_000,
    })
    expect({ status, stdout }, stderr.slice(-3000)).toMatchObject({ status: 0 })
    for (const said of [
      'sshd has read its new settings',
      `of ${url}`,
      'the glass is broken',
      'ada is refused',
      'the lost certificate is refused',
      'sshd and PAM are as they were',
    ])
      expect(stdout + stderr).toContain(said)
    expect(stdout).not.toMatch(/ada is in|broken again|left:/)
  }, 180_000)
})

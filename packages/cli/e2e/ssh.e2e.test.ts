import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { operations } from '@holdfast/contract'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { commandLine, typeAt } from '../test/typing.ts'
import { createAccessWorld, type AccessWorld } from './access-world.ts'
import { bin, holdfast, type Outcome, type Setting } from './command.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-cli-ssh-'))
/** Where keys are made: nothing may be left there. */
const keys = join(directory, 'tmp')

let world: AccessWorld

const env = () => ({
  HOLDFAST_URL: world.system.url,
  HOLDFAST_CA: world.system.caFile,
  HOLDFAST_API_KEY: world.asker.key,
  TMPDIR: keys,
  HOME: directory,
  XDG_RUNTIME_DIR: join(directory, 'run'),
})
const cli = (argv: readonly string[], setting: Setting = {}): Promise<Outcome> =>
  holdfast(argv, { ...setting, env: { ...env(), ...setting.env } })

/** A recovery code stands in for the app's: from a file, as it must. */
const withCode = async () => {
  const file = join(directory, 'code')
  writeFileSync(file, await world.asker.code())
  return ['--code', `@${file}`]
}
const asking = async () => ['ssh', 'web-1', '--for', '10m', '--reason', 'A look around', ...(await withCode())]
/** By a policy that lets keys ask: no code is needed. */
const robot = ['ssh', 'web-1', '--policy', 'Robots', '--for', '10m', '--reason', 'Nightly', '--', 'true']
const haveAccess = () => cli(robot, whenWaiting(approve))

const grants = async () => (await world.asker.browser.call(operations.grant.list, { show: 'mine' })).value.rows
const approve = async (): Promise<void> => {
  const [request] = (await world.approver.browser.call(operations.grant.list, { show: 'to_approve' })).value.rows
  if (!request) throw new Error('nothing to approve')
  const { id, requestHash } = request
  await world.approver.browser.call(operations.grant.approve, { id, requestHash, code: await world.approver.code() })
}
/** Does something once, as soon as the command waits. */
const whenWaiting = (act: (kill: (signal: NodeJS.Signals) => void) => unknown): Setting => {
  let done = false
  return {
    onStderr: (text, kill) => {
      if (done || !/Waiting until|"event":"waiting"/.test(text)) return
      done = true
      void act(kill)
    },
  }
}

beforeAll(async () => {
  mkdirSync(keys)
  world = await createAccessWorld()
})
afterEach(async () => {
  for (const { id, state } of await grants()) {
    if (state === 'approved') await world.asker.browser.call(operations.grant.return, { id })
    if (state === 'requested') await world.asker.browser.call(operations.grant.cancel, { id })
  }
  expect(readdirSync(keys).filter((name) => name.startsWith('holdfast'))).toEqual([])
})
afterAll(async () => {
  await world?.close()
  rmSync(directory, { recursive: true, force: true })
})

describe('holdfast ssh with a real sshd', () => {
  it('asks, waits for another person, logs in, passes the exit code on, and gives back', async () => {
    const outcome = await cli([...(await asking()), '--return', '--', 'echo here; exit 7'], whenWaiting(approve))
    expect(outcome).toMatchObject({ code: 7, stdout: 'here\n' })
    expect(outcome.stderr).toContain('as root'.replace('root', world.sshd.login))
    expect(outcome.stderr).toContain('for Grace to approve it')
    expect(outcome.stderr).toMatch(/Given back\. Recorded as #\d+\./)
    const [grant] = await grants()
    expect(grant).toMatchObject({ state: 'ended', endReason: 'returned' })
    expect(world.sshd.log()).toContain(`grant:${grant?.id}/user:${world.asker.id}`)
  })

  it('lets the remote shell have the terminal on which it asked', async () => {
    const [, code = ''] = await withCode()
    const { code: exit, screen } = await typeAt(
      commandLine(`ssh web-1 --for 10m --code ${code}`),
      [
        ['Reason:', 'A look around\r'],
        ['Waiting until', () => void approve()],
        ['Access until', 'stty -echo; echo in-$((40+2)) $(tty)\r'],
        ['in-42 /dev/pts/', 'exit 4\r'],
      ],
      { ...env(), TERM: 'dumb' },
    )
    expect({ exit, shell: screen.includes('in-42 /dev/pts/') }).toEqual({ exit: 4, shell: true })
    expect(screen).toContain('Still yours until')
  })

  it('needs no code where the policy lets keys ask; a person approves all the same', async () => {
    expect(await haveAccess()).toMatchObject({ code: 0, stderr: expect.stringContaining('for Grace to approve it') as string })
  })

  it('uses access that runs, and shows no secret to the other side or on the way', async () => {
    await haveAccess()
    const before = await grants()
    const look = 'env; tr "\\0" " " < /proc/$PPID/cmdline; ps -eo args | grep "[s]sh -F none"'
    const { code, stdout, stderr } = await cli(['ssh', 'web-1', '--', look])
    expect({ code, asked: (await grants()).length }).toEqual({ code: 0, asked: before.length })
    expect(stderr).toContain('runs already')
    expect(stderr).toContain('Still yours until')
    expect(stdout).toContain('StrictHostKeyChecking=yes')
    const [, secret = ''] = world.asker.key.split('.')
    expect(stdout + stderr + world.sshd.log()).not.toContain(secret)
    expect(stdout + stderr).not.toContain('PRIVATE KEY')
  })

  it('tells as JSON what it does', async () => {
    const { code, stderr } = await cli([...(await asking()), '--json', '--return', '--', 'true'], whenWaiting(approve))
    const events = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string })
    expect(code).toBe(0)
    expect(events.map(({ event }) => event)).toEqual([
      ...['asking', 'requested', 'waiting', 'approved', 'certificate', 'connecting', 'returned'],
    ])
  })

  it('refuses a host that shows another key', async () => {
    await haveAccess()
    const { createSshd } = await import('../test/sshd.ts')
    const other = await createSshd()
    try {
      const authorities = (await world.asker.browser.call(operations.host.authorities, {})).value.userAuthorities
      await other.start({ authorities, principals: 'nobody' })
      await world.asker.browser.call(operations.host.update, { id: world.hostId, port: other.port })
      const { code, stdout, stderr } = await cli(['ssh', 'web-1', '--', 'echo in'])
      expect({ code, stdout }).toEqual({ code: 255, stdout: '' })
      expect(stderr).toContain('Host key verification failed')
    } finally {
      await world.asker.browser.call(operations.host.update, { id: world.hostId, port: world.sshd.port })
      await other.stop()
    }
  })

  it('says why a request was denied', async () => {
    const deny = async () => {
      const [request] = await grants()
      if (request) await world.approver.browser.call(operations.grant.deny, { id: request.id, reason: 'Use the replica' })
    }
    const { code, stderr } = await cli([...(await asking()), '--', 'true'], whenWaiting(deny))
    expect(code).toBe(1)
    expect(stderr).toMatch(/the request gr_\w+ was denied: Use the replica/)
  })

  it('ends when the access was revoked before it was used, and says so', async () => {
    await haveAccess()
    const [grant] = await grants()
    if (grant) await world.approver.browser.call(operations.grant.revoke, { id: grant.id, reason: 'Enough' })
    const { code, stderr } = await cli(['ssh', 'web-1', '--', 'true'])
    expect(code).toBe(2)
    expect(stderr).toContain('missing --for (at most 1 hour), --reason, --code')
  })

  it('leaves a request that Ctrl-C stopped, and goes on with it the next time', async () => {
    const stopped = await cli(
      [...(await asking()), '--', 'true'],
      whenWaiting((kill) => kill('SIGINT')),
    )
    expect(stopped.code).toBe(130)
    expect(stopped.stderr).toContain('holdfast grant cancel --id gr_')
    const next = await cli(['ssh', 'web-1', '--', 'exit 3'], whenWaiting(approve))
    expect(next).toMatchObject({ code: 3, stderr: expect.stringContaining('You have asked already') as string })
  })

  it('takes the key away when a signal ends it while it is connected', async () => {
    await haveAccess()
    let killed = false
    const outcome = await cli(['ssh', 'web-1', '--', 'echo up >&2; exec sleep 60'], {
      onStderr: (text, kill) => {
        if (killed || !text.includes('\nup\n')) return
        killed = true
        expect(readdirSync(keys).filter((name) => name.startsWith('holdfast-ssh-'))).toHaveLength(1)
        kill('SIGTERM')
      },
    })
    // What ssh itself ends with then.
    expect(outcome.code).toBe(255)
  })

  it('lets in nobody whose login has no principal there', async () => {
    expect(await cli(['ssh', 'web-1', '-l', 'nobody', '--for', '5m', '--reason', 'x', ...(await withCode())])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`--login is one of ${world.sshd.login}`) as string,
    })
    const unknown = await cli(['ssh', 'web-9', '--for', '5m'])
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no server web-9 for you') as string })
  })

  it('says that the time was over when it ran out meanwhile, and wants a new request afterwards', async () => {
    await haveAccess()
    let done = false
    const outcome = await cli(['ssh', 'web-1', '--', 'echo up >&2; sleep 3'], {
      onStderr: (text) => {
        if (done || !text.includes('\nup\n')) return
        done = true
        void world.runOut()
      },
    })
    expect(outcome).toMatchObject({ code: 0, stderr: expect.stringContaining('Access has ended: its time was over.') as string })
    expect(await cli(['ssh', 'web-1'])).toMatchObject({ code: 2, stderr: expect.stringContaining('missing --for') as string })
  })

  it('connects ssh and scp by lines of an ssh_config, with the same options', async () => {
    const { stdout } = await cli(['ssh', '--print-config', 'web-1'])
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^Match originalhost web-1 exec "holdfast ssh --refresh --url \S+ web-1"$/),
      expect.stringMatching(/^ {2}Include \S+\/config$/),
    ])
    const config = join(directory, 'ssh_config')
    writeFileSync(config, stdout)
    symlinkSync(bin, join(directory, 'holdfast'))
    const run = promisify(execFile)
    const shell = { env: { ...env(), PATH: `${directory}:${dirname(process.execPath)}:/usr/bin:/bin` } }
    const without = run('ssh', ['-F', config, '-o', 'BatchMode=yes', 'web-1', 'echo through'], shell)
    await expect(without).rejects.toThrow(/missing --for[^]*resolve hostname no-access-to-web-1\.invalid/)
    await haveAccess()
    expect((await run('ssh', ['-F', config, 'web-1', 'echo through'], shell)).stdout).toBe('through\n')
    const kept = join(directory, 'run', 'holdfast', 'ssh')
    expect(statSync(join(kept, readdirSync(kept)[0] ?? '', 'web-1')).mode & 0o777).toBe(0o700)
    await run('scp', ['-F', config, 'web-1:/etc/hostname', join(directory, 'hostname')], shell)
    expect(readFileSync(join(directory, 'hostname'))).toEqual(readFileSync('/etc/hostname'))
    const [grant] = await grants()
    const detail = await world.asker.browser.call(operations.grant.read, { id: grant?.id as NonNullable<typeof grant>['id'] })
    expect(detail.value.certificates, 'one for the first login, one for the next two').toHaveLength(2)
  })
})

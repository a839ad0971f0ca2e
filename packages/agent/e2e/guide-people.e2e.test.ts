/**
 * What the guide says to people, to programs and to whoever changes a policy, as it is written there: by the real command, each person with a terminal and a
 * home of their own, on a real sshd in the care of an agent. The host's part is guide.e2e.test.ts.
 */
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { operations } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bin } from '../../cli/e2e/command.ts'
import { typeAt, type Answer } from '../../cli/test/typing.ts'
import { processesOf } from '../test/accounts.ts'
import { isRoot, requireMachine, skipNotice } from '../test/machine.ts'
import { eventually, type ManagedHost } from '../test/managed-host.ts'
import { bringHost, password, startOrganisation, type Organisation, type Person } from './organisation.ts'
import { approveOf, makeRobot } from './robot.ts'

if (!isRoot) process.stderr.write(`${skipNotice}\n`)

const guide = readFileSync(fileURLToPath(new URL('../../../docs/operations/just-in-time-access.md', import.meta.url)), 'utf8')
/** The commands of the first block of shell below a heading, without what stands beside them. */
const blockOf = (heading: string): string[] => {
  const [, part = ''] = guide.split(`\n## ${heading}\n`)
  const [, block = ''] = /```sh\n([^]*?)```/.exec(part) ?? []
  return block
    .split('\n')
    .map((line) => line.trim().replace(/ +#.*$/, ''))
    .filter((line) => line !== '')
}
/** A command in a sentence of the guide, from these words on. */
const inText = (begins: string): string => {
  const found = [...guide.replace(/```[^]*?```/g, '').matchAll(/`([^`]+)`/g)]
    .map(([, code = '']) => code.replace(/\s+/g, ' '))
    .find((code) => code.startsWith(begins))
  if (found === undefined) throw new Error(`the guide says nothing of: ${begins}`)
  return found
}
const run = promisify(execFile)
type GrantId = Parameters<Organisation['proof']>[0]

describe.skipIf(!isRoot)('the guide to access for people', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hf-guide-people-'))
  let organisation: Organisation
  let host: ManagedHost
  let hostId: Parameters<Organisation['allow']>[0]
  beforeAll(async () => {
    requireMachine()
    mkdirSync(join(directory, 'bin'))
    symlinkSync(bin, join(directory, 'bin', 'holdfast'))
    organisation = await startOrganisation()
    ;({ host, hostId } = await bringHost(organisation, 'web-1'))
    await organisation.allow(hostId, host.login)
  }, 120_000)
  afterAll(async () => {
    await host?.close()
    await organisation?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const path = `${join(directory, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin`
  /** Nothing says who they are or where the server is but what `holdfast login` keeps. */
  const homeOf = ({ email }: Person) => {
    const home = join(directory, email)
    mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 })
    return { PATH: path, HOME: home, TMPDIR: home, XDG_CONFIG_HOME: join(home, '.config'), XDG_RUNTIME_DIR: join(home, 'run') }
  }
  const at = (who: Person, command: string, answers: readonly Answer[] = [], more: Record<string, string> = {}) =>
    typeAt(command, answers, { ...homeOf(who), TERM: 'dumb', ...more }, 120_000)
  const shell = (who: Person, command: string, more: Record<string, string> = {}) =>
    run('/bin/sh', ['-c', command], { env: { ...homeOf(who), ...more }, cwd: directory }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    )

  const [login = '', ssh = '', access = '', approve = ''] = blockOf('For whoever logs in')
  const signIn = async (who: Person): Promise<void> => {
    const { url, caFile } = organisation.system
    await who.browser.call(operations.session.confirmFactor, { code: await who.code() })
    const accepted: Promise<unknown>[] = []
    const accept = (screen: string): void => {
      const [id = '', secretHash = '', name = ''] = /\/cli-login#(\S+)/.exec(screen)?.[1]?.split('.') ?? []
      const role = who === organisation.asker ? ('owner' as const) : ('reviewer' as const)
      const input = operations.apiKey.authorise.input.parse({ id, secretHash, name: decodeURIComponent(name), role, days: 1 })
      accepted.push(who.browser.call(operations.apiKey.authorise, input))
    }
    const { code, screen } = await at(who, login, [['Waiting', accept]], { HOLDFAST_URL: url, HOLDFAST_CA: caFile })
    await Promise.all(accepted)
    expect({ code, screen }).toMatchObject({ code: 0, screen: expect.stringContaining(`Signed in to ${url}`) as string })
  }
  const waiting = async (): Promise<GrantId> => {
    const { stdout } = await shell(organisation.approver, access)
    const [id] = /gr_[0-9a-z]{26}/.exec(stdout.split('Waiting for you')[1] ?? '') ?? []
    if (id === undefined) throw new Error(`nothing waits for an approval:\n${stdout}`)
    return id as GrantId
  }
  /** Finds what waits, and approves it as the guide says. */
  const approveWaiting = async (): Promise<GrantId> => {
    const id = await waiting()
    const { approver } = organisation
    const [first, second] = [await approver.code(), await approver.code()]
    const { code, screen } = await at(approver, approve.replace('gr_01k…', id), [
      ['Password of', `${password}\r`],
      ['to sign in:', `${first}\r`],
      ['to approve:', `${second}\r`],
    ])
    expect({ code, screen }).toMatchObject({ code: 0, screen: expect.stringContaining('Approved') as string })
    return id
  }
  const asking = async (): Promise<Answer[]> => [
    ['For how long', '10m\r'],
    ['Code of your', `${await organisation.asker.code()}\r`],
  ]

  it('says what these tests do', () => {
    expect([login, ssh, access, approve]).toEqual([
      'holdfast login',
      'holdfast ssh web-1',
      'holdfast access',
      'holdfast approve gr_01k…',
    ])
  })

  it('log in once, ask, be approved, work, ask for more time, use scp and editors, give it back: all that was started ends', async () => {
    const { asker, approver } = organisation
    for (const who of [asker, approver]) await signIn(who)
    let id = '' as GrantId
    const inside = async (): Promise<void> => {
      const before = await organisation.proof(id)
      const more = inText('holdfast grant extend')
        .replace('gr_…', id)
        .replace('--reason …', '--reason Slower')
        .replace('30m', '10m')
      writeFileSync(join(directory, 'code'), await asker.code(), { mode: 0o600 })
      expect(await shell(asker, more.replace('123456', `@${join(directory, 'code')}`))).toMatchObject({ code: 0 })
      await approveWaiting()
      const after = await organisation.proof(id)
      expect(Date.parse(after.endsAt ?? '') - Date.parse(before.endsAt ?? '')).toBe(600_000)
      const kept = `${inText('holdfast ssh --print-config')} >> ~/.ssh/config && scp -F ~/.ssh/config web-1:/etc/hostname fetched`
      expect(await shell(asker, kept)).toMatchObject({ code: 0 })
      expect(readFileSync(join(directory, 'fetched'))).toEqual(readFileSync('/etc/hostname'))
      expect(processesOf(host.login).some(({ command }) => command.includes('sleep 1071'))).toBe(true)
      expect(await shell(asker, inText('holdfast grant return').replace('gr_…', id))).toMatchObject({ code: 0 })
    }
    const done: Promise<unknown>[] = []
    const { screen } = await at(asker, ssh, [
      ...(await asking()),
      ['Waiting until', () => done.push(approveWaiting().then((approved) => (id = approved)))],
      ['Access until', `stty -echo; nohup sleep 1071 >/dev/null 2>&1 & echo in-$((40+2))-$(id -un)\r`],
      [`in-42-${host.login}`, () => done.push(inside())],
    ])
    await Promise.all(done)
    expect(screen).toContain('Access has ended: you gave it back')
    await eventually('nothing is left', () => processesOf(host.login).length === 0)
    expect(await organisation.proof(id)).toMatchObject({ state: 'ended', endReason: 'returned' })
  }, 180_000)

  it('--return gives it back when ssh ends', async () => {
    const done: Promise<unknown>[] = []
    const { code, screen } = await at(organisation.asker, `${ssh} ${inText('--return')}`, [
      ...(await asking()),
      ['Waiting until', () => done.push(approveWaiting())],
      ['Access until', 'exit 4\r'],
    ])
    await Promise.all(done)
    expect({ code, back: /Given back\. Recorded as #\d+\./.test(screen) }, screen).toEqual({ code: 4, back: true })
  }, 90_000)

  it('a pipeline asks, waits for a person, runs what it has to, and gives it back', async () => {
    const [settings = '', deploy = ''] = blockOf('For machines')
    const robot = await makeRobot(organisation, 'pipeline', { hostId, login: host.login })
    const script = join(directory, 'deploy.sh')
    writeFileSync(script, '#!/bin/sh\necho deployed by $(id -un)\nexit 3\n')
    for (const open of [directory, script]) chmodSync(open, 0o755)
    const own = settings.replace('https://holdfast.example.com', organisation.system.url).replace(/…$/, robot.key)
    expect([own.includes(robot.key), own.includes(organisation.system.url)]).toEqual([true, true])
    const home = join(directory, 'pipeline')
    mkdirSync(home)
    const command = `${own}\n${deploy.replace('./deploy.sh', script)}`
    const more = { HOME: home, TMPDIR: home, XDG_CONFIG_HOME: home, HOLDFAST_CA: organisation.system.caFile }
    const running = shell(organisation.asker, command, more)
    const { id } = await approveOf(organisation, robot)
    const outcome = await running
    expect(outcome, outcome.stderr).toMatchObject({ code: 3, stdout: `deployed by ${host.login}\n` })
    expect(await organisation.proof(id)).toMatchObject({ endReason: 'returned', serviceAccount: { id: robot.id } })
  }, 90_000)

  it('a policy says how many grants it would end, by rules or by retiring it, and ends as many', async () => {
    const { asker, approver } = organisation
    const id = await organisation.grant(hostId, host.login, 600)
    const { policyId } = await organisation.proof(id)
    const [byRules = '', byRetiring = ''] = blockOf('A policy that changes').map((line) => line.replace('ap_…', policyId))
    const people = { requesters: { personIds: [approver.id] }, approvers: { roles: ['owner'] } }
    const rules = { name: 'Test servers', selects: { hostIds: [hostId] }, logins: [host.login], ...people }
    writeFileSync(join(directory, 'rules.json'), JSON.stringify(rules))
    for (const command of [byRules, byRetiring]) {
      const { code, stdout, stderr } = await shell(asker, `${command} --json`)
      expect({ code, stderr }).toMatchObject({ code: 0 })
      expect(JSON.parse(stdout)).toEqual({ id: policyId, grants: 1, requests: 0 })
    }
    const { value: current } = await asker.browser.call(operations.accessPolicy.read, { id: policyId })
    await asker.browser.call(operations.session.confirmFactor, { code: await asker.code() })
    await asker.browser.call(operations.accessPolicy.update, {
      id: policyId,
      version: current.version,
      ...(rules as object),
    } as never)
    const read = await shell(asker, `holdfast grant read --id ${id} --json`)
    expect(JSON.parse(read.stdout)).toMatchObject({
      ...{ state: 'ended', endReason: 'not_entitled' },
      decisionReason: expect.stringContaining('does not name whoever has it any more') as string,
    })
  }, 60_000)
})

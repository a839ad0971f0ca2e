import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GrantId, operations, TransferMark } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bin, holdfast } from '../../cli/e2e/command.ts'
import { isRoot, requireMachine, skipNotice } from '../test/machine.ts'
import { eventually, type ManagedHost } from '../test/managed-host.ts'
import { createBastionWorld, type BastionWorld } from './bastion-world.ts'

if (!isRoot) process.stderr.write(`${skipNotice}\n`)

/** C7: what else goes through a bastion: files, windows that change their size, much at once, and `holdfast ssh`. */
describe.skipIf(!isRoot)('through a bastion', () => {
  let world: BastionWorld
  let bastion: ManagedHost
  /** Here, and there: a directory that everybody may write. */
  let directory: string
  const at = (name: string) => join(directory, name)

  beforeAll(async () => {
    requireMachine()
    world = await createBastionWorld()
    ;({ bastion } = world)
    directory = mkdtempSync('/tmp/hf-transfer-')
    mkdirSync(at('there'))
    for (const path of [directory, at('there')]) chmodSync(path, 0o777)
  }, 120_000)
  afterAll(async () => {
    await world?.close()
    if (directory) rmSync(directory, { recursive: true, force: true })
  })

  const run = (program: 'sftp' | 'scp', certificate: string, args: readonly string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const all = [...bastion.clientOptions(certificate), '-P', String(bastion.port), ...args]
      execFile(program, all, { timeout: 30_000 }, (error, out, err) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }),
      )
    })
  const marksOf = async (id: Parameters<BastionWorld['eventsOf']>[0]) =>
    (await world.eventsOf(id)).flatMap(([, kind, text]) => (kind === 'm' ? [TransferMark.parse(JSON.parse(text))] : []))

  it('sftp works, as the login that was granted, and each file is listed with its bytes and what came of it', async () => {
    const { id, certificate, login } = await world.given()
    writeFileSync(at('up'), 'u'.repeat(300_000))
    const batch = [
      `put ${at('up')} ${at('there/a')}`,
      `rename ${at('there/a')} ${at('there/b')}`,
      `get ${at('there/b')} ${at('down')}`,
    ]
    writeFileSync(at('batch'), [...batch, `mkdir ${at('there/d')}`, '-get /etc/shadow', `-rm /etc/passwd`, ''].join('\n'))
    const { code, err } = await run('sftp', certificate, ['-b', at('batch'), `${login}@127.0.0.1`])
    expect({ code, log: code === 0 ? '' : `${err}\n${bastion.logs().slice(-3000)}` }).toEqual({ code: 0, log: '' })
    expect(readFileSync(at('down'), 'utf8')).toBe('u'.repeat(300_000))
    expect(statSync(at('there/b')).uid).not.toBe(0)
    const recording = await world.recordingOf(id, 'complete')
    expect(recording).toMatchObject({ kind: 'transfer', exitCode: 0 })
    const marks = await marksOf(recording.id)
    const outcomeOf = (act: string, path: string) => {
      const asked = marks.find((mark) => 'act' in mark && mark.act === act && mark.path === path)
      return marks.find((mark) => 'result' in mark && mark.n === asked?.n)
    }
    expect(outcomeOf('write', at('there/a'))).toMatchObject({ result: 'done', bytes: 300_000 })
    expect(outcomeOf('read', at('there/b'))).toMatchObject({ result: 'done', bytes: 300_000 })
    expect(outcomeOf('rename', at('there/a'))).toMatchObject({ result: 'done' })
    expect(outcomeOf('make_directory', at('there/d'))).toMatchObject({ result: 'done' })
    expect(outcomeOf('read', '/etc/shadow')).toMatchObject({ result: 'failed', why: 'permission denied' })
    expect(outcomeOf('remove', '/etc/passwd')).toMatchObject({ result: 'failed' })
    expect(await world.verified(recording.id)).toMatchObject({ intact: true })
  })

  it('scp works both ways; in its old protocol, which lists nothing, it is refused with a word', async () => {
    const { id, certificate, login } = await world.given()
    writeFileSync(at('one'), 'one')
    expect(await run('scp', certificate, [at('one'), `${login}@127.0.0.1:${at('there/one')}`])).toMatchObject({ code: 0 })
    expect(await run('scp', certificate, [`${login}@127.0.0.1:${at('there/one')}`, at('back')])).toMatchObject({ code: 0 })
    expect(readFileSync(at('back'), 'utf8')).toBe('one')
    const { value } = await world.call(operations.recording.list, { grantId: id })
    expect(value.rows.map(({ kind }) => kind)).toEqual(['transfer', 'transfer'])
    const old = await run('scp', certificate, ['-O', at('one'), `${login}@127.0.0.1:${at('there/two')}`])
    expect(old.code).not.toBe(0)
    expect(old.err).toContain('leave out -O')
    expect(existsSync(at('there/two'))).toBe(false)
  })

  it('what is not SFTP ends the session before it reaches the server', async () => {
    const { id, certificate, login } = await world.given()
    const client = bastion.ssh(certificate, { login, args: ['-s'], command: 'sftp' })
    client.child.stdin?.write(Buffer.from([0, 0, 0, 5, 3, 0, 0, 0, 1]))
    expect((await client.ended).code).toBe(254)
    const recording = await world.recordingOf(id, 'complete')
    expect(recording.exitCode).toBe(254)
    expect(await marksOf(recording.id)).toEqual([])
    expect(await world.textOf(recording.id)).toContain('Only SFTP of version 3 is carried: it does not begin as it must')
  })

  it('much at once, of any bytes, arrives whole, is recorded whole and does not end the session', async () => {
    const { id, certificate, login } = await world.given()
    const command = 'head -c 400000 /dev/urandom; seq 1 60000'
    const { code, out, err } = await bastion.run(certificate, command, { login })
    const logs = () => `${err.slice(-500)}\n${bastion.logs().slice(-3000)}\n${world.target.logs().slice(-3000)}`
    expect({ code, logs: code === 0 ? '' : logs() }).toEqual({ code: 0, logs: '' })
    expect(out).toContain('\n60000\n')
    const recording = await world.recordingOf(id, 'complete')
    expect(await world.verified(recording.id)).toMatchObject({ intact: true })
    const { value } = await world.call(operations.recording.search, { id: recording.id, text: '60000' })
    expect(value.matches.length).toBeGreaterThan(0)
  })

  it('a window that changes its size is recorded with it', async () => {
    const { id, certificate, login } = await world.given()
    // script(1) gives ssh a terminal, of which the size is then changed.
    const inner = ['ssh', ...bastion.clientOptions(certificate), '-tt', '-p', String(bastion.port), `${login}@127.0.0.1`]
    const quoted = inner.map((each) => `'${each}'`).join(' ')
    const wanted = `there=$(tty); stty rows 20 cols 70; (sleep 2; stty rows 33 cols 101 < "$there") & ${quoted}`
    const child = execFile('script', ['-qec', wanted, '/dev/null'], { timeout: 30_000 })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    let shown = ''
    child.stdout?.on('data', (chunk: string) => (shown += chunk))
    await eventually('the shell answers', () => shown.includes('$'))
    await new Promise((resolve) => setTimeout(resolve, 2500))
    child.stdin?.write('stty size; exit 0\n')
    await ended
    const recording = await world.recordingOf(id, 'complete')
    expect(recording).toMatchObject({ kind: 'terminal', columns: 70, lines: 20 })
    expect(await world.eventsOf(recording.id)).toContainEqual([expect.any(Number), 'r', '101x33'])
    expect(await world.textOf(recording.id)).toContain('33 101')
  })

  it('holdfast ssh goes through by itself, and the session is recorded', async () => {
    const { organisation, target } = world
    const { value: key } = await world.call(operations.apiKey.create, { name: 'Terminal', role: 'owner', days: 1 })
    const id = GrantId.parse(await organisation.grant(world.targetId, target.login, 600))
    writeFileSync(at('code'), await organisation.asker.code())
    mkdirSync(at('home'), { recursive: true })
    const env = { HOLDFAST_URL: organisation.system.url, HOLDFAST_CA: organisation.system.caFile, HOLDFAST_API_KEY: key.key }
    const more = { HOME: at('home'), TMPDIR: at('home'), XDG_RUNTIME_DIR: at('home') }
    const command = ['ssh', 'web-1', '--code', `@${at('code')}`, '--', 'id', '-un']
    const { code, stdout, stderr } = await holdfast(command, { env: { ...env, ...more } })
    expect({ code, stdout, stderr: code === 0 ? '' : `${bin}: ${stderr}` }).toEqual({
      code: 0,
      stdout: `${target.login}\n`,
      stderr: '',
    })
    const recording = await world.recordingOf(id, 'complete')
    expect(recording).toMatchObject({ kind: 'command', command: 'id -un', login: target.login, exitCode: 0 })
    expect(await world.textOf(recording.id)).toContain(target.login)
  })
})

import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { authority, certificate, detail, grantId, hostId, otherId, running, useAccessServer } from './access-server.ts'
import { problem } from './test-server.ts'

const { handlers, asked, forget, cli } = useAccessServer()

describe('holdfast ssh with access that runs', () => {
  beforeEach(() => {
    handlers['grant.list'] = ({ input }) => ({ body: { rows: input.state === 'approved' ? [running()] : [], next: null } })
    handlers['grant.read'] = () => ({ body: detail(running()) })
  })

  it('runs ssh with a key of its own in a directory of its own, and passes the exit code on', async () => {
    let directory = ''
    const { code, stdout } = await cli(['ssh', 'web-1', '--ssh-option', 'LocalForward 1 h:1', '--', 'uptime', '-p'], {
      env: { HOLDFAST_TOKEN: 'x' },
      onHand: (file, args, env) => {
        const value = (name: string) => args.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
        const key = value('IdentityFile')
        directory = dirname(key)
        expect(statSync(directory).mode & 0o777).toBe(0o700)
        expect(statSync(key).mode & 0o777).toBe(0o600)
        expect(readFileSync(value('UserKnownHostsFile'), 'utf8')).toBe(`@cert-authority o:acme:h:* ssh-ed25519 ${authority}\n`)
        expect(readFileSync(value('CertificateFile'), 'utf8')).toContain('ssh-ed25519-cert-v01@openssh.com ')
        expect(file).toBe('ssh')
        expect(args.slice(0, 2)).toEqual(['-F', 'none'])
        expect(args.slice(-7)).toEqual(
          ['-o', 'LocalForward 1 h:1', '--', 'web-1.internal', 'uptime', '-p'].toSpliced(0, 0, 'CanonicalizeHostname=no'),
        )
        for (const option of [
          'IdentitiesOnly=yes',
          'StrictHostKeyChecking=yes',
          'ControlMaster=no',
          'ControlPath=none',
          'IdentityAgent=none',
        ])
          expect(args).toContain(option)
        expect(value('HostKeyAlias')).toBe(`o:acme:h:${hostId}`)
        expect(Object.keys(env).filter((name) => name.startsWith('HOLDFAST'))).toEqual([])
        return 42
      },
    })
    expect({ code, stdout }).toEqual({ code: 42, stdout: '' })
    expect(directory).toContain('holdfast-ssh-')
    expect(existsSync(directory)).toBe(false)
    expect(asked('grant.certificate')[0]?.publicKey).toMatch(/^ssh-ed25519 AAAA/)
  })

  it('asks for a code only when the server wants one', async () => {
    handlers['grant.certificate'] = (_, times) => (times === 1 ? problem('code_needed', 403) : certificate())
    const { code, questions } = await cli(['ssh', 'web-1'], { answers: ['123456'] })
    expect({ code, questions }).toEqual({ code: 0, questions: ['Code of your authenticator app: '] })
    forget()
    expect((await cli(['ssh', 'web-1', '--code', '777777'])).code).toBe(0)
    expect(asked('grant.certificate').map((input) => input.code)).toEqual([undefined, '777777'])
    forget()
    expect(await cli(['ssh', 'web-1'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--code') as string })
  })

  it.each([
    ['another option in the alias', { hostKeyAlias: 'x\nProxyCommand=x' }],
    ['a bare host key', { knownHosts: [`web-1 ssh-ed25519 ${authority}`] }],
    ['no authority', { knownHosts: [] }],
    ['an address that is an option', { address: '-oProxyCommand=x' }],
    ['a login that is an option', { login: '-oProxyCommand=x' }],
    ['two lines of certificate', { certificate: 'a b\nc d' }],
  ])('refuses an answer with %s', async (_, more) => {
    handlers['grant.certificate'] = () => certificate(more)
    let started = false
    const outcome = await cli(['ssh', 'web-1'], {
      onHand: () => {
        started = true
        return 0
      },
    })
    expect({ code: outcome.code, started }).toEqual({ code: 1, started: false })
    expect(outcome.stderr).toContain('a certificate that cannot be used')
  })

  it('gives back with --return, and else says how', async () => {
    const hint = `holdfast grant return --id ${grantId}`
    expect((await cli(['ssh', 'web-1'])).stderr).toContain(hint)
    expect(asked('grant.return')).toEqual([])
    expect((await cli(['ssh', 'web-1', '--return'])).stderr).toContain('Given back.')
    expect(asked('grant.return')).toEqual([{ id: grantId }])
  })

  it('says why it ended under the person', async () => {
    handlers['grant.read'] = () => ({
      body: { ...detail(running()), state: 'ended', endReason: 'revoked', decisionReason: 'Laptop stolen' },
    })
    const { code, stderr } = await cli(['ssh', 'web-1'], { onHand: () => 255 })
    expect(code).toBe(255)
    expect(stderr).toContain('Access has ended: it was revoked (Laptop stolen).')
  })

  it('says when ssh is not installed, and leaves nothing', async () => {
    const missing = Object.assign(new Error('spawn ssh ENOENT'), { code: 'ENOENT' })
    const { code, stderr } = await cli(['ssh', 'web-1'], { onHand: () => Promise.reject(missing) })
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('install the client of OpenSSH') as string,
    })
  })

  it('wants a login where there are several', async () => {
    const other = { ...running(), id: otherId('gr'), login: 'root' }
    handlers['grant.list'] = ({ input }) => ({
      body: { rows: input.state === 'approved' ? [running(), other] : [], next: null },
    })
    expect(await cli(['ssh', 'web-1'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--login app, root') as string })
    expect((await cli(['ssh', 'web-1', '-l', 'root'])).code).toBe(0)
  })

  it('warns before the end where the host cannot: a command without a terminal of its own', async () => {
    const endsAt = new Date(Date.now() + 62_500).toISOString()
    handlers['grant.certificate'] = () => certificate({ endsAt })
    const slow = { interactive: true, onHand: () => new Promise<number>((resolve) => setTimeout(() => resolve(0), 3000)) }
    const warning = `access ends in 1 minute. For more time: holdfast grant extend --id ${grantId}`
    const [command, shell] = await Promise.all([cli(['ssh', 'web-1', '--', 'make'], slow), cli(['ssh', 'web-1'], slow)])
    expect(command.stderr).toContain(warning)
    expect(shell.stderr).not.toContain(warning)
  })
})

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { detail, grantId, otherId, policy, requested, running, useAccessServer } from './access-server.ts'
import { problem, type Answer } from './test-server.ts'

const { handlers, asked, cli } = useAccessServer()

const databaseId = otherId('db')
const roleId = otherId('dr')
const password = 'p'.repeat(43)
const toDatabase = (grant: object) => ({
  ...grant,
  ...{ kind: 'database', hostId: null, databaseId, targetName: 'shop', login: 'readonly' },
})
const role = (more: object = {}) => ({
  ...{ id: roleId, name: 'hf_a_b', createdAt: '2026-01-01T00:00:00.000Z', madeAt: '2026-01-01T00:00:01.000Z' },
  ...{ validUntil: '2026-01-01T00:30:00.000Z', noLoginAt: null, deadAt: null, droppedAt: null, backendsEnded: 0 },
  ...{ triedAt: null, abandonedAt: null, trouble: null, ...more },
})
const given = (...roles: object[]) => ({ ...detail(toDatabase(running())), databaseRoles: roles })
const credentials = (more: object = {}): Answer => ({
  headers: { 'holdfast-ledger-seq': '9' },
  body: {
    ...{ id: grantId, roleId, host: 'db.internal', port: 5433, database: `sh'op`, user: 'hf_a_b', password },
    ...{ ca: '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n', connectionString: 'postgresql://x' },
    ...{ endsAt: running().endsAt, ...more },
  },
})

beforeEach(() => {
  handlers['grant.list'] = ({ input }) => ({
    body: { rows: input.state === 'approved' ? [toDatabase(running())] : [], next: null },
  })
  handlers['grant.databaseCredentials'] = () => credentials()
  handlers['grant.read'] = () => ({ body: given(role()) })
  handlers['grant.databaseOptions'] = () => ({
    body: {
      rows: [
        {
          ...{ databaseId, databaseName: 'shop', environment: 'production', profiles: ['readonly'] },
          policies: [{ ...policy, logins: ['readonly', 'of-another'], extensions: [] }],
        },
      ],
      next: null,
    },
  })
})

const left = (): string[] => readdirSync(process.env.TMPDIR ?? '').filter((name) => name.startsWith('holdfast-psql-'))

describe('holdfast psql', () => {
  it('runs psql with the password in no argument and no environment, and leaves nothing behind', async () => {
    let directory = ''
    const { code, stderr } = await cli(['psql', 'shop', '--', '-c', 'select 1'], {
      env: { HOLDFAST_TOKEN: 'x', PGHOSTADDR: '192.0.2.1', PGSSLMODE: 'disable', PGPASSWORD: 'x' },
      onHand: (file, args, env) => {
        expect(file).toBe('psql')
        const [connection = '', ...own] = args
        expect(own).toEqual(['-c', 'select 1'])
        const passfile = /passfile='([^']+)'/.exec(connection)?.[1] ?? ''
        directory = passfile.replace(/\/passfile$/, '')
        expect(statSync(directory).mode & 0o777).toBe(0o700)
        expect(statSync(passfile).mode & 0o777).toBe(0o600)
        expect(readFileSync(passfile, 'utf8')).toBe(`db.internal:5433:*:hf_a_b:${password}\n`)
        expect(readFileSync(`${directory}/authority.pem`, 'utf8')).toContain('BEGIN CERTIFICATE')
        expect(connection).toContain(`host='db.internal' port='5433' dbname='sh\\'op' user='hf_a_b' sslmode='verify-full'`)
        expect(JSON.stringify([args, env])).not.toContain(password)
        expect(Object.keys(env).filter((name) => /^(PG|HOLDFAST)/.test(name))).toEqual([])
        return 3
      },
    })
    expect(code).toBe(3)
    expect(existsSync(directory)).toBe(false)
    expect(left()).toEqual([])
    expect(stderr).toContain('Recorded as #9')
    expect(stderr).not.toContain(password)
  })

  it('asks under the profiles that the database has, and waits for the approval and for the role', async () => {
    handlers['grant.list'] = () => ({ body: { rows: [], next: null } })
    handlers['grant.request'] = () => ({ body: toDatabase(requested()) })
    handlers['grant.read'] = (_, times) => ({
      body: times < 3 ? detail(toDatabase(requested())) : given(role(times < 5 ? { madeAt: null } : {})),
    })
    const { code, stderr } = await cli(['psql', 'shop', '--for', '30m', '--reason', 'Look', '--code', '123456'], {
      onHand: () => 0,
    })
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(asked('grant.request')).toMatchObject([{ databaseId, login: 'readonly', seconds: 1800 }])
    expect(stderr).toContain('Access to shop (production, database) as readonly')
  })

  it('is told when the role is there, and asks hardly ever meanwhile', async () => {
    let made = false
    let tell: () => void = () => undefined
    const event = 'event: changed\ndata: {"about":["grants"]}\n\n'
    handlers['grant.read'] = () => ({ body: given(role(made ? {} : { madeAt: null })) })
    handlers['access.news'] = () => ({
      raw: (response) => {
        response.write(event)
        tell = () => {
          made = true
          response.write(event)
        }
      },
    })
    const calmMs = 5_000
    const onSleep = (ms: number): Promise<void> => (ms === calmMs ? new Promise(() => undefined) : pause(20))
    const outcome = cli(['psql', 'shop'], { onHand: () => 0, onSleep })
    await expect.poll(() => asked('access.news').length, { timeout: 5_000 }).toBe(1)
    await pause(1000)
    const looks = asked('grant.read').length
    await pause(200)
    expect(asked('grant.read')).toHaveLength(looks)
    tell()
    expect(await outcome).toMatchObject({ code: 0 })
  })

  it('says why the role is not there, and gives up after two minutes without starting psql', async () => {
    handlers['grant.read'] = () => ({ body: given(role({ madeAt: null, trouble: 'Nobody answered in time.' })) })
    let started = false
    const { code, stderr } = await cli(['psql', 'shop'], { onHand: () => ((started = true), 0) })
    expect({ code, started }).toEqual({ code: 1, started: false })
    expect(stderr.match(/could not be made: Nobody answered in time/g)).toHaveLength(1)
    expect(left()).toEqual([])
  })

  it('enters a code where one is wanted', async () => {
    handlers['grant.databaseCredentials'] = (_, times) => (times === 1 ? problem('code_needed', 403) : credentials())
    expect(await cli(['psql', 'shop'], { answers: ['123456'], onHand: () => 0 })).toMatchObject({ code: 0 })
    expect(asked('grant.databaseCredentials')).toEqual([{ id: grantId }, { id: grantId, code: '123456' }])
  })

  it.each([
    ['a socket', { host: '/tmp' }],
    ['two hosts', { host: 'a,b' }],
    ['another line', { database: 'a\nhostaddr=192.0.2.1' }],
    ['a user that is more than one', { user: 'a:b' }],
    ['a password of two lines', { password: `${'a'.repeat(30)}\n*:*:*:*:x` }],
  ])('refuses an answer with %s', async (_, more) => {
    handlers['grant.databaseCredentials'] = () => credentials(more)
    let started = false
    const outcome = await cli(['psql', 'shop'], { onHand: () => ((started = true), 0) })
    expect({ code: outcome.code, started }).toEqual({ code: 1, started: false })
    expect(outcome.stderr).toContain('cannot be used')
  })

  it('says that access was ended under the person', async () => {
    const ended = { ...toDatabase(running()), state: 'ended', endReason: 'revoked' }
    handlers['grant.read'] = (_, times) => ({ body: times === 1 ? given(role()) : { ...given(role()), ...ended } })
    const { stderr, code } = await cli(['psql', 'shop'], { onHand: () => 2 })
    expect(code).toBe(2)
    expect(stderr).toContain('it was revoked')
  })
})

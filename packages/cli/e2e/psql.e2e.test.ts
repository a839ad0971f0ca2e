/** Access to a database by `holdfast psql`: the real command, the real psql, a PostgreSQL server that is not the platform's own, and the real system. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { operations, type GrantId } from '@holdfast/contract'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { maker, startTarget } from '../../server/test/database-target.ts'
import { createPeopleWorld, type PeopleWorld } from './access-world.ts'
import { holdfast, type Setting } from './command.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-cli-psql-'))
/** Where the password is, while psql runs: nothing may be left there. */
const secrets = join(directory, 'tmp')
const { grant } = operations

let target: Awaited<ReturnType<typeof startTarget>>
let world: PeopleWorld

const env = () => ({
  HOLDFAST_URL: world.system.url,
  HOLDFAST_CA: world.system.caFile,
  HOLDFAST_API_KEY: world.asker.key,
  TMPDIR: secrets,
  HOME: directory,
})
/** A recovery code stands in for the app's: from a file, as it must. */
const withCode = async () => {
  const file = join(directory, 'code')
  writeFileSync(file, await world.asker.code())
  return ['--policy', 'Shop', '--code', `@${file}`]
}
/** By a policy that lets keys ask: no code is needed. */
const asRobot = ['--policy', 'Robots']
const psql = (more: readonly string[], own: readonly string[], onStderr: Setting['onStderr']) =>
  holdfast(['psql', 'shop', '--for', '10m', '--reason', 'A look around', ...more, '--', '-XqAt', ...own], {
    env: env(),
    ...(onStderr && { onStderr }),
  })

const owns = async () => (await world.asker.browser.call(grant.list, { show: 'mine' })).value.rows
const detailOf = async (id: GrantId) => (await world.asker.browser.call(grant.read, { id })).value
const approve = async (): Promise<void> => {
  const { browser, code } = world.approver
  const [request] = (await browser.call(grant.list, { show: 'to_approve' })).value.rows
  if (!request) throw new Error('nothing to approve')
  await browser.call(grant.approve, { id: request.id, requestHash: request.requestHash, code: await code() })
}
/** Does something once, as soon as the command says so. */
const when = (said: RegExp, act: () => unknown): NonNullable<Setting['onStderr']> => {
  let done = false
  return (text) => {
    if (done || !said.test(text)) return
    done = true
    void act()
  }
}
const approving = () => when(/Waiting until/, approve)
const eventually = async <T>(what: string, look: () => Promise<T | undefined>): Promise<T> => {
  for (const until = Date.now() + 20_000; Date.now() < until;) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`never happened: ${what}`)
}
const proved = (id: GrantId) =>
  eventually('the proof', async () => {
    const detail = await detailOf(id)
    return detail.databaseRoles.every(({ droppedAt }) => droppedAt !== null) ? detail : undefined
  })
/** The psql that sleeps. */
const sleeping = () =>
  eventually('a session', async () => {
    const { rows } = await target.root.query<{ user: string }>(
      `select usename as user from pg_stat_activity where starts_with(usename, 'hf_') and state = 'active' and query like '%pg_sleep%'`,
    )
    return rows[0]?.user
  })
/** What somebody could have kept while it ran: a copy of all that psql was given. */
const keep = (user: string): (() => { code: number | null; stdout: string; stderr: string }) => {
  const [place = ''] = readdirSync(secrets).filter((name) => name.startsWith('holdfast-psql-'))
  const copy = (name: string): string => {
    const file = join(directory, name)
    writeFileSync(file, readFileSync(join(secrets, place, name)), { mode: 0o600 })
    return file
  }
  const files = `sslrootcert=${copy('authority.pem')} passfile=${copy('passfile')}`
  const connection = `host=127.0.0.1 port=${target.server.port} dbname=shop user=${user} sslmode=verify-full ${files}`
  return () => {
    const { status: code, stdout, stderr } = spawnSync('psql', [connection, '-XqAtc', 'select 1'], { encoding: 'utf8' })
    return { code, stdout, stderr }
  }
}
const left = async (user: string) => {
  const count = async (sql: string): Promise<number> => (await target.root.query(sql, [user])).rows.length
  return {
    backends: await count('select 1 from pg_stat_activity where usename = $1'),
    roles: await count('select 1 from pg_roles where rolname = $1'),
  }
}

beforeAll(async () => {
  if (spawnSync('psql', ['--version']).status !== 0) throw new Error('psql is needed: see scripts/system-packages.txt')
  mkdirSync(secrets)
  ;[target, world] = await Promise.all([startTarget(), createPeopleWorld({ HOLDFAST_DATABASES_INSIDE: 'true' })])
  const { browser } = world.asker
  const { value } = await browser.call(operations.database.register, {
    ...{ name: 'shop', environment: 'production', address: '127.0.0.1', port: target.server.port, database: 'shop' },
    ...{ profiles: [{ name: 'readwrite', groupRole: 'writers' }], ...maker, authority: target.ca },
  })
  const people = { requesters: { personIds: [world.asker.id] }, approvers: { personIds: [world.approver.id] } }
  const rules = { kind: 'database' as const, selects: { databaseIds: [value.id] }, logins: ['readwrite'], ...people }
  await browser.call(operations.accessPolicy.create, { ...rules, name: 'Shop' })
  await browser.call(operations.accessPolicy.create, { ...rules, name: 'Robots', apiKeysMayAsk: true })
}, 180_000)
afterEach(async () => {
  for (const { id, state } of await owns()) if (state === 'approved') await world.asker.browser.call(grant.return, { id })
  expect(readdirSync(secrets)).toEqual([])
})
afterAll(async () => {
  await world?.close()
  await target?.close()
  rmSync(directory, { recursive: true, force: true })
})

describe('holdfast psql with the real psql', () => {
  it('asks with a code, waits for another person, connects over TLS as a role of its own, and gives back', async () => {
    const query = `select 1, session_user = current_user, ssl, (select count(*) from customer) from pg_stat_ssl where pid = pg_backend_pid()`
    const outcome = await psql([...(await withCode()), '--return'], ['-c', query], approving())
    expect(outcome).toMatchObject({ code: 0, stdout: '1|t|t|1000\n' })
    expect(outcome.stderr).toContain('for Grace to approve it')
    const [given] = await owns()
    if (!given) throw new Error('no grant')
    expect(given).toMatchObject({ state: 'ended', endReason: 'returned' })
    expect((await proved(given.id)).databaseRoles).toMatchObject([{ trouble: null, deadAt: expect.any(String) as string }])
  })

  it('may what the profile may and no more; exit code and words are psql’s own', async () => {
    const outcome = await psql(asRobot, ['-v', 'ON_ERROR_STOP=1', '-c', 'drop table customer'], approving())
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining('must be owner of table customer') as string })
  })

  it('revoked: dead in the middle of a statement, what was kept opens nothing, and the ledger has the proof', async () => {
    const running = psql(asRobot, ['-c', 'select pg_sleep(600)'], approving())
    const user = await sleeping()
    const again = keep(user)
    expect(again()).toMatchObject({ code: 0, stdout: '1\n' })
    const [given] = (await owns()).filter(({ state }) => state === 'approved')
    if (!given) throw new Error('no grant')
    await world.approver.browser.call(grant.revoke, { id: given.id, reason: 'Enough' })
    const { code, stderr } = await running
    expect(code).toBe(2)
    expect(stderr).toContain('terminating connection')
    expect(stderr).toContain('it was revoked')
    expect(again()).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/password authentication failed|not permitted to log in/) as string,
    })

    const { databaseRoles, endedAt } = await proved(given.id)
    const [role] = databaseRoles
    expect(role).toMatchObject({ name: user, backendsEnded: 1, trouble: null })
    const times = [endedAt, role?.noLoginAt, role?.deadAt, role?.droppedAt].map((at) => Date.parse(at ?? ''))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(await left(user)).toEqual({ backends: 0, roles: 0 })
    const { rows } = (await world.asker.browser.call(operations.ledger.list, { target: given.id })).value
    expect(rows.map(({ action }) => action)).toEqual([
      ...['grant.database_role_ended', 'grant.revoked', 'grant.database_role_made', 'grant.database_credentials_issued'],
      ...['grant.approved', 'grant.requested'],
    ])
  })

  it('by a service account: a person approves, its role is its own, and it is dead with the key', async () => {
    const { browser, id: ownerId, code } = world.asker
    await browser.call(operations.session.confirmFactor, { code: await code() })
    const described = { name: 'migrations', purpose: 'Migrates', role: 'member' as const, ownerId }
    const { value: account } = await browser.call(operations.serviceAccount.create, described)
    const wanted = { id: account.id, name: 'pipeline', scopes: ['access:request' as const] }
    const { value: key } = await browser.call(operations.serviceAccount.createKey, wanted)
    const [shop] = (await browser.call(operations.database.list, {})).value.rows
    await browser.call(operations.accessPolicy.create, {
      ...{ kind: 'database', name: 'Migrations', selects: { databaseIds: shop ? [shop.id] : [] }, logins: ['readwrite'] },
      ...{ requesters: { serviceAccountIds: [account.id] }, approvers: { personIds: [world.approver.id] } },
    })
    const argv = ['psql', 'shop', '--for', '10m', '--reason', 'Release 42', '--', '-XqAtc', 'select pg_sleep(600)']
    const running = holdfast(argv, { env: { ...env(), HOLDFAST_API_KEY: key.key }, onStderr: approving() })
    await sleeping()
    const [given] = (await browser.call(grant.list, { serviceAccountId: account.id })).value.rows
    if (!given) throw new Error('no grant')
    await browser.call(operations.apiKey.revoke, { id: key.id })
    expect(await running).toMatchObject({ code: 2, stderr: expect.stringContaining('terminating connection') as string })
    expect(await proved(given.id)).toMatchObject({ endReason: 'account_ended', databaseRoles: [{ backendsEnded: 1 }] })
  })

  it('with the fence removed: where only new log-ins are refused, the real psql goes on', async () => {
    const running = psql(asRobot, ['-c', 'select pg_sleep(2)', '-c', 'select 42'], approving())
    const user = await sleeping()
    const again = keep(user)
    await target.root.query(`alter role ${user} nologin`)
    expect(again()).toMatchObject({ code: 2, stderr: expect.stringContaining('not permitted to log in') as string })
    expect(await running).toMatchObject({ code: 0, stdout: '\n42\n' })
  })
})

import { createApiKey } from '@holdfast/crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { session } from '@holdfast/contract'
import { addMember, newCaller, startPlatform, type FoundedPlatform, type Member, type Platform } from '../../../test/platform.ts'
import { newId } from '../identifier.ts'
import { accessCookie } from './cookies.ts'

let platform: Platform
let founded: FoundedPlatform
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
})
afterAll(() => platform.close())

const keyOf = async ({ personId }: Pick<Member, 'personId'>, role: string): Promise<{ key: string; id: string }> => {
  const id = newId('ak')
  const { key, secretHash } = createApiKey(id)
  await platform.arrange(
    founded.orgId,
    `insert into api_key (org_id, id, name, secret_hash, role, created_by, expires_at) values ($1, $2, 'test', $3, $4, $5, now() + interval '1 day')`,
    [founded.orgId, id, secretHash, role, personId],
  )
  return { key, id }
}
const whoIs = (apiKey: string): Promise<string> =>
  platform.call(session.current, {}, newCaller({ apiKey })).then(
    ({ organisation }) => organisation.role,
    (error: unknown) => (error as { code: string }).code,
  )

describe('API keys', () => {
  test('act as their owner, never stronger than the owner is now', async () => {
    const member = await addMember(platform, founded, 'reviewer')
    const [strong, weak] = [await keyOf(member, 'owner'), await keyOf(member, 'viewer')]
    expect([await whoIs(strong.key), await whoIs(weak.key)]).toEqual(['reviewer', 'viewer'])
    await platform.arrange(founded.orgId, `update membership set role = 'viewer' where person_id = $1`, [member.personId])
    expect(await whoIs(strong.key)).toBe('viewer')
  })

  test.each([
    ['revoked', `update api_key set revoked_at = now() where id = $1`],
    ['expired', `update api_key set expires_at = now() - interval '1 second' where id = $1`],
    ['of a suspended person', `update person set state = 'suspended' where id = (select created_by from api_key where id = $1)`],
    ['of somebody who left', `delete from membership where person_id = (select created_by from api_key where id = $1)`],
  ])('%s: dead at the next request', async (_, sql) => {
    const { key, id } = await keyOf(await addMember(platform, founded, 'member'), 'member')
    expect(await whoIs(key)).toBe('member')
    await platform.arrange(founded.orgId, sql, [id])
    expect(await whoIs(key)).toBe('unauthenticated')
  })

  test('a wrong secret, an unknown key, another scheme: refused even with good cookies', async () => {
    const { key } = await keyOf(founded, 'owner')
    for (const bad of [key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A'), createApiKey(newId('ak')).key, 'hf_', `${key} x`]) {
      expect(await platform.refusal(session.current, {}, newCaller({ apiKey: bad, access: founded.owner.access }))).toBe(
        'unauthenticated',
      )
    }
  })

  test('cannot do what needs a person at a screen', async () => {
    const { key } = await keyOf(founded, 'owner')
    expect(await platform.refusal(session.list, {}, newCaller({ apiKey: key }))).toBe('session_required')
  })

  test('use is noted aside, without an entry', async () => {
    const { key, id } = await keyOf(founded, 'viewer')
    const entries = async () => (await platform.admin.query('select count(*)::int as n from ledger')).rows[0].n as number
    const before = await entries()
    await whoIs(key)
    const lastUse = async () =>
      (await platform.admin.query('select last_used_at from api_key where id = $1', [id])).rows[0].last_used_at as Date | null
    await expect.poll(lastUse, { timeout: 8_000, interval: 200 }).not.toBeNull()
    expect(await entries()).toBe(before)
  })
})

test('who calls is one statement, counted by PostgreSQL', async () => {
  const { caller } = await addMember(platform, founded, 'member')
  const { key } = await keyOf(founded, 'viewer')
  const headers = [{ cookie: `${accessCookie}=${caller.access ?? ''}` }, { authorization: `Bearer ${key}` }]
  const rounds = 200
  const committed = async (): Promise<number> => {
    // Each connection reports what it counted, and then whoever asks looks anew.
    const report = 'select pg_stat_force_next_flush(), pg_sleep(0.05)'
    await Promise.all(Array.from({ length: 12 }, () => platform.pool.query(report)))
    const text = 'select xact_commit::int as n from pg_stat_database where datname = current_database()'
    return (await platform.admin.query<{ n: number }>(text)).rows[0]?.n ?? 0
  }
  for (const shown of headers) {
    const before = await committed()
    for (let round = 0; round < rounds; round++)
      expect(await platform.composition.authenticate({ headers: shown, ip: '192.0.2.1' })).not.toBeNull()
    // Each stands alone and so is a transaction; a few more are those of timers, and of counting.
    const statements = (await committed()) - before
    expect(statements).toBeGreaterThan(rounds * 0.9)
    expect(statements).toBeLessThan(rounds * 1.2)
  }
})

describe('sessions', () => {
  test('a promotion bites at the next request: no second factor, no rights', async () => {
    const { caller, personId } = await addMember(platform, founded, 'member')
    expect(await platform.call(session.current, {}, caller)).toMatchObject({ next: 'done' })
    await platform.arrange(founded.orgId, `update membership set role = 'admin', version = version + 1 where person_id = $1`, [
      personId,
    ])
    expect(await platform.call(session.current, {}, caller)).toMatchObject({
      next: 'enrol_factor',
      organisation: { role: 'admin' },
    })
    expect(await platform.refusal(session.list, {}, caller)).toBe('mfa_required')
  })

  test('a rule of the organisation that everybody needs a factor bites at once', async () => {
    const { caller } = await addMember(platform, founded, 'viewer')
    await platform.arrange(founded.orgId, 'update org set require_mfa = true where id = $1', [founded.orgId])
    expect(await platform.refusal(session.list, {}, caller)).toBe('mfa_required')
    await platform.arrange(founded.orgId, 'update org set require_mfa = false where id = $1', [founded.orgId])
    expect(await platform.refusal(session.revoke, { id: newId('se') as never }, caller)).toBe('session_not_found')
  })

  test('a live token of a suspended person is dead; with the fence removed it would not be', async () => {
    const { caller, personId } = await addMember(platform, founded, 'member')
    await platform.arrange(founded.orgId, `update person set state = 'suspended' where id = $1`, [personId])
    expect(await platform.refusal(session.current, {}, caller)).toBe('unauthenticated')
    const { rows } = await platform.admin.query(`select pg_get_functiondef('gate_session(text)'::regprocedure) as source`)
    const source = String(rows[0].source)
    expect(source).toContain(`p.state = 'active'`)
    await platform.admin.query(source.replace(`p.state = 'active'`, 'true'))
    expect(await platform.call(session.current, {}, caller)).toMatchObject({ person: { id: personId } })
    await platform.admin.query(source)
    expect(await platform.refusal(session.current, {}, caller)).toBe('unauthenticated')
  })
})

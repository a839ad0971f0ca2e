import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { session, type SessionId } from '@holdfast/contract'
import {
  addMember,
  newCaller,
  startPlatform,
  type Caller,
  type FoundedPlatform,
  type Member,
  type Platform,
} from '../../../test/platform.ts'

let platform: Platform
let founded: FoundedPlatform
let member: Member
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
})
beforeEach(async () => {
  member = await addMember(platform, founded, 'member')
})
afterAll(() => platform.close())

const holding = (caller: Caller, refresh: string | null = caller.refresh): Caller => newCaller({ refresh, origin: caller.origin })
const sequenceOf = (caller: Caller): number => Number(caller.refresh?.split('.')[2])
const stateOf = async (caller: Caller): Promise<{ revoke_reason: string | null; refresh_seq: number }> => {
  const { rows } = await platform.admin.query('select revoke_reason, refresh_seq from session where id = $1', [
    caller.refresh?.split('.')[1],
  ])
  return rows[0]
}

test('each refresh gives the next token and a fresh access token', async () => {
  const { caller } = member
  const before = caller.refresh
  const { output, seq } = await platform.outcome(session.refresh, {}, caller)
  expect(seq).toBeTypeOf('number')
  expect(output).toMatchObject({ id: before?.split('.')[1] })
  expect(caller.refresh).not.toBe(before)
  expect(sequenceOf(caller)).toBe(1)
  expect(await platform.call(session.current, {}, caller)).toMatchObject({ next: 'done' })
})

test('100 rounds of 6 racers: all get the same successor, nobody is signed out', async () => {
  const { caller } = member
  for (let round = 0; round < 100; round++) {
    const racers = Array.from({ length: 6 }, () => holding(caller))
    await Promise.all(racers.map((racer) => platform.call(session.refresh, {}, racer)))
    const tokens = new Set(racers.map(({ refresh }) => refresh))
    expect(tokens.size).toBe(1)
    caller.refresh = [...tokens][0] ?? null
    expect(sequenceOf(caller)).toBe(round + 1)
  }
  expect(await stateOf(caller)).toEqual({ revoke_reason: null, refresh_seq: 100 })
}, 60_000)

test('used again after the grace: the session ends for thief and owner, recorded and told by mail', async () => {
  const { caller, personId } = member
  const stolen = holding(caller)
  await platform.call(session.refresh, {}, caller)
  await platform.arrange(
    founded.orgId,
    `update session set refresh_grace_until = now() - interval '1 second' where person_id = $1`,
    [personId],
  )
  expect(await platform.refusal(session.refresh, {}, stolen)).toBe('refresh_refused')
  expect(await stateOf(caller)).toMatchObject({ revoke_reason: 'refresh_reuse' })
  expect(await platform.refusal(session.refresh, {}, caller)).toBe('refresh_refused')
  expect(await platform.refusal(session.current, {}, caller)).toBe('unauthenticated')
  const { rows } = await platform.admin.query(`select body::jsonb->>'action' as action from ledger order by seq desc limit 1`)
  expect(rows[0].action).toBe('session.reuse_detected')
  const mails = await platform.admin.query('select count(*)::int as n from mail where person_id = $1', [personId])
  expect(mails.rows[0].n).toBe(1)
})

test('within the grace only the token just before, and only from the same browser', async () => {
  const { caller } = member
  const oldest = holding(caller)
  await platform.call(session.refresh, {}, caller)
  const before = holding(caller)
  await platform.call(session.refresh, {}, caller)
  await platform.call(session.refresh, {}, before)
  expect(before.refresh).toBe(caller.refresh)
  expect(await platform.refusal(session.refresh, {}, oldest)).toBe('refresh_refused')
  expect(await stateOf(caller)).toMatchObject({ revoke_reason: 'refresh_reuse' })

  const other = (await addMember(platform, founded, 'member')).caller
  const thief = newCaller({ refresh: other.refresh, origin: { address: '203.0.113.9', agent: 'curl/8' } })
  await platform.call(session.refresh, {}, other)
  expect(await platform.refusal(session.refresh, {}, thief)).toBe('refresh_refused')
})

test('the fence removed, a stolen token would go on working', async () => {
  const { rows } = await platform.admin.query(
    `select pg_get_functiondef('gate_refresh(text,integer,boolean)'::regprocedure) as source`,
  )
  const source = String(rows[0].source)
  const { caller, personId } = member
  const stolen = holding(caller)
  await platform.call(session.refresh, {}, caller)
  await platform.arrange(
    founded.orgId,
    `update session set refresh_grace_until = now() - interval '1 second' where person_id = $1`,
    [personId],
  )
  await platform.admin.query(source.replace(`s.refresh_grace_until > clock_timestamp()`, 'true'))
  await platform.call(session.refresh, {}, stolen)
  await platform.admin.query(source)
  expect(await stateOf(caller)).toMatchObject({ revoke_reason: null })
})

test.each([
  ['signed out', (caller: Caller) => platform.call(session.signOut, {}, caller)],
  [
    'expired',
    () => platform.arrange(founded.orgId, `update session set expires_at = now() where person_id = $1`, [member.personId]),
  ],
  [
    'idle',
    () => platform.arrange(founded.orgId, `update session set idle_expires_at = now() where person_id = $1`, [member.personId]),
  ],
  [
    'of a suspended person',
    () => platform.arrange(founded.orgId, `update person set state = 'suspended' where id = $1`, [member.personId]),
  ],
  [
    'of somebody who left',
    () => platform.arrange(founded.orgId, `delete from membership where person_id = $1`, [member.personId]),
  ],
])('no refresh for a session %s', async (_, end) => {
  const kept = holding(member.caller)
  await end(member.caller)
  expect(await platform.refusal(session.refresh, {}, kept)).toBe('refresh_refused')
})

test('no refresh for a forged token, or none', async () => {
  const { caller } = member
  const forged = `v1.${caller.refresh?.split('.')[1]}.0.${'A'.repeat(43)}`
  expect(await platform.refusal(session.refresh, {}, holding(caller, forged))).toBe('refresh_refused')
  expect(await platform.refusal(session.refresh, {}, newCaller())).toBe('refresh_refused')
  expect(await stateOf(caller)).toMatchObject({ revoke_reason: null })
})

test('the device list: all devices, revoked ones gone; somebody else’s cannot be ended', async () => {
  const { caller, email, password } = member
  const phone = newCaller({ origin: { address: '203.0.113.5', agent: 'Mozilla/5.0 (iPhone) Safari/604.1' } })
  const { id } = await platform.call(session.signIn, { email, password }, phone)
  const { rows } = await platform.call(session.list, {}, caller)
  expect(rows.map(({ device, address, current }) => ({ device, address, current }))).toEqual([
    { device: 'Safari on iOS', address: '203.0.113.5', current: false },
    { device: 'Firefox on Linux', address: '192.0.2.1', current: true },
  ])
  expect(await platform.refusal(session.revoke, { id }, founded.owner)).toBe('session_not_found')
  await platform.call(session.revoke, { id }, caller)
  expect(await platform.refusal(session.current, {}, phone)).toBe('unauthenticated')
  expect(await platform.refusal(session.revoke, { id: id as SessionId }, caller)).toBe('session_not_found')
  await platform.call(session.signIn, { email, password }, phone)
  expect(await platform.call(session.revokeOthers, {}, caller)).toMatchObject({ ended: 1 })
  expect((await platform.call(session.list, {}, caller)).rows).toHaveLength(1)
})

import { apiKey, invitation, ledger, member, organisation, session } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addMember, newCaller, startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'

let platform: Platform
let founded: FoundedPlatform
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
})
afterAll(() => platform.close())

const roleOf = async (personId: string): Promise<string | undefined> => {
  const { rows } = await platform.admin.query<{ role: string }>('select role from membership where person_id = $1', [personId])
  return rows[0]?.role
}

test('lists, filters, searches what only the keys open, and pages', async () => {
  const { personId } = await addMember(platform, founded, 'viewer', 'Žofie Nováková')
  const all = await platform.call(member.list, {}, founded.owner)
  expect(all.rows.map(({ role }) => role).toSorted()).toEqual(['owner', 'viewer'])
  expect(all.rows.find(({ role }) => role === 'owner')).toMatchObject({ email: founded.email, factorEnrolled: true })
  expect((await platform.call(member.list, { search: 'nováK' }, founded.owner)).rows.map(({ id }) => id)).toEqual([personId])
  expect((await platform.call(member.list, { role: 'owner' }, founded.owner)).rows).toHaveLength(1)
  const first = await platform.call(member.list, { limit: 1 }, founded.owner)
  const second = await platform.call(member.list, { limit: 1, after: first.next ?? '' }, founded.owner)
  expect([...first.rows, ...second.rows].map(({ id }) => id)).toEqual(all.rows.map(({ id }) => id))
  expect(second.next).toBeNull()
})

test('a change of role bites at the next request and is recorded', async () => {
  const { personId, caller } = await addMember(platform, founded, 'reviewer')
  const { seq } = await platform.outcome(member.changeRole, { id: personId, role: 'viewer' }, founded.owner)
  expect(seq).toBeGreaterThan(0)
  expect((await platform.call(session.current, {}, caller)).organisation.role).toBe('viewer')
  expect(await platform.refusal(ledger.list, {}, caller)).toBe('forbidden')
})

test('an Admin neither makes, nor changes, nor removes an Owner, nor promotes themselves', async () => {
  const admin = await addMember(platform, founded, 'admin')
  const other = await addMember(platform, founded, 'member')
  const { refusal } = platform
  expect(await refusal(member.changeRole, { id: other.personId, role: 'owner' }, admin.caller)).toBe('owner_only')
  expect(await refusal(member.changeRole, { id: founded.personId, role: 'viewer' }, admin.caller)).toBe('owner_only')
  expect(await refusal(member.remove, { id: founded.personId }, admin.caller)).toBe('owner_only')
  expect(await refusal(member.endSessions, { id: founded.personId }, admin.caller)).toBe('owner_only')
  expect(await refusal(member.changeRole, { id: admin.personId, role: 'owner' }, admin.caller)).toBe('own_role')
  expect(await refusal(invitation.create, { email: 'new@example.test', role: 'owner' }, admin.caller)).toBe('owner_only')
  expect(await refusal(organisation.transferOwnership, { personId: other.personId }, admin.caller)).toBe('forbidden')
  expect(await refusal(member.changeRole, { id: 'pe_00000000000000000000000000' as never, role: 'viewer' }, founded.owner)).toBe(
    'member_not_found',
  )
})

test('a removed member’s sessions and keys are dead at once', async () => {
  const { personId, caller } = await addMember(platform, founded, 'member')
  const { key } = await platform.call(apiKey.create, { name: 'ci', role: 'member' }, caller)
  const byKey = newCaller({ apiKey: key })
  expect((await platform.call(session.current, {}, byKey)).person.id).toBe(personId)
  await platform.call(member.remove, { id: personId }, founded.owner)
  expect(await platform.refusal(session.current, {}, byKey)).toBe('unauthenticated')
  expect(await platform.refusal(session.current, {}, caller)).toBe('unauthenticated')
  expect(await platform.refusal(member.remove, { id: personId }, founded.owner)).toBe('member_not_found')
})

test('either would do: the sessions that were ended, and the membership that each request looks for; without both they are in', async () => {
  const { personId, caller } = await addMember(platform, founded, 'member')
  await platform.call(member.remove, { id: personId }, founded.owner)
  await platform.arrange(founded.orgId, 'update session set revoked_at = null, revoke_reason = null where person_id = $1', [
    personId,
  ])
  expect(await platform.refusal(session.current, {}, caller)).toBe('unauthenticated')
  await platform.arrange(founded.orgId, `insert into membership (org_id, person_id, role) values ($1, $2, 'member')`, [
    founded.orgId,
    personId,
  ])
  expect((await platform.call(session.current, {}, caller)).person.id).toBe(personId)
  await platform.arrange(founded.orgId, 'update session set revoked_at = now() where person_id = $1', [personId])
  expect(await platform.refusal(session.current, {}, caller)).toBe('unauthenticated')
})

test('ends sessions, not the membership', async () => {
  const { personId, caller } = await addMember(platform, founded, 'member')
  expect((await platform.call(member.endSessions, { id: personId }, founded.owner)).ended).toBe(1)
  expect(await platform.refusal(session.current, {}, caller)).toBe('unauthenticated')
  expect(await roleOf(personId)).toBe('member')
})

test('the last Owner can neither leave nor be removed', async () => {
  expect(await platform.refusal(member.leave, {}, founded.owner)).toBe('last_owner')
  expect(await platform.refusal(member.remove, { id: founded.personId }, founded.owner)).toBe('last_owner')
  expect(await roleOf(founded.personId)).toBe('owner')
})

test('of two Owners who demote each other at once, one stays Owner', async () => {
  for (let round = 0; round < 5; round++) {
    const second = await addMember(platform, founded, 'owner', `Second ${round}`)
    const attempts = [
      platform.outcome(member.changeRole, { id: second.personId, role: 'viewer' }, founded.owner),
      platform.outcome(member.changeRole, { id: founded.personId, role: 'viewer' }, second.caller),
    ]
    const done = (await Promise.allSettled(attempts)).map(({ status }) => status)
    expect(done.filter((status) => status === 'fulfilled')).toHaveLength(1)
    if (done[1] === 'fulfilled') {
      await platform.call(member.changeRole, { id: founded.personId, role: 'owner' }, second.caller)
      await platform.call(member.changeRole, { id: second.personId, role: 'viewer' }, founded.owner)
    }
  }
})

test('of two Owners who leave at once, one must stay', async () => {
  const second = await addMember(platform, founded, 'owner')
  const results = await Promise.allSettled([
    platform.outcome(member.leave, {}, { ...founded.owner }),
    platform.outcome(member.leave, {}, second.caller),
  ])
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const { rows } = await platform.admin.query(`select 1 from membership where role = 'owner'`)
  expect(rows).toHaveLength(1)
})

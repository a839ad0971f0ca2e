/** Holders of emergency keys in a review (C1): proposed for removal when they left or nobody tried the key; a removal ends the record, not the key. */
import { emergencyKey, member, type AccessReviewId, type AccessReviewItem, type PersonId } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addMember } from '../../../test/platform.ts'
import { startBench, type Bench } from './access-review.fixture.ts'

let bench: Bench
let id: AccessReviewId
beforeAll(async () => {
  bench = await startBench()
  id = await bench.begin()
}, 60_000)
afterAll(() => bench?.platform.close())

const day = 86_400_000
const owner = () => bench.stepped({ ...bench.founded, caller: bench.owner })
let keys = 0
const register = async (personId: PersonId, days = 100) =>
  bench.platform.call(
    emergencyKey.register,
    {
      ...{ personId, kind: 'authority', fingerprint: `SHA256:${String(++keys).padStart(43, 'k')}`, keptAt: 'Safe in room 2.14' },
      until: new Date(bench.platform.clock.now().getTime() + days * day).toISOString(),
    },
    await owner(),
  )
const anew = async (): Promise<void> => {
  await owner()
  await bench.keepRestAndBegin()
  id = await bench.latest()
  await owner()
}
const item = (ref: string): Promise<AccessReviewItem> => bench.one(id, 'emergency_key', (each) => each.ref === ref)

test('lists each with its holder and date, and proposes those away whose holder left or whose date is over', async () => {
  const { platform, founded, orgId } = bench
  const leaver = await addMember(platform, founded, 'member', 'Lena Leaver')
  const [kept, left, late, ended] = [
    await register(bench.sre.personId),
    await register(leaver.personId),
    await register(founded.personId),
    await register(bench.sre.personId),
  ]
  await platform.call(member.remove, { id: leaver.personId }, await owner())
  await platform.arrange(
    orgId,
    `update emergency_key set since = now() - interval '9 days', until = now() - interval '1 day' where id = $1`,
    [late.id],
  )
  await platform.call(emergencyKey.end, { id: ended.id, reason: 'Destroyed.' }, await owner())
  await anew()
  expect(await item(kept.id)).toMatchObject({
    ...{ personId: bench.sre.personId, holder: 'Sam', expiresAt: kept.until, proposal: 'keep', reasons: [] },
    detail: expect.stringContaining('destroyed by hand'),
  })
  expect(await item(left.id)).toMatchObject({ proposal: 'remove', reasons: ['holder_gone'] })
  expect(await item(late.id)).toMatchObject({ proposal: 'remove', reasons: ['past_its_date'] })
  expect((await bench.itemsOf(id, { kind: 'emergency_key' })).map(({ ref }) => ref)).not.toContain(ended.id)
  const { rows } = await platform.admin.query<{ text: string }>('select i::text as text from access_review_item i')
  expect(rows.map(({ text }) => text).join()).not.toContain('room 2.14')
})

test('a removal ends the record by its own operation, in an entry of its own; keeping one ends nothing', async () => {
  const { platform, orgId } = bench
  const [gone, stays] = [await register(bench.sre.personId), await register(bench.sre.personId)]
  await anew()
  await bench.decide(id, [bench.about(await item(gone.id), 'remove'), bench.about(await item(stays.id), 'keep')], await owner())
  const { rows } = await platform.call(emergencyKey.list, {}, bench.owner)
  const there = rows.map((row) => row.id)
  expect([there.includes(gone.id), there.includes(stays.id)]).toEqual([false, true])
  const entries = await platform.admin.query<{ action: string; reason: string }>(
    `select body::json ->> 'action' as action, body::json ->> 'reason' as reason from ledger where org_id = $1 order by seq desc limit 2`,
    [orgId],
  )
  expect(entries.rows.map(({ action }) => action).toSorted()).toEqual(['access_review.decided', 'emergency_key.ended'])
  expect(entries.rows.find(({ action }) => action === 'emergency_key.ended')?.reason).toContain(`(access review ${id})`)
})

test('a key that was tried since has changed: what was read is not what would be decided', async () => {
  const { platform } = bench
  const key = await register(bench.sre.personId)
  await anew()
  const read = await item(key.id)
  const until = new Date(platform.clock.now().getTime() + 200 * day).toISOString()
  await platform.call(emergencyKey.confirm, { id: key.id, until }, await owner())
  expect(await bench.refused(id, [bench.about(read, 'remove')], await owner())).toBe('item_changed')
})

test('nobody decides about a key that they hold; were it another’s, they would', async () => {
  const { platform, orgId, founded } = bench
  const key = await register(founded.personId)
  await anew()
  const own = await item(key.id)
  expect(await bench.refused(id, [bench.about(own, 'keep')], await owner())).toBe('own_access')
  await platform.arrange(orgId, 'update emergency_key set person_id = $1 where id = $2', [bench.sre.personId, key.id])
  await anew()
  await bench.decide(id, [bench.about(await item(key.id), 'keep')], await owner())
})

/** Who holds emergency keys of servers: a record by hand, its deadline, and what ending it says is left to do (C1). */
import { emergencyKey, emergencyKeyCheck, member, obligations, type InputOf } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mailsTo } from '../../../test/mails.ts'
import { addMember, startPlatform, type FoundedPlatform, type Member, type Platform } from '../../../test/platform.ts'
import { makeOrganisation } from '../../../test/world.ts'
import { runDue } from '../../kernel/obligation/engine.ts'
import { wrongDates } from './rules.ts'

let platform: Platform
let founded: FoundedPlatform
let holder: Member
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  holder = await addMember(platform, founded, 'member', 'Holda Holder')
}, 60_000)
afterAll(() => platform.close())

const day = 86_400_000
const inDays = (count: number): string => new Date(platform.clock.now().getTime() + count * day).toISOString()
let keys = 0
const print = (): string => `SHA256:${String(++keys).padStart(43, 'k')}`
const owner = async () => (await addMember(platform, founded, 'owner')).caller
const record = (more: Partial<InputOf<typeof emergencyKey.register>> = {}): InputOf<typeof emergencyKey.register> => ({
  ...{ personId: holder.personId, kind: 'certificate', fingerprint: print(), keptAt: 'Safe in room 2.14', until: inDays(90) },
  ...more,
})
const register = async (more: Partial<InputOf<typeof emergencyKey.register>> = {}) =>
  platform.call(emergencyKey.register, record(more), await owner())
const clocksOf = async (id: string, show: 'open' | 'overdue' | 'met' | 'withdrawn' = 'open') => {
  const { rows } = await platform.call(obligations.list, { subject: id, show }, await owner())
  return rows.filter(({ kind }) => kind === emergencyKeyCheck.name).map(({ dueAt }) => dueAt)
}

test('is registered with an entry, where it is kept sealed, and a deadline to try it', async () => {
  const made = await register({ since: inDays(-10) })
  expect(made).toMatchObject({ ...{ personId: holder.personId, keptAt: 'Safe in room 2.14', triedAt: null }, holderGone: false })
  const { rows } = await platform.call(emergencyKey.list, {}, await owner())
  expect(rows.map(({ id }) => id)).toContain(made.id)
  expect(await clocksOf(made.id)).toEqual([made.until])
  const { rows: found } = await platform.admin.query<{ entries: number; plain: number }>(
    `select (select count(*)::int from ledger where body like '%emergency_key.registered%' and body like $1) as entries,
       (select count(*)::int from ledger where body like '%room 2.14%') + (select count(*)::int from emergency_key where emergency_key::text like '%room 2.14%') as plain`,
    [`%${made.id}%`],
  )
  expect(found[0]).toEqual({ entries: 1, plain: 0 })
})

test('is refused for who is no member, twice, and with dates that say nothing', async () => {
  const elsewhere = await makeOrganisation(platform, 'Elsewhere Ltd')
  const stranger = await addMember(platform, { orgId: elsewhere }, 'owner', 'Stranger')
  const by = await owner()
  const refused = (more: Partial<InputOf<typeof emergencyKey.register>>) =>
    platform.refusal(emergencyKey.register, record(more), by)
  expect(await refused({ personId: stranger.personId })).toBe('member_not_found')
  const { fingerprint, id } = await register()
  expect(await refused({ fingerprint })).toBe('key_known')
  for (const wrong of [{ until: inDays(-1) }, { until: inDays(401) }, { since: inDays(1) }])
    expect(await refused(wrong)).toBe('dates_wrong')
  expect(await refused({ fingerprint: 'MD5:aa:bb' })).toBe('invalid_input')
  // Another holder of the same key is another record; one whose record was ended may get it again.
  await register({ fingerprint, personId: founded.personId })
  await platform.call(emergencyKey.end, { id, reason: 'Handed back.' }, by)
  await platform.call(emergencyKey.register, record({ fingerprint }), by)
})

test('tried: the deadline begins anew, and where it is kept may be another place', async () => {
  const made = await register()
  const until = inDays(300)
  const tried = await platform.call(emergencyKey.confirm, { id: made.id, until, keptAt: 'Bank' }, await owner())
  expect(tried).toMatchObject({ keptAt: 'Bank', until, triedAt: expect.stringMatching(/^\d{4}-/) })
  expect([await clocksOf(made.id, 'met'), await clocksOf(made.id)]).toEqual([[made.until], [until]])
})

test('over its date the Owners hear of it', async () => {
  const made = await register({ until: inDays(20) })
  const watcher = await addMember(platform, founded, 'owner', 'Olga Watcher')
  platform.clock.advance(21 * day)
  await runDue(platform.services, founded.orgId)
  expect(await clocksOf(made.id, 'overdue')).toEqual([made.until])
  const mails = await mailsTo(platform, founded.orgId, watcher.personId)
  expect(mails.some((mail) => mail.includes('Try an emergency key, or end its record'))).toBe(true)
  expect(mails.join()).not.toContain('Holda')
})

test('ended: the deadline goes, nothing of it can be changed, and the answer says what is left to do by hand', async () => {
  const by = await owner()
  for (const [kind, words] of [
    ['certificate', /add the public key as a line to \/etc\/holdfast\/break_glass\.krl/],
    ['authority', /every certificate that it signed is refused/],
  ] as const) {
    const { id } = await register({ kind })
    const ended = await platform.call(emergencyKey.end, { id, reason: 'They changed teams.' }, by)
    expect(ended.byHand.join(' ')).toMatch(words)
    expect([await clocksOf(id), (await clocksOf(id, 'withdrawn')).length]).toEqual([[], 1])
    expect(await platform.refusal(emergencyKey.confirm, { id, until: inDays(9) }, by)).toBe('key_ended')
    expect(await platform.refusal(emergencyKey.end, { id, reason: 'Again.' }, by)).toBe('key_ended')
    expect((await platform.call(emergencyKey.list, {}, by)).rows.some((row) => row.id === id)).toBe(false)
    expect(
      (await platform.call(emergencyKey.list, { ended: 'true' }, by)).rows.find((row) => row.id === id)?.endedAt,
    ).not.toBeNull()
  }
})

test('whose holder has left says so at once', async () => {
  const leaver = await addMember(platform, founded, 'member', 'Lena Leaver')
  const { id } = await register({ personId: leaver.personId })
  await platform.call(member.remove, { id: leaver.personId }, await owner())
  const { rows } = await platform.call(emergencyKey.list, {}, await owner())
  expect(rows.find((row) => row.id === id)).toMatchObject({ holderGone: true, personId: leaver.personId })
})

test('the dates', () => {
  const now = new Date('2026-11-29T12:00:00Z')
  const at = (days: number) => new Date(now.getTime() + days * day)
  expect(wrongDates({ since: now, until: at(400) }, now)).toBeNull()
  expect(wrongDates({ since: at(-4000), until: at(1) }, now)).toBeNull()
  expect(wrongDates({ since: now, until: now }, now)).toMatch(/passed/)
  expect(wrongDates({ since: now, until: at(400.1) }, now)).toMatch(/within 400 days/)
  expect(wrongDates({ since: at(0.1), until: at(1) }, now)).toMatch(/got it/)
})

import { session, sso } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addMember, newCaller, startPlatform, type Caller, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { proveDomain, saidOf, signOnAs, signOnFor, type SignOn } from '../../../test/sign-on.ts'
import { checkDomains } from './jobs.ts'
import { afterLook, graceDays, isOwnable } from './rules.ts'

let platform: Platform
let founded: FoundedPlatform
let signOn: SignOn
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  signOn = await signOnFor(platform, founded.owner)
}, 30_000)
afterAll(() => platform.close())

const day = 86_400_000
const owner = async (): Promise<Caller> => (await addMember(platform, founded, 'owner')).caller
const look = () => checkDomains.run({ services: platform.services, orgId: founded.orgId, personId: null, log: () => undefined })
const stateOf = async (domain: string) =>
  (await platform.call(sso.read, {}, await owner())).domains.find((each) => each.domain === domain)

test('a domain is proved by its record, and by nothing else', async () => {
  const as = await owner()
  const { record, state } = await platform.call(sso.addDomain, { domain: 'Mine.Example' }, as)
  expect(record).toMatchObject({ name: '_holdfast-challenge.mine.example' })
  expect(state).toBe('waiting')
  expect(await platform.refusal(sso.proveDomain, { domain: 'mine.example' }, as)).toBe('record_missing')
  platform.dns.set(record.name, ['v=spf1 -all', `${record.value}x`])
  expect(await platform.refusal(sso.proveDomain, { domain: 'mine.example' }, as)).toBe('record_missing')
  platform.dns.set(record.name, new Error('SERVFAIL'))
  expect(await platform.refusal(sso.proveDomain, { domain: 'mine.example' }, as)).toBe('dns_unavailable')
  expect((await platform.call(session.discover, { domain: 'mine.example' }, newCaller())).singleSignOn).toBe(false)
  platform.dns.set(record.name, ['v=spf1 -all', record.value])
  expect((await platform.call(sso.proveDomain, { domain: 'mine.example' }, as)).state).toBe('proved')
  expect(await platform.refusal(sso.addDomain, { domain: 'mine.example' }, as)).toBe('domain_known')
})

test('of two organisations that show the record at once one has it', async () => {
  const { rows } = await platform.admin.query<{ id: string }>('select gen_random_uuid() as id')
  const orgId = rows[0]?.id as never
  await platform.arrange(orgId, `insert into org (id, slug, name, plan) values ($1, 'rival', 'Rival', 'growth')`, [orgId])
  const rival = (await addMember(platform, { orgId }, 'owner')).caller
  const mine = await owner()
  const added = await Promise.all([rival, mine].map((as) => platform.call(sso.addDomain, { domain: 'race.example' }, as)))
  platform.dns.set(
    '_holdfast-challenge.race.example',
    added.map(({ record }) => record.value),
  )
  const proved = await Promise.allSettled(
    [rival, mine].map((as) => platform.call(sso.proveDomain, { domain: 'race.example' }, as)),
  )
  expect(proved.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('a lost record is shown and counts for a week, then nothing follows from the domain; silence of the DNS changes nothing', async () => {
  const domain = 'fading.example'
  const { record } = await proveDomain(platform, await owner(), domain, signOn.connectionId)
  await look()
  expect((await stateOf(domain))?.state).toBe('proved')
  platform.dns.set(record.name, new Error('timeout'))
  platform.clock.advance(day)
  await look()
  expect((await stateOf(domain))?.state).toBe('proved')
  platform.dns.set(record.name, [])
  await look()
  expect(await stateOf(domain)).toMatchObject({ state: 'lost' })
  await signOnAs(platform, { ...signOn, domain }, saidOf(domain, 'in-time'))
  platform.dns.set(record.name, [record.value])
  await look()
  expect(await stateOf(domain)).toMatchObject({ state: 'proved', until: null })
  platform.dns.set(record.name, [])
  await look()
  platform.clock.advance(graceDays * day + 1000)
  await look()
  expect(await stateOf(domain)).toMatchObject({ state: 'waiting', provedAt: null })
  expect(await platform.refusal(session.beginSignOn, { domain }, newCaller())).toBe('no_single_sign_on')
  const { rows } = await platform.admin.query<{ count: string }>(
    `select count(*) from ledger where body::jsonb ->> 'action' = 'sso.domains_checked' and body like '%fading.example%'`,
  )
  expect(Number(rows[0]?.count)).toBe(4) // lost, found, lost, released
})

test.each(['1.2.3.4', 'printer.local', 'db.internal', '4.3.2.1.in-addr.arpa'])('%s is nobody’s to prove', (domain) => {
  expect(isOwnable(domain)).toBe(false)
})

test('what was never proved is not lost', () => {
  expect(afterLook({ provedAt: null, lostAt: null }, false, new Date())).toBeNull()
})

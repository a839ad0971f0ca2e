/** Who gets in though the organisation's sign-in policy says no, and how each gets in once the fence is gone. */
import { apiKey, OrgId, organisation, session, signInPolicy, type InputOf } from '@holdfast/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { enrolPasskey } from '../../../test/passkeys.ts'
import {
  addMember,
  enrol,
  newCaller,
  startPlatform,
  totpCode,
  type Caller,
  type FoundedPlatform,
  type Platform,
} from '../../../test/platform.ts'
import { newOrgId } from '../../kernel/identifier.ts'

let platform: Platform
let founded: FoundedPlatform
const elsewhere = OrgId.parse(newOrgId())
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  await platform.arrange(elsewhere, `insert into org (id, slug, name) values ($1, 'elsewhere', 'Elsewhere')`, [elsewhere])
})
afterAll(() => platform.close())

const minutes = (count: number): number => count * 60_000
const nothing = 'session_minutes = null, idle_minutes = null, lock_minutes = null, require_mfa = false'
const reset = (orgId: OrgId) =>
  platform.arrange(
    orgId,
    `update org set ${nothing}, networks = '{}', sign_in_methods = '{password,passkey,sso}' where id = $1`,
    [orgId],
  )
beforeEach(async () => {
  await reset(founded.orgId)
  await reset(elsewhere)
  const owner = newCaller() // the clock of the test before has run
  await platform.arrange(founded.orgId, 'update totp_factor set last_step = 0 where person_id = $1', [founded.personId])
  await platform.call(session.signIn, { email: founded.email, password: founded.password }, owner)
  await platform.call(session.confirmFactor, { code: totpCode(founded.totpSecret, platform.clock.now()) }, owner)
  founded.owner = owner
})

const set = (policy: InputOf<typeof signInPolicy.set>) => platform.call(signInPolicy.set, policy, founded.owner)
const arranged = (orgId: OrgId, sql: string) => platform.arrange(orgId, `update org set ${sql} where id = $1`, [orgId])
const member = async () => {
  const one = await addMember(platform, founded, 'member')
  await platform.arrange(elsewhere, `insert into membership (org_id, person_id, role) values ($1, $2, 'member')`, [
    elsewhere,
    one.personId,
  ])
  return one
}
const read = (caller: Caller) => platform.call(organisation.read, {}, caller)
const refused = (caller: Caller) => platform.refusal(organisation.read, {}, caller)
const at = (address: string, caller: Caller): Caller => ({ ...caller, origin: { ...caller.origin, address } })

/** Takes a piece out of a function of the database for as long as `work` runs. */
const without = async (name: string, piece: string | RegExp, instead: string, work: () => Promise<void>): Promise<void> => {
  const { rows } = await platform.admin.query<{ code: string }>('select pg_get_functiondef($1::regprocedure) as code', [name])
  const whole = rows[0]?.code ?? ''
  const cut = whole.replace(piece, instead)
  expect(cut).not.toBe(whole)
  await platform.admin.query(cut)
  try {
    await work()
  } finally {
    await platform.admin.query(whole)
  }
}
const withoutPolicy = (work: () => Promise<void>) =>
  without('sign_in_policy(int, int, int, text[], text[])', /select\s+case when[^]*end/, 'select null::jsonb', work)

describe('networks', () => {
  test('a token from outside is refused at once, and can do no more than leave', async () => {
    const { caller } = await member()
    await read(caller)
    const outside = at('203.0.113.9', caller)
    await read(outside)
    await set({ networks: ['192.0.2.0/24', '2001:db8::/32'] })
    await read(caller)
    expect(await refused(outside)).toBe('network_refused')
    expect(await refused(at('2001:db9::1', caller))).toBe('network_refused')
    await read(at('2001:db8::1', caller))
    expect(await platform.call(session.current, {}, outside)).toMatchObject({ next: 'use_other_network' })
    await withoutPolicy(async () => void (await read(outside)))
    expect(await refused(outside)).toBe('network_refused')
    await platform.call(session.switchOrganisation, { orgId: elsewhere }, outside)
    await read(outside) // bound only where it is asked
    expect(await platform.refusal(session.switchOrganisation, { orgId: founded.orgId }, outside)).toBe('network_refused')
    await platform.call(session.signOut, {}, outside)
  })

  test('so is an API key, and a sign-in from outside gets no further', async () => {
    const { caller, email, password } = await member()
    const { key } = await platform.call(apiKey.create, { name: 'ci', role: 'member' }, caller)
    await set({ networks: ['192.0.2.0/24'] })
    const outside = at('203.0.113.9', newCaller({ apiKey: key }))
    expect(await refused(outside)).toBe('network_refused')
    await read(newCaller({ apiKey: key }))
    await without('gate_api_key(text)', /o\.networks/, `'{}'::text[]`, async () => void (await read(outside)))
    const stranger = at('203.0.113.9', newCaller())
    expect(await platform.call(session.signIn, { email, password }, stranger)).toMatchObject({ next: 'use_other_network' })
    expect(await refused(stranger)).toBe('network_refused')
  })

  test('whoever would shut themselves out is refused, and told what to do', async () => {
    const attempt = set({ networks: ['198.51.100.0/24'] })
    await expect(attempt).rejects.toMatchObject({
      code: 'locks_you_out',
      extras: { detail: expect.stringContaining('192.0.2.1') },
    })
    await set({ networks: ['198.51.100.0/24', '192.0.2.1'] })
  })
})

describe('lengths', () => {
  test('a session that is too old is over, and neither a refresh nor switching brings it back', async () => {
    const { caller, email, password } = await member()
    platform.clock.advance(minutes(14))
    await platform.call(session.refresh, {}, caller)
    await arranged(founded.orgId, 'session_minutes = 20')
    await read(caller)
    platform.clock.advance(minutes(7))
    expect(await refused(caller)).toBe('unauthenticated')
    expect(await platform.refusal(session.refresh, {}, caller)).toBe('refresh_refused')
    await withoutPolicy(async () => void (await read(caller)))
    // Elsewhere it would live; coming from there it is too old as well, and stays where it is.
    const other = newCaller()
    await platform.call(session.signIn, { email, password }, other)
    await platform.call(session.switchOrganisation, { orgId: elsewhere }, other)
    platform.clock.advance(minutes(14))
    await platform.call(session.refresh, {}, other)
    platform.clock.advance(minutes(7))
    expect(await platform.refusal(session.switchOrganisation, { orgId: founded.orgId }, other)).toBe('sign_in_again')
    await read(other)
  })

  test('a proof on the way does not make a session younger', async () => {
    const { caller, password } = await member()
    await arranged(founded.orgId, 'session_minutes = 20')
    platform.clock.advance(minutes(14))
    await platform.call(session.confirmPassword, { password }, caller)
    platform.clock.advance(minutes(7))
    expect(await refused(caller)).toBe('unauthenticated')
  })

  test('a session that nobody is at is over, though its page keeps asking', async () => {
    const { caller } = await member()
    await set({ idleMinutes: 15 })
    platform.clock.advance(minutes(10))
    await read(caller) // somebody is at it
    const page = { ...caller, attended: false }
    platform.clock.advance(minutes(4))
    await read(page)
    await platform.call(session.refresh, {}, page)
    platform.clock.advance(minutes(12))
    expect(await refused(page)).toBe('unauthenticated')
    expect(await refused({ ...page, attended: true })).toBe('unauthenticated') // a person who comes now is late
    await withoutPolicy(async () => void (await read(page)))
  })
})

describe('the lock', () => {
  const away = async (caller: Caller, count: number) => {
    platform.clock.advance(minutes(count))
    await platform.call(session.refresh, {}, caller)
  }

  test('a session that nobody was at asks for a proof, and nothing else unlocks it', async () => {
    const { caller, password } = await member()
    await set({ lockMinutes: 5 })
    await read(caller)
    platform.clock.advance(minutes(6))
    expect(await refused(caller)).toBe('session_locked')
    expect(await platform.call(session.current, {}, caller)).toMatchObject({ next: 'unlock', lockMinutes: 5 })
    expect(await refused(caller)).toBe('session_locked')
    await withoutPolicy(async () => void (await read(newCaller({ ...caller, attended: false }))))
    // Through an organisation that locks nothing, and back.
    await platform.call(session.switchOrganisation, { orgId: elsewhere }, caller)
    await read(caller)
    expect(await platform.refusal(session.switchOrganisation, { orgId: founded.orgId }, caller)).toBe('step_up_required')
    expect(await platform.refusal(session.confirmPassword, { password: 'a guess' }, caller)).toBe('password_refused')
    await platform.call(session.confirmPassword, { password }, caller)
    await platform.call(session.switchOrganisation, { orgId: founded.orgId }, caller)
    await read(caller)
  })

  test('unlocks with the factor of whoever has one, not with the password', async () => {
    const { caller, password } = await member()
    const { totpSecret } = await enrol(platform, platform.clock, caller)
    await set({ lockMinutes: 5 })
    await away(caller, 6)
    expect(await platform.refusal(session.confirmPassword, { password }, caller)).toBe('factor_required')
    const confirmed = await platform.call(session.confirmFactor, { code: totpCode(totpSecret, platform.clock.now()) }, caller)
    expect(confirmed).toMatchObject({ next: 'done' })
    await read(caller)
  })

  test('by hand it locks at once, in every organisation, whatever is on its way', async () => {
    const { caller, password } = await member()
    await set({ lockMinutes: 60 })
    await read(caller)
    await platform.call(session.lock, {}, caller)
    expect(await refused(caller)).toBe('session_locked')
    await platform.call(session.switchOrganisation, { orgId: elsewhere }, caller)
    expect(await refused(caller)).toBe('session_locked')
    await platform.call(session.confirmPassword, { password }, caller)
    await read(caller)
  })

  test('a page that only keeps asking does not keep it open; another one that is used does', async () => {
    const { caller } = await member()
    await set({ lockMinutes: 5 })
    for (const attended of [true, false]) {
      platform.clock.advance(minutes(4))
      await read({ ...caller, attended })
    }
    platform.clock.advance(minutes(2))
    expect(await refused(caller)).toBe('session_locked')
  })
})

describe('second factor and methods', () => {
  test('a member without a second factor is stopped at the next request', async () => {
    const { caller } = await member()
    await read(caller)
    await set({ requireMfa: true })
    expect(await refused(caller)).toBe('mfa_required')
    await without('gate_session(text)', 'o.require_mfa', 'false', async () => void (await read(caller)))
  })

  test('a method that is not allowed is held back until one that is was shown', async () => {
    const { caller } = await member()
    await read(caller)
    const keyed = await addMember(platform, founded, 'member')
    const { passkey } = await enrolPasskey(platform, keyed.caller)
    await enrolPasskey(platform, founded.owner)
    await set({ methods: ['passkey'] })
    expect(await refused(caller)).toBe('sign_in_method_refused')
    expect(await platform.call(session.current, {}, caller)).toMatchObject({
      next: 'use_other_method',
      signInMethods: ['passkey'],
    })
    await read(keyed.caller)
    await withoutPolicy(async () => void (await read(caller)))
    // A password brings nobody in; the passkey does, and so does enrolling the first one.
    const again = newCaller()
    await platform.call(session.signIn, { email: keyed.email, password: keyed.password }, again)
    expect(await refused(again)).toBe('sign_in_method_refused')
    const { challenge } = await platform.call(session.passkeyOptions, {}, newCaller())
    const fresh = newCaller()
    expect(await platform.call(session.signInWithPasskey, { passkey: passkey.assert(challenge) }, fresh)).toMatchObject({
      next: 'done',
    })
    await read(fresh)
    await enrolPasskey(platform, caller)
    await read(caller)
  })

  test('an Owner who has not used it cannot make it the only one', async () => {
    await expect(set({ methods: ['passkey', 'sso'] })).rejects.toMatchObject({ code: 'locks_you_out' })
    // A passkey is always accepted: where a provider is down, somebody must get in.
    await expect(set({ methods: ['password', 'sso'] })).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(arranged(founded.orgId, `sign_in_methods = '{sso}'`)).rejects.toThrow('violates check')
  })
})

test('the preview says whom a change would touch, and the change stands in the ledger', async () => {
  const { caller, personId } = await member()
  await platform.call(apiKey.create, { name: 'ci', role: 'member' }, caller)
  const seen = await platform.call(
    signInPolicy.preview,
    { requireMfa: true, networks: ['198.51.100.0/24'], methods: ['passkey'] },
    founded.owner,
  )
  expect(seen.locksYouOut).toContain('192.0.2.1')
  for (const group of [seen.withoutFactor, seen.withoutPasskey, seen.outside]) expect(group.count).toBeGreaterThan(0)
  const pages = await platform.admin.query<{ id: string }>(
    'select person_id as id from membership where org_id = $1 order by 1',
    [founded.orgId],
  )
  expect(pages.rows.map(({ id }) => id)).toContain(personId)
  expect(seen.apiKeys).toBeGreaterThan(0)
  expect(await platform.call(signInPolicy.preview, {}, founded.owner)).toMatchObject({
    ...{ locksYouOut: null, apiKeys: 0 },
    ...{ withoutFactor: { count: 0 }, outside: { count: 0 } },
  })
  const { seq } = await platform.outcome(signInPolicy.set, { lockMinutes: 10 }, founded.owner)
  const { rows } = await platform.admin.query('select body::jsonb as body from ledger where org_id = $1 and seq = $2', [
    founded.orgId,
    seq,
  ])
  expect(rows[0].body).toMatchObject({ action: 'organisation.sign_in_policy_changed' })
  expect(JSON.stringify(rows[0].body)).toContain('lock_minutes')
  expect(await platform.call(signInPolicy.read, {}, caller)).toMatchObject({ lockMinutes: 10 })
  expect(await platform.refusal(signInPolicy.set, { lockMinutes: null }, caller)).toBe('forbidden')
})

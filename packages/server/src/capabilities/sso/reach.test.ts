/** How far a provider's word reaches (C3, ADR 14): whoever runs one organisation's provider gets nothing that counts in another. */
import { apiKey, factor, member, session, type OrgId } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { enrolPasskey } from '../../../test/passkeys.ts'
import {
  addMember,
  enrol,
  newCaller,
  startPlatform,
  type Caller,
  type FoundedPlatform,
  type Platform,
} from '../../../test/platform.ts'
import { saidOf, signOnAs, signOnFor, type SignOn } from '../../../test/sign-on.ts'
import { makeOrganisation } from '../../../test/world.ts'

let platform: Platform
let founded: FoundedPlatform
let signOn: SignOn
let elsewhere: OrgId
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  signOn = await signOnFor(platform, founded.owner)
  elsewhere = await makeOrganisation(platform, 'Elsewhere Ltd')
}, 30_000)
afterAll(() => platform.close())

/** Somebody of two organisations, as the provider of the first would have them sign in. */
const oneOfTwo = async (name: string): Promise<{ caller: Caller; id: string }> => {
  const { caller } = await signOnAs(platform, signOn, saidOf(signOn.domain, name))
  const { person, id } = await platform.call(session.current, {}, caller)
  await platform.arrange(elsewhere, `insert into membership (org_id, person_id, role) values ($1, $2, 'admin')`, [
    elsewhere,
    person.id,
  ])
  return { caller, id: id ?? '' }
}
const unmark = (id: string) => platform.arrange(founded.orgId, 'update session set sso_connection_id = null where id = $1', [id])

describe('by the word of one organisation’s provider', () => {
  test('nobody gets a first factor that opens another; were the session not marked, its passkey would', async () => {
    const { caller, id } = await oneOfTwo('planted')
    expect(await platform.refusal(factor.enrolPasskey, {}, caller)).toBe('sso_session')
    expect(await platform.refusal(factor.enrolTotp, {}, caller)).toBe('sso_session')
    await unmark(id)
    const { passkey } = await enrolPasskey(platform, caller)
    const thief = newCaller()
    const { challenge } = await platform.call(session.passkeyOptions, {}, thief)
    await platform.call(session.signInWithPasskey, { passkey: passkey.assert(challenge) }, thief)
    await platform.call(session.switchOrganisation, { orgId: elsewhere }, thief)
    expect((await platform.call(session.current, {}, thief)).organisation).toMatchObject({ id: elsewhere, role: 'admin' })
  })

  test('one that was begun before is not finished either, once the person belongs elsewhere too', async () => {
    const { caller } = await signOnAs(platform, signOn, saidOf(signOn.domain, 'begun'))
    const { id } = await platform.call(factor.enrolTotp, {}, caller)
    const { person } = await platform.call(session.current, {}, caller)
    await platform.arrange(elsewhere, `insert into membership (org_id, person_id, role) values ($1, $2, 'member')`, [
      elsewhere,
      person.id,
    ])
    expect(await platform.refusal(factor.confirmTotp, { id, code: '000000' }, caller)).toBe('sso_session')
  })

  test('who belongs nowhere else enrols one', async () => {
    const { caller } = await signOnAs(platform, signOn, saidOf(signOn.domain, 'alone'))
    expect((await enrol(platform, platform.clock, caller)).recoveryCodes).toHaveLength(10)
  })

  test('sessions in other organisations are neither seen nor ended; unmarked they would be', async () => {
    const { caller, id } = await oneOfTwo('watched')
    const there = (await platform.call(session.current, {}, caller)).person.id
    await unmark(id)
    await platform.call(session.switchOrganisation, { orgId: elsewhere }, caller)
    const own = (await platform.call(session.current, {}, caller)).id
    if (own === null) throw new Error('no session')

    const { caller: spy } = await signOnAs(platform, signOn, saidOf(signOn.domain, 'watched'))
    const { id: spyId, person } = await platform.call(session.current, {}, spy)
    expect(person.id).toBe(there)
    const seen = async () => (await platform.call(session.list, {}, spy)).rows.map((row) => row.id)
    expect(await seen()).toEqual([spyId])
    expect(await platform.refusal(session.revoke, { id: own }, spy)).toBe('session_not_found')
    expect((await platform.call(session.revokeOthers, {}, spy)).ended).toBe(0)
    await platform.call(session.current, {}, caller)

    await unmark(spyId ?? '')
    expect(await seen()).toContain(own)
    await platform.call(session.revoke, { id: own }, spy)
    expect(await platform.refusal(session.current, {}, caller)).toBe('unauthenticated')
  })

  test('where else somebody works is not said, nor to a key; to a session that is not marked it is', async () => {
    const { caller, id } = await oneOfTwo('known')
    const seen = async (as: Caller) => (await platform.call(session.current, {}, as)).organisations.map((each) => each.id)
    expect(await seen(caller)).toEqual([founded.orgId])
    const { key } = await platform.call(apiKey.create, { name: 'looking', role: 'member' }, caller)
    expect(await seen(newCaller({ apiKey: key }))).toEqual([founded.orgId])
    await unmark(id)
    expect(await seen(caller)).toContain(elsewhere)
  })

  test('nor does the factor it vouches for change one that the person enrols afterwards; were the session left as it was, it would', async () => {
    const said = saidOf(signOn.domain, 'vouched', { amr: ['mfa'] })
    const { caller: spy } = await signOnAs(platform, signOn, said)
    const { caller } = await signOnAs(platform, signOn, saidOf(signOn.domain, 'vouched'))
    await enrol(platform, platform.clock, caller)
    expect(await platform.refusal(factor.renewRecoveryCodes, {}, spy)).toBe('mfa_required')
    expect(await platform.refusal(factor.enrolPasskey, {}, spy)).toBe('step_up_first')

    const { id } = await platform.call(session.current, {}, spy)
    await platform.arrange(founded.orgId, 'update session set restricted = false, mfa_at = auth_time where id = $1', [id])
    expect((await platform.call(factor.renewRecoveryCodes, {}, spy)).recoveryCodes).toHaveLength(10)
  })
})

describe('an Admin who runs a provider of their own', () => {
  /** Sets it up as `as`, and signs in by it as an Owner who has no second factor of their own. */
  const takeOver = async (as: Caller): Promise<Caller> => {
    const owner = await addMember(platform, founded, 'owner')
    await platform.arrange(founded.orgId, 'update person set mfa_enrolled_at = null where id = $1', [owner.personId])
    const own = await signOnFor(platform, as, { name: 'Evil', defaultRole: null }, owner.email.split('@')[1])
    const said = { sub: 'anybody', email: owner.email, email_verified: true, amr: ['mfa'] }
    return (await signOnAs(platform, own, said)).caller
  }

  test('cannot set it up: it could say that they are an Owner; set up by an Owner it does', async () => {
    const eve = await addMember(platform, founded, 'admin')
    await expect(takeOver(eve.caller)).rejects.toThrow(/sso:manage/)
    await platform.arrange(founded.orgId, `update membership set role = 'owner' where person_id = $1`, [eve.personId])
    const thief = await takeOver(eve.caller) // the fence removed
    await platform.arrange(founded.orgId, `update membership set role = 'admin' where person_id = $1`, [eve.personId])
    await platform.call(member.changeRole, { id: eve.personId, role: 'owner' }, thief)
    expect((await platform.call(session.current, {}, eve.caller)).organisation.role).toBe('owner')
  })
})

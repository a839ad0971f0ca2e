import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { factor, session, type PersonId } from '@holdfast/contract'
import { challengeMinutes } from '../../kernel/identity/passkey-challenges.ts'
import { userHandleOf } from '../../kernel/identity/passkeys.ts'
import { enrolPasskey, newPasskey } from '../../../test/passkeys.ts'
import {
  addMember,
  newCaller,
  startPlatform,
  totpCode,
  type Caller,
  type FoundedPlatform,
  type Member,
  type Platform,
} from '../../../test/platform.ts'

let platform: Platform
let founded: FoundedPlatform
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
})
afterAll(() => platform.close())

const member = (role: 'member' | 'admin' = 'member'): Promise<Member> => addMember(platform, founded, role)
const withPasskey = async (role: 'member' | 'admin' = 'member') => {
  const person = await member(role)
  return { ...person, ...(await enrolPasskey(platform, person.caller)) }
}
const byPassword = async ({ email, password }: Pick<Member, 'email' | 'password'>): Promise<Caller> => {
  const caller = newCaller()
  await platform.call(session.signIn, { email, password }, caller)
  return caller
}
const signInChallenge = async (): Promise<string> => (await platform.call(session.passkeyOptions, {}, newCaller())).challenge
const ownChallenge = async (caller: Caller): Promise<string> => (await platform.call(factor.passkeyOptions, {}, caller)).challenge
const refusedSignIn = async (passkey: ReturnType<ReturnType<typeof newPasskey>['assert']>): Promise<string> =>
  platform.refusal(session.signInWithPasskey, { passkey }, newCaller())

test('enrolled, a passkey signs in alone, and counts as two factors', async () => {
  const { passkey, recoveryCodes, personId } = await withPasskey()
  expect(recoveryCodes).toHaveLength(10)
  const caller = newCaller()
  const signed = passkey.assert(await signInChallenge(), { userHandle: userHandleOf(personId as PersonId) })
  expect(await platform.call(session.signInWithPasskey, { passkey: signed }, caller)).toMatchObject({ next: 'done' })
  const current = await platform.call(session.current, {}, caller)
  expect(current).toMatchObject({ next: 'done', person: { id: personId } })
  expect(current.stepUpUntil).not.toBeNull()
  const [row] = (await platform.call(factor.list, {}, caller)).rows
  expect(row).toMatchObject({ kind: 'passkey', label: 'Laptop', backedUp: false })
  expect(row?.lastUsedAt).not.toBeNull()
})

test('after the password it is the second factor; without it the session stays restricted', async () => {
  const admin = await member('admin')
  const { passkey } = await enrolPasskey(platform, admin.caller)
  const caller = await byPassword(admin)
  expect(await platform.call(session.current, {}, caller)).toMatchObject({ next: 'confirm_factor' })
  expect(await platform.refusal(session.list, {}, caller)).toBe('mfa_required')
  await platform.call(session.confirmPasskey, { passkey: passkey.assert(await ownChallenge(caller)) }, caller)
  expect(await platform.call(session.current, {}, caller)).toMatchObject({ next: 'done' })
})

test('an Admin who must enrol may do so by a passkey alone', async () => {
  const person = await member()
  await platform.arrange(founded.orgId, `update membership set role = 'admin' where person_id = $1`, [person.personId])
  expect(await platform.call(session.current, {}, person.caller)).toMatchObject({ next: 'enrol_factor' })
  const { id } = await enrolPasskey(platform, person.caller)
  expect(await platform.call(session.current, {}, person.caller)).toMatchObject({ next: 'done', recoveryCodesLeft: 10 })
  expect(await platform.refusal(factor.remove, { id }, person.caller)).toBe('last_factor')
})

test('several, named and renamed; another kind of factor may go while one is left', async () => {
  const admin = await member('admin')
  const { id } = await enrolPasskey(platform, admin.caller, 'Phone')
  await platform.call(factor.rename, { id, label: 'Old phone' }, admin.caller)
  expect(await platform.refusal(factor.rename, { id, label: 'Mine now' }, founded.owner)).toBe('factor_not_found')
  const { rows } = await platform.call(factor.list, {}, admin.caller)
  expect(rows.map(({ kind, label }) => [kind, label])).toEqual([
    ['passkey', 'Old phone'],
    ['totp', 'Phone'],
  ])
  const answers = await Promise.allSettled(rows.map((row) => platform.call(factor.remove, { id: row.id }, admin.caller)))
  expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']) // at once: one of them stays
})

test('ten at most', async () => {
  const person = await withPasskey()
  for (let n = 1; n < 10; n++) await enrolPasskey(platform, person.caller, `Key ${n}`)
  expect(await platform.refusal(factor.enrolPasskey, {}, person.caller)).toBe('too_many_factors')
})

test('whoever removes the last factor and is made Admin a minute later must enrol again', async () => {
  const person = await withPasskey()
  await platform.call(factor.remove, { id: person.id }, person.caller)
  await platform.arrange(founded.orgId, `update membership set role = 'admin' where person_id = $1`, [person.personId])
  expect(await platform.refusal(session.list, {}, person.caller)).toBe('mfa_required')
  // The fence removed: were the confirmation kept, the session would be whole.
  await platform.arrange(founded.orgId, 'update session set mfa_at = now() where person_id = $1', [person.personId])
  expect((await platform.call(session.list, {}, person.caller)).rows).not.toHaveLength(0)
})

describe('trespassers', () => {
  test('an assertion works once: again, and twice at the same moment', async () => {
    const { passkey } = await withPasskey()
    const signed = passkey.assert(await signInChallenge())
    const answers = await Promise.allSettled(
      [1, 2].map(() => platform.call(session.signInWithPasskey, { passkey: signed }, newCaller())),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await refusedSignIn(signed)).toBe('sign_in_refused')
    // The fences removed: forgetting the answered challenge and the counter lets the same assertion in again.
    await platform.admin.query('delete from passkey_challenge_used')
    await platform.arrange(founded.orgId, 'update passkey set sign_count = 0', [])
    await platform.call(session.signInWithPasskey, { passkey: signed }, newCaller())
  })

  test('a challenge that is too old, made up, or for something else', async () => {
    const { passkey, caller } = await withPasskey()
    expect(await refusedSignIn(passkey.assert('AAAA'))).toBe('sign_in_refused')
    expect(await refusedSignIn(passkey.assert(Buffer.alloc(56, 7).toString('base64url')))).toBe('sign_in_refused')
    expect(await refusedSignIn(passkey.assert(await ownChallenge(caller)))).toBe('sign_in_refused')
    const enrolling = (await platform.call(factor.enrolPasskey, {}, caller)).challenge
    expect(await refusedSignIn(passkey.assert(enrolling))).toBe('sign_in_refused')
    const forSignIn = passkey.assert(await signInChallenge())
    expect(await platform.refusal(session.confirmPasskey, { passkey: forSignIn }, caller)).toBe('passkey_refused')
    const old = passkey.assert(await signInChallenge())
    platform.clock.advance(challengeMinutes * 60_000 + 1)
    expect(await refusedSignIn(old)).toBe('sign_in_refused')
    platform.clock.advance(-challengeMinutes * 60_000 - 1)
    await platform.call(session.signInWithPasskey, { passkey: old }, newCaller()) // in time it is right
  })

  test('a challenge of another session of the same person, and of another person', async () => {
    const admin = await member('admin')
    const { passkey } = await enrolPasskey(platform, admin.caller)
    const thief = await byPassword(admin)
    const forMine = passkey.assert(await ownChallenge(admin.caller))
    expect(await platform.refusal(session.confirmPasskey, { passkey: forMine }, thief)).toBe('passkey_refused')
    const other = await withPasskey()
    expect(await platform.refusal(session.confirmPasskey, { passkey: forMine }, other.caller)).toBe('passkey_refused')
    const forThem = other.passkey.assert(await ownChallenge(admin.caller))
    expect(await platform.refusal(session.confirmPasskey, { passkey: forThem }, admin.caller)).toBe('passkey_refused')
    await platform.call(session.confirmPasskey, { passkey: forMine }, admin.caller)
  })

  test('another site’s page, another site’s key, nobody recognised, another person’s handle, a forged signature', async () => {
    const { passkey } = await withPasskey()
    const stranger = await member()
    const lies = [
      { origin: 'https://holdfast.example' },
      { origin: 'http://localhost:8443' },
      { origin: 'https://localhost:8444' },
      { rpId: 'example.test' },
      { userVerified: false },
      { userHandle: userHandleOf(stranger.personId) },
    ]
    for (const lie of lies)
      expect([lie, await refusedSignIn(passkey.assert(await signInChallenge(), lie))]).toEqual([lie, 'sign_in_refused'])
    const [mine, forged] = [passkey.assert(await signInChallenge()), newPasskey().assert(await signInChallenge())]
    expect(await refusedSignIn({ ...forged, id: mine.id })).toBe('sign_in_refused')
    await platform.call(session.signInWithPasskey, { passkey: mine }, newCaller())
  })

  test('a counter that went back is refused, written down and mailed; counters that stay at 0 are not', async () => {
    const { passkey, personId, id } = await withPasskey()
    await platform.call(
      session.signInWithPasskey,
      { passkey: passkey.assert(await signInChallenge(), { counter: 9 }) },
      newCaller(),
    )
    expect(await refusedSignIn(passkey.assert(await signInChallenge(), { counter: 9 }))).toBe('sign_in_refused')
    await platform.settle()
    const { rows } = await platform.admin.query<{ count: number }>(
      `select count(*)::int as count from ledger where body::jsonb->>'action' = 'factor.passkey_copied' and body::jsonb->'target'->>'id' = $1`,
      [id],
    )
    expect(rows[0]?.count).toBe(1)
    const mails = await platform.admin.query('select from mail where person_id = $1', [personId])
    expect(mails.rowCount).toBeGreaterThan(1)
    // The fence removed: with the old number forgotten the copy gets in.
    await platform.arrange(founded.orgId, 'update passkey set sign_count = 0 where id = $1', [id])
    await platform.call(
      session.signInWithPasskey,
      { passkey: passkey.assert(await signInChallenge(), { counter: 9 }) },
      newCaller(),
    )
    await platform.arrange(founded.orgId, 'update passkey set sign_count = 0 where id = $1', [id])
    for (const _ of [1, 2])
      await platform.call(
        session.signInWithPasskey,
        { passkey: passkey.assert(await signInChallenge(), { counter: 0 }) },
        newCaller(),
      )
  })

  test('a removed passkey, a suspended person, and an unknown one are answered alike', async () => {
    const [removed, suspended] = [await withPasskey(), await withPasskey()]
    await platform.call(factor.remove, { id: removed.id }, removed.caller)
    await platform.arrange(founded.orgId, `update person set state = 'suspended' where id = $1`, [suspended.personId])
    const answers = []
    for (const passkey of [removed.passkey, suspended.passkey, newPasskey()])
      answers.push(
        await platform
          .call(session.signInWithPasskey, { passkey: passkey.assert(await signInChallenge()) }, newCaller())
          .catch((error: unknown) => String(error)),
      )
    expect(new Set(answers).size).toBe(1)
  })

  test('enrolling somebody else’s credential says nothing and takes nothing; an algorithm that was not offered is refused', async () => {
    const victim = await withPasskey()
    const thief = await member()
    const begin = async (): Promise<string> => (await platform.call(factor.enrolPasskey, {}, thief.caller)).challenge
    const again = victim.passkey.register(await begin())
    expect(await platform.refusal(factor.confirmPasskey, { passkey: again }, thief.caller)).toBe('passkey_refused')
    const odd = newPasskey().register(await begin(), { algorithm: -35 }) // ES384
    expect(await platform.refusal(factor.confirmPasskey, { passkey: odd }, thief.caller)).toBe('passkey_refused')
    for (const lie of [{ userVerified: false }, { origin: 'https://elsewhere.example' }, { rpId: 'elsewhere.example' }])
      expect(
        await platform.refusal(factor.confirmPasskey, { passkey: newPasskey().register(await begin(), lie) }, thief.caller),
      ).toBe('passkey_refused')
    const forVictim = newPasskey().register((await platform.call(factor.enrolPasskey, {}, victim.caller)).challenge)
    expect(await platform.refusal(factor.confirmPasskey, { passkey: forVictim }, thief.caller)).toBe('passkey_refused')
    expect((await platform.call(factor.list, {}, thief.caller)).rows).toEqual([])
    await platform.call(session.signInWithPasskey, { passkey: victim.passkey.assert(await signInChallenge()) }, newCaller())
  })

  test('a stolen password adds no passkey beside the factor its owner has', async () => {
    const admin = await member('admin')
    const thief = await byPassword(admin)
    expect(await platform.refusal(factor.enrolPasskey, {}, thief)).toBe('step_up_first')
    const passkey = newPasskey().register((await platform.call(factor.enrolPasskey, {}, admin.caller)).challenge)
    expect(await platform.refusal(factor.confirmPasskey, { passkey }, thief)).toBe('step_up_first')
    platform.clock.advance(6 * 60_000)
    expect(await platform.refusal(factor.enrolPasskey, {}, admin.caller)).toBe('step_up_first')
    await platform.call(session.confirmFactor, { code: totpCode(admin.totpSecret ?? '', platform.clock.now()) }, admin.caller)
    await platform.call(factor.enrolPasskey, {}, admin.caller)
  })

  test('a row that somebody moved or wrote into the database opens nothing', async () => {
    const [victim, thief] = [await withPasskey(), await withPasskey()]
    const swap = `update passkey set credential_sealed = t.credential_sealed, sign_count = 0 from passkey t where passkey.id = $1 and t.id = $2`
    await platform.arrange(founded.orgId, swap, [victim.id, thief.id])
    const forged = { ...thief.passkey.assert(await signInChallenge()), id: victim.passkey.credential.id }
    await expect(platform.call(session.signInWithPasskey, { passkey: forged }, newCaller())).rejects.toThrow()
  })
})

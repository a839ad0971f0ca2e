import { afterAll, beforeAll, expect, test } from 'vitest'
import { account, factor, session } from '@holdfast/contract'
import {
  addMember,
  enrol,
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

const signedIn = async ({ email, password }: Pick<Member, 'email' | 'password'>, address = '192.0.2.1'): Promise<Caller> => {
  const caller = newCaller({ origin: { address, agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' } })
  await platform.call(session.signIn, { email, password }, caller)
  return caller
}
const code = (secret: string | null, steps = 0): string => totpCode(secret ?? '', platform.clock.now(), steps)

test('an Owner or Admin without a factor reaches only enrolment and logout', async () => {
  const { email, password, personId } = await addMember(platform, founded, 'member')
  await platform.arrange(founded.orgId, `update membership set role = 'admin' where person_id = $1`, [personId])
  const caller = await signedIn({ email, password })
  expect(await platform.call(session.current, {}, caller)).toMatchObject({ next: 'enrol_factor' })
  const barred = platform.composition.handlers.filter(
    ({ operation, scope }) =>
      operation.permission !== 'public' && !operation.restricted && scope !== 'download' && scope !== 'events',
  )
  expect(barred.length).toBeGreaterThan(10)
  for (const { operation } of barred) {
    // No person may ever call what is an agent's.
    const refusal = operation.permission === 'agent' ? 'forbidden' : 'mfa_required'
    expect([operation.name, await platform.refusal(operation, {} as never, caller)]).toEqual([operation.name, refusal])
  }
  await enrol(platform, platform.clock, caller)
  expect(await platform.call(session.current, {}, caller)).toMatchObject({ next: 'done', recoveryCodesLeft: 10 })
  await platform.call(session.signOut, {}, caller)
  expect(await platform.refusal(session.current, {}, caller)).toBe('unauthenticated')
})

test('a stolen password does not suffice to add a factor beside the owner’s', async () => {
  const thief = await signedIn(founded)
  expect(await platform.call(session.current, {}, thief)).toMatchObject({ next: 'confirm_factor' })
  expect(await platform.refusal(factor.enrolTotp, { label: 'Mine' }, thief)).toBe('step_up_first')
  expect(await platform.refusal(factor.remove, { id: (await anyFactor()) as never }, thief)).toBe('mfa_required')
  expect(await platform.refusal(account.rename, { name: 'Thief' }, thief)).toBe('mfa_required')
})
test('were it not noted that the owner has a factor, the same password would add one', async () => {
  const owner = await addMember(platform, founded, 'member')
  await enrol(platform, platform.clock, owner.caller)
  const thief = await signedIn(owner)
  expect(await platform.refusal(factor.enrolTotp, { label: 'Mine' }, thief)).toBe('step_up_first')
  await platform.arrange(founded.orgId, 'update person set mfa_enrolled_at = null where id = $1', [owner.personId])
  expect(await platform.call(factor.enrolTotp, { label: 'Mine' }, thief)).toHaveProperty('secret')
})
const anyFactor = async (): Promise<string> => (await platform.call(factor.list, {}, founded.owner)).rows[0]?.id ?? ''

test('a code works once: again, twice at the same moment, and an older one after it', async () => {
  const admin = await addMember(platform, founded, 'admin')
  const [one, two] = [await signedIn(admin), await signedIn(admin, '192.0.2.2')]
  const now = code(admin.totpSecret)
  const answers = await Promise.allSettled(
    [one, two].map((caller) => platform.call(session.confirmFactor, { code: now }, caller)),
  )
  expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  const third = await signedIn(admin, '192.0.2.3')
  expect(await platform.refusal(session.confirmFactor, { code: now }, third)).toBe('code_refused')
  expect(await platform.refusal(session.confirmFactor, { code: code(admin.totpSecret, -1) }, third)).toBe('code_refused')
  expect(await platform.call(session.current, {}, third)).toMatchObject({ next: 'confirm_factor' })
  // The fence removed: forgetting the step lets the same code in again.
  await platform.arrange(founded.orgId, 'update totp_factor set last_step = 0 where person_id = $1', [admin.personId])
  expect(await platform.call(session.confirmFactor, { code: now }, third)).toMatchObject({ next: 'done' })
})

test('one session submits a code twice at once: one new session, not two', async () => {
  const admin = await addMember(platform, founded, 'admin')
  const caller = await signedIn(admin)
  const now = code(admin.totpSecret)
  const answers = await Promise.allSettled(
    [1, 2, 3].map(() => platform.call(session.confirmFactor, { code: now }, newCaller({ ...caller }))),
  )
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('fixation: sign-in, second factor, step-up and switch each give a new id; the old one is dead', async () => {
  const admin = await addMember(platform, founded, 'admin')
  const attacker = await signedIn(await addMember(platform, founded, 'member'))
  const victim = newCaller({ access: attacker.access, refresh: attacker.refresh })
  const seen = new Set<string>([(await platform.call(session.current, {}, attacker)).id ?? ''])
  const steps = [
    () => platform.call(session.signIn, { email: admin.email, password: admin.password }, victim),
    () => platform.call(session.confirmFactor, { code: code(admin.totpSecret) }, victim),
    () => platform.call(session.confirmFactor, { code: code(admin.totpSecret, 1) }, victim),
    () => platform.call(session.switchOrganisation, { orgId: founded.orgId }, victim),
  ]
  for (const step of steps) {
    const before = newCaller({ ...victim })
    const { id } = await step()
    expect(seen.has(id)).toBe(false)
    seen.add(id)
    if (seen.size > 2) expect(await platform.refusal(session.current, {}, before)).toBe('unauthenticated')
  }
  expect(await platform.call(session.current, {}, attacker)).toMatchObject({ organisation: { role: 'member' } })
})

test('a recovery code works once, typed as people type', async () => {
  const member = await addMember(platform, founded, 'member')
  const { recoveryCodes } = await enrol(platform, platform.clock, member.caller)
  expect(recoveryCodes).toHaveLength(10)
  const typed = ` ${recoveryCodes[0]?.toLowerCase() ?? ''} `
  const [one, two] = [await signedIn(member), await signedIn(member, '192.0.2.2')]
  const answers = await Promise.allSettled(
    [one, two].map((caller) => platform.call(session.confirmFactor, { code: typed }, caller)),
  )
  expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  const used = await signedIn(member, '192.0.2.3')
  expect(await platform.refusal(session.confirmFactor, { code: typed }, used)).toBe('code_refused')
  expect(await platform.call(session.confirmFactor, { code: recoveryCodes[1] ?? '' }, used)).toMatchObject({
    recoveryCodesLeft: 8,
  })
  const renewed = await platform.call(factor.renewRecoveryCodes, {}, used)
  const again = await signedIn(member, '192.0.2.4')
  expect(await platform.refusal(session.confirmFactor, { code: recoveryCodes[2] ?? '' }, again)).toBe('code_refused')
  await platform.call(session.confirmFactor, { code: renewed.recoveryCodes[0] ?? '' }, again)
})

test('the last factor of an Owner stays, also when two are removed at once; a member’s may go', async () => {
  const { owner } = founded
  await platform.call(session.confirmFactor, { code: code(founded.totpSecret) }, owner)
  expect(await platform.refusal(factor.remove, { id: (await anyFactor()) as never }, owner)).toBe('last_factor')
  const second = await platform.call(factor.enrolTotp, { label: 'Tablet' }, owner)
  const { recoveryCodes } = await platform.call(
    factor.confirmTotp,
    { id: second.id, code: totpCode(second.secret, platform.clock.now()) },
    owner,
  )
  expect(recoveryCodes).toEqual([])
  const { rows } = await platform.call(factor.list, {}, owner)
  expect(rows.map(({ label }) => label)).toEqual(['Phone', 'Tablet'])
  const answers = await Promise.allSettled(rows.map(({ id }) => platform.call(factor.remove, { id }, owner)))
  expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])

  const member = await addMember(platform, founded, 'member')
  await enrol(platform, platform.clock, member.caller)
  const id = (await platform.call(factor.list, {}, member.caller)).rows[0]?.id
  await platform.call(factor.remove, { id: id as never }, member.caller)
  expect(await platform.call(factor.list, {}, member.caller)).toEqual({ rows: [], recoveryCodesLeft: 0 })
  await platform.call(session.confirmPassword, { password: member.password }, member.caller)
  expect((await platform.call(session.current, {}, member.caller)).stepUpUntil).not.toBeNull()
})

test('the first factor of a member: the password must be fresh; other sessions must show the factor from then on', async () => {
  const member = await addMember(platform, founded, 'member')
  const other = await signedIn(member)
  platform.clock.advance(6 * 60_000)
  expect(await platform.refusal(factor.enrolTotp, { label: 'Phone' }, member.caller)).toBe('step_up_first')
  expect(await platform.refusal(session.confirmPassword, { password: 'not it at all' }, member.caller)).toBe('password_refused')
  await platform.call(session.confirmPassword, { password: member.password }, member.caller)
  const begun = await platform.call(factor.enrolTotp, { label: 'Phone' }, member.caller)
  expect(begun.qrSvg).toMatch(/^<svg/)
  expect(begun.uri).toMatch(/^otpauth:\/\/totp\//)
  expect(await platform.refusal(factor.confirmTotp, { id: begun.id, code: '000000' }, founded.owner)).toMatch(
    /factor_not_found|step_up_first/,
  )
  await platform.call(factor.confirmTotp, { id: begun.id, code: totpCode(begun.secret, platform.clock.now()) }, member.caller)
  expect(
    await platform.refusal(
      factor.confirmTotp,
      { id: begun.id, code: totpCode(begun.secret, platform.clock.now(), 1) },
      member.caller,
    ),
  ).toBe('factor_not_found')
  expect(await platform.call(session.current, {}, other)).toMatchObject({ next: 'confirm_factor' })
  expect(await platform.refusal(session.confirmPassword, { password: member.password }, member.caller)).toBe('factor_required')
})

test('guessing codes is slowed down, and stays so for parallel guesses', async () => {
  const admin = await addMember(platform, founded, 'admin')
  const caller = await signedIn(admin, '192.0.2.77')
  const guesses = await Promise.all(
    Array.from({ length: 12 }, (_, n) => platform.refusal(session.confirmFactor, { code: String(100_000 + n) }, caller)),
  )
  expect(guesses.filter((guess) => guess === 'code_refused').length).toBeLessThanOrEqual(5)
  expect(guesses.filter((guess) => guess === 'rate_limited').length).toBeGreaterThanOrEqual(7)
})

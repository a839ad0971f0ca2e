/** Enforced single sign-on: no other way is a way round, and one Owner keeps an emergency way in. */
import { createHash, randomBytes } from 'node:crypto'
import { account, breakGlassDrill, invitation, member, obligations, session, sso } from '@holdfast/contract'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { enrolPasskey, type newPasskey } from '../../../test/passkeys.ts'
import { addMember, newCaller, startPlatform, type Caller, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { proveDomain, saidOf, signOnAs, signOnFor, type SignOn } from '../../../test/sign-on.ts'
import { openUnit } from '../../kernel/unit.ts'
import { mailPlace, mailScope } from '../../kernel/mail.ts'

let platform: Platform
let founded: FoundedPlatform
let signOn: SignOn
let breakGlass: Awaited<ReturnType<typeof addMember>>
let passkey: ReturnType<typeof newPasskey>
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  signOn = await signOnFor(platform, founded.owner)
  await proveDomain(platform, founded.owner, 'example.test', signOn.connectionId)
  breakGlass = await addMember(platform, founded, 'owner', 'Gloria Glass')
  ;({ passkey } = await enrolPasskey(platform, breakGlass.caller))
}, 30_000)
afterAll(() => platform.close())

const owner = async (): Promise<Caller> => (await addMember(platform, founded, 'owner')).caller
const enforce = async (as?: Caller) => {
  const by = as ?? (await unbound()).caller
  return platform.call(sso.enforce, { breakGlass: breakGlass.personId }, by)
}
/** Arranged: while it is enforced nobody else of the domain gets in by password. */
const lift = () => platform.arrange(founded.orgId, 'delete from sso_enforcement where org_id = $1', [founded.orgId])
beforeEach(lift)

/** An Owner whose session is there before it is enforced. */
const unbound = async () => ({ caller: await owner() })
const linked = async () => {
  const person = await addMember(platform, founded, 'member')
  await signOnAs(platform, signOn, { sub: `of ${person.personId}`, email: person.email, email_verified: true })
  return person
}

test('says what it needs, and refuses until that is there', async () => {
  const bare = await startPlatform()
  try {
    const alone = await bare.found()
    const { needed } = await bare.call(sso.read, {}, alone.owner)
    expect(needed.map(({ passed }) => passed)).toEqual([false, false, false, false])
    expect(await bare.refusal(sso.enforce, { breakGlass: alone.personId }, alone.owner)).toBe('not_ready')
  } finally {
    await bare.close()
  }
  await linked()
  const admin = await addMember(platform, founded, 'admin')
  const as = await owner()
  expect(await platform.refusal(sso.enforce, { breakGlass: admin.personId }, as)).toBe('not_an_owner')
  expect(await platform.refusal(sso.enforce, { breakGlass: founded.personId }, as)).toBe('no_passkey')
})

test('password and passkey open nothing to members in proved domains, and their sessions end; lifted, they do', async () => {
  const person = await linked()
  const own = await enrolPasskey(platform, person.caller)
  const by = await owner()
  const { sessionsEnded } = await enforce(by)
  expect(sessionsEnded).toBeGreaterThan(0)
  expect(await platform.refusal(session.current, {}, person.caller)).toBe('unauthenticated')
  await platform.call(session.current, {}, by) // whoever decides goes on
  const { email, password } = person
  expect(await platform.refusal(session.signIn, { email, password }, newCaller())).toBe('sso_required')
  expect(await platform.refusal(session.signIn, { email, password: 'wrong wrong wrong' }, newCaller())).toBe('sign_in_refused')
  const withPasskey = async () => {
    const { challenge } = await platform.call(session.passkeyOptions, {}, newCaller())
    return { passkey: own.passkey.assert(challenge) }
  }
  expect(await platform.refusal(session.signInWithPasskey, await withPasskey(), newCaller())).toBe('sso_required')
  expect(await platform.call(session.discover, { domain: 'example.test' }, newCaller())).toEqual({
    singleSignOn: true,
    required: true,
  })
  await signOnAs(platform, signOn, { sub: `of ${person.personId}` })
  await lift()
  await platform.call(session.signIn, { email, password }, newCaller())
  await platform.call(session.signInWithPasskey, await withPasskey(), newCaller())
})

test('a reset is no way round: the new password opens nothing', async () => {
  const person = await linked()
  await enforce()
  const token = randomBytes(32).toString('base64url')
  const insert = `insert into password_reset (id, person_id, token_hash, expires_at) values ('pr_x', $1, $2, now() + interval '1 hour')`
  await platform.arrange(founded.orgId, insert, [person.personId, createHash('sha256').update(token).digest()])
  const password = 'forty geese over the canal'
  await platform.call(account.resetPassword, { token, password }, newCaller())
  expect(await platform.refusal(session.signIn, { email: person.email, password }, newCaller())).toBe('sso_required')
  await lift()
  await platform.call(session.signIn, { email: person.email, password }, newCaller())
})

test('an invitation is no way round: who accepts one with a password comes in by single sign-on', async () => {
  const email = 'invited@example.test'
  const by = await owner()
  const { id } = await platform.call(invitation.create, { email, role: 'reviewer' }, by)
  const token = randomBytes(32).toString('base64url')
  await platform.arrange(founded.orgId, 'update invitation set token_hash = $1 where id = $2', [
    createHash('sha256').update(token).digest(),
    id,
  ])
  await enforce(by)
  const caller = newCaller()
  const password = 'sixteen boats in the fog'
  await platform.call(invitation.accept, { token, name: 'Ivy Invited', password }, caller)
  expect(caller.access).toBeNull()
  expect(await platform.refusal(session.signIn, { email, password }, newCaller())).toBe('sso_required')
  const { caller: browser } = await signOnAs(platform, signOn, { sub: 'ivy', email, email_verified: true })
  expect((await platform.call(session.current, {}, browser)).organisation.role).toBe('reviewer')
})

test('a session of another organisation does not move in by password', async () => {
  const person = await linked()
  const elsewhere = await addMember(platform, founded, 'member')
  const { rows } = await platform.admin.query<{ id: string }>(`select gen_random_uuid() as id`)
  const orgId = rows[0]?.id as never
  await platform.arrange(orgId, `insert into org (id, slug, name) values ($1, 'second-home', 'Second home')`, [orgId])
  const join = `insert into membership (org_id, person_id, role) values ($1, $2, 'member')`
  await platform.arrange(orgId, join, [orgId, person.personId])
  await enforce()
  const caller = newCaller()
  await platform.call(session.signIn, { email: person.email, password: person.password }, caller)
  // It begins where a password still opens something, and stays there.
  expect((await platform.call(session.current, {}, caller)).organisation.id).toBe(orgId)
  expect(await platform.refusal(session.switchOrganisation, { orgId: founded.orgId }, caller)).toBe('sso_required')
  await lift()
  await platform.call(session.switchOrganisation, { orgId: founded.orgId }, caller)
  expect(elsewhere.personId).toBeTruthy()
})

test('members with other addresses, as contractors have, sign in as before', async () => {
  const contractor = await addMember(platform, founded, 'viewer')
  await platform.arrange(founded.orgId, `update sso_domain set proved_at = null where domain = 'example.test'`)
  await enforce()
  await platform.call(session.signIn, { email: contractor.email, password: contractor.password }, newCaller())
  await platform.arrange(founded.orgId, `update sso_domain set proved_at = now() where domain = 'example.test'`)
  expect(await platform.refusal(session.signIn, { email: contractor.email, password: contractor.password }, newCaller())).toBe(
    'sso_required',
  )
})

const subjects = async (): Promise<string[]> => {
  const unit = openUnit(platform.services.ground, founded.orgId, null, false)
  const rows = await unit.tx
    .selectFrom('mail')
    .select(['id', 'personId', 'subjectSealed'])
    .orderBy('id', 'desc')
    .limit(8)
    .execute()
  return Promise.all(
    rows.map(({ id, personId, subjectSealed }) =>
      unit.vault.openText(mailScope(personId), mailPlace('subject_sealed', id), subjectSealed),
    ),
  )
}
const byEmergency = async () => {
  const { challenge } = await platform.call(session.passkeyOptions, {}, newCaller())
  const caller = newCaller()
  await platform.call(session.signInWithPasskey, { passkey: passkey.assert(challenge) }, caller)
  return caller
}

test('one Owner comes in by their own passkey, never by password; every Owner is told, and the drill is owed and done by it', async () => {
  await enforce()
  const { email, password } = breakGlass
  expect(await platform.refusal(session.signIn, { email, password }, newCaller())).toBe('sso_required')
  const ordinary = await owedDrill()
  const caller = await byEmergency()
  expect(await subjects()).toContain('The emergency way in was used')
  await platform.call(member.list, {}, caller)
  await platform.call(sso.confirmDrill, {}, caller)
  const next = await owedDrill()
  expect(next?.id).not.toBe(ordinary?.id)
  expect(next && new Date(next.dueAt).getTime()).toBeGreaterThan(platform.clock.now().getTime() + 90 * 86_400_000)
})

const owedDrill = async () => {
  const { rows } = await platform.call(
    obligations.list,
    { subject: founded.orgId, kind: breakGlassDrill.name },
    await byEmergency(),
  )
  return rows.find(({ state }) => state === 'running')
}

test('a drill cannot be claimed from an ordinary session, nor by somebody else', async () => {
  const before = await addMember(platform, founded, 'owner')
  await enforce(before.caller)
  expect(await platform.refusal(sso.confirmDrill, {}, before.caller)).toBe('not_by_break_glass')
})

test('whoever has the emergency way in stays Owner until another has it', async () => {
  const by = await owner()
  await enforce(by)
  expect(await platform.refusal(member.changeRole, { id: breakGlass.personId, role: 'admin' }, by)).toBe('forbidden')
  expect(await platform.refusal(member.remove, { id: breakGlass.personId }, by)).toBe('forbidden')
  await lift()
  const second = await addMember(platform, founded, 'owner')
  await platform.call(member.remove, { id: second.personId }, by)
})

test('what it relies on cannot be switched off under it', async () => {
  const by = await owner()
  await enforce(by)
  expect(await platform.refusal(sso.deactivate, { id: signOn.connectionId }, by)).toBe('sso_enforced')
  expect(await platform.refusal(sso.routeDomain, { domain: 'example.test', connectionId: null }, by)).toBe('sso_enforced')
  await platform.call(sso.lift, {}, by)
  expect(await platform.refusal(sso.lift, {}, by)).toBe('not_enforced')
})

test('a plan that lapsed locks nobody out: people sign in, and what is set up is frozen but for the way out', async () => {
  const person = await linked()
  const by = await owner()
  await enforce(by)
  const plan = (name: string) => platform.arrange(founded.orgId, 'update org set plan = $2 where id = $1', [founded.orgId, name])
  await plan('starter')
  try {
    await signOnAs(platform, signOn, { sub: `of ${person.personId}` })
    const { connections } = await platform.call(sso.read, {}, by)
    expect(connections[0]?.state).toBe('frozen')
    expect(await platform.refusal(sso.update, { id: signOn.connectionId, name: 'Other' }, by)).toBe('plan_required')
    expect(await platform.refusal(sso.addDomain, { domain: 'late.example' }, by)).toBe('plan_required')
    await platform.call(sso.lift, {}, by)
  } finally {
    await plan('enterprise')
  }
  expect((await signOnAs(platform, signOn, saidOf(signOn.domain, 'later'))).next).toBe('done')
})

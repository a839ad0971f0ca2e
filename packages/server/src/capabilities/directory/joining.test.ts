/** Where a directory, invitations and single sign-on meet: whoever was put out stays out, and whoever came in by whatever way can be put out. */
import { hashToken } from '@holdfast/crypto'
import { invitation, member, session, type OrgId } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { addMember, newCaller, type Caller, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { patchBody, setDirectoryStage, userBody, type DirectoryStage, type ScimAsk } from '../../../test/scim.ts'
import { proveDomain, refusedAnswer, saidOf, signOnAs, signOnFor, type SignOn } from '../../../test/sign-on.ts'
import { makeOrganisation } from '../../../test/world.ts'

/** Without it, what says nothing of `active` says yes. */
const staysOff = vi.hoisted(() => ({ holds: true }))
vi.mock(import('./scim/document.ts'), async (genuine) => {
  const { keepActive, ...rest } = await genuine()
  return { ...rest, keepActive: (document, before) => (staysOff.holds ? keepActive(document, before) : undefined) }
})

let stage: DirectoryStage
let platform: Platform
let founded: FoundedPlatform
let scim: ScimAsk
let signOn: SignOn
let elsewhere: OrgId
beforeAll(async () => {
  stage = await setDirectoryStage()
  ;({ platform, founded, scim } = stage)
  signOn = await signOnFor(platform, founded.owner)
  elsewhere = await makeOrganisation(platform, 'Elsewhere Ltd')
}, 60_000)
afterAll(async () => {
  expect(platform.errors).toEqual([])
  await stage?.close()
})

const off = patchBody({ op: 'replace', path: 'active', value: false })
const switchOff = async (id: string): Promise<void> => expect((await scim('PATCH', `/Users/${id}`, off)).status).toBe(200)
const me = (caller: Caller) => platform.call(session.current, {}, caller)
const freshOwner = async () => (await addMember(platform, founded, 'owner')).caller
/** The link of an open invitation, as its mail has it. */
const tokenTo = async (email: string): Promise<string> => {
  const { id } = await platform.call(invitation.create, { email, role: 'member' }, await freshOwner())
  const token = 'A'.repeat(43)
  await platform.arrange(founded.orgId, 'update invitation set token_hash = $1 where id = $2', [hashToken(token), id])
  return token
}

test('whoever a directory waits for, and who came by single sign-on instead, is put out by it; untied, they would stay', async () => {
  const came = async (domain: string) => {
    const { body } = await scim('POST', '/Users', userBody(`x@${domain}`)) // invited: the domain is not proved
    await proveDomain(platform, await freshOwner(), domain, signOn.connectionId)
    const { caller } = await signOnAs(platform, signOn, saidOf(domain, 'x', { sub: domain }))
    return { id: body['id'] as string, caller }
  }
  const { id, caller } = await came('tied.example')
  expect(
    await platform.refusal(member.changeRole, { id: (await me(caller)).person.id, role: 'viewer' }, await freshOwner()),
  ).toBe('directory_managed')
  await switchOff(id)
  expect(await platform.refusal(session.current, {}, caller)).toBe('unauthenticated')

  const loose = await came('loose.example')
  await platform.arrange(founded.orgId, 'update directory_user set person_id = null where id = $1', [loose.id])
  await switchOff(loose.id)
  expect((await me(loose.caller)).organisation.role).toBe('member')
})

test('whoever accepts another invitation than the directory’s is put out by it as well', async () => {
  const email = 'twice@invited.example'
  const { body } = await scim('POST', '/Users', userBody(email))
  const { rows } = await platform.call(invitation.list, {}, await freshOwner())
  const first = rows.find((row) => row.email === email)
  if (!first) throw new Error('not invited')
  await platform.call(invitation.revoke, { id: first.id }, await freshOwner())
  const account = { name: 'Two Times', password: 'nine kettles on a quiet hill' }
  await platform.call(invitation.accept, { token: await tokenTo(email), ...account }, newCaller())
  const caller = newCaller()
  await platform.call(session.signIn, { email, password: account.password }, caller)
  await switchOff(body['id'] as string)
  expect(await platform.refusal(session.current, {}, caller)).toBe('unauthenticated')
})

test('whom the directory has switched off single sign-on does not let in; whom it does not know, it does', async () => {
  const said = saidOf(signOn.domain, 'off')
  const { body } = await scim('POST', '/Users', userBody(said.email ?? '', { active: false }))
  expect(await refusedAnswer(platform, await freshOwner(), signOn, said)).toContain('switched this person off')
  expect((await scim('DELETE', `/Users/${body['id']}`)).status).toBe(204)
  await signOnAs(platform, signOn, said)
})

test('whoever is switched off does not come back by a change that says nothing of it', async () => {
  const { body } = await scim('POST', '/Users', userBody(`cleared@${signOn.domain}`))
  const id = body['id'] as string
  const user = async () => (await scim('GET', `/Users/${id}`)).body['active'] as boolean
  await switchOff(id)
  for (const change of [
    { op: 'remove', path: 'active' },
    { op: 'replace', path: 'active', value: null },
    { op: 'replace', path: 'active', value: '' },
    { op: 'replace', value: { active: null } },
  ]) {
    expect((await scim('PATCH', `/Users/${id}`, patchBody(change))).status).toBe(200)
    expect(await user(), JSON.stringify(change)).toBe(false)
  }
  expect((await scim('PATCH', `/Users/${id}`, patchBody({ op: 'replace', path: 'active', value: 'True' }))).status).toBe(200)
  expect(await user()).toBe(true)
})

test('without that fence the same change would take them in again, with a membership', async () => {
  const said = saidOf(signOn.domain, 'reopened')
  const { body } = await scim('POST', '/Users', userBody(said.email ?? ''))
  const id = body['id'] as string
  const memberships = async () => {
    const count = `select count(*)::int as n from membership where person_id = (select person_id from directory_user where id = $1)`
    return (await platform.admin.query<{ n: number }>(count, [id])).rows[0]?.n
  }
  expect(await memberships()).toBe(1)
  await switchOff(id)
  const cleared = patchBody({ op: 'remove', path: 'active' })
  await scim('PATCH', `/Users/${id}`, cleared)
  expect(await memberships()).toBe(0)
  staysOff.holds = false
  try {
    await scim('PATCH', `/Users/${id}`, cleared)
  } finally {
    staysOff.holds = true
  }
  expect(await memberships()).toBe(1)
})

test('an invitation from before brings nobody back who was removed; were it not taken back, it would', async () => {
  const said = saidOf(signOn.domain, 'back')
  const token = await tokenTo(said.email ?? '')
  const { caller } = await signOnAs(platform, signOn, said) // joins without it, so that it stays open
  const { person } = await me(caller)
  await platform.arrange(elsewhere, `insert into membership (org_id, person_id, role) values ($1, $2, 'member')`, [
    elsewhere,
    person.id,
  ])
  await platform.arrange(founded.orgId, 'update session set sso_connection_id = null where person_id = $1', [person.id])
  await platform.call(session.switchOrganisation, { orgId: elsewhere }, caller)
  await platform.call(member.remove, { id: person.id }, await freshOwner())
  expect(await platform.refusal(invitation.accept, { token }, caller)).toBe('link_invalid')
  await platform.arrange(founded.orgId, 'update invitation set revoked_at = null where token_hash = $1', [hashToken(token)])
  await platform.call(invitation.accept, { token }, caller)
})

test('what people are called elsewhere a directory says only of whose own address is in its domains', async () => {
  const { body } = await scim('POST', '/Users', userBody('free@mail.example'))
  const stranger = await addMember(platform, { orgId: elsewhere }, 'owner', 'Real Name')
  await platform.arrange(
    founded.orgId,
    `insert into membership (org_id, person_id, role, role_by) values ($1, $2, 'member', 'directory')`,
    [founded.orgId, stranger.personId],
  )
  await platform.arrange(founded.orgId, 'update directory_user set person_id = $1 where id = $2', [stranger.personId, body['id']])
  const rename = (displayName: string) =>
    scim(
      'PATCH',
      `/Users/${body['id']}`,
      patchBody({ op: 'replace', value: { displayName, 'emails[type eq "work"].value': `x@${signOn.domain}` } }),
    )
  expect((await rename('Payroll')).status).toBe(200)
  expect((await me(stranger.caller)).person.name).toBe('Real Name')
  await proveDomain(platform, await freshOwner(), stranger.email.split('@')[1] ?? '', signOn.connectionId)
  expect((await rename('By Right')).status).toBe(200)
  expect((await me(stranger.caller)).person.name).toBe('By Right')
})

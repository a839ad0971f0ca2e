import { invitation, ledger, member, organisation, session, type Role } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addMember, newCaller, startPlatform, type Caller, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { mailPlace } from '../../kernel/mail.ts'
import { readIn } from '../../kernel/unit.ts'

let platform: Platform
let founded: FoundedPlatform
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
})
afterAll(() => platform.close())

const password = 'eleven spoons in the lower drawer'

/** The link of the newest mail, as its recipient reads it. */
const tokenOfLastMail = async (orgId = founded.orgId): Promise<string> =>
  readIn(platform.services.ground, orgId, null, async ({ tx, vault }) => {
    const { id, textSealed } = await tx
      .selectFrom('mail')
      .select(['id', 'textSealed'])
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow()
    const text = await vault.openText('org', mailPlace('text_sealed', id), textSealed ?? Buffer.alloc(0))
    return /\/invitation#(\S+)/.exec(text)?.[1] ?? ''
  })
const invited = async (email: string, role: Role, by: Caller = founded.owner) => {
  const { id } = await platform.call(invitation.create, { email, role }, by)
  return { id, token: await tokenOfLastMail() }
}

test('invites, previews, joins once; the mail and the address are sealed', async () => {
  const { token } = await invited('new@example.test', 'reviewer')
  const preview = await platform.call(invitation.preview, { token }, newCaller())
  expect(preview).toEqual({ organisation: 'Example Ltd', email: 'new@example.test', role: 'reviewer', known: false })
  expect(await platform.refusal(invitation.accept, { token }, newCaller())).toBe('name_and_password_needed')
  expect(await platform.refusal(invitation.accept, { token, name: 'Nia', password: 'password1234' }, newCaller())).toBe(
    'password_too_common',
  )
  const { personId } = await platform.call(invitation.accept, { token, name: 'Nia New', password }, newCaller())
  const caller = newCaller()
  await platform.call(session.signIn, { email: 'new@example.test', password }, caller)
  expect((await platform.call(session.current, {}, caller)).organisation.role).toBe('reviewer')
  expect(await platform.refusal(invitation.accept, { token, name: 'Nia', password }, newCaller())).toBe('link_invalid')
  expect(await platform.refusal(invitation.create, { email: 'NEW@example.test', role: 'viewer' }, founded.owner)).toBe(
    'already_member',
  )
  expect((await platform.call(member.list, { search: 'nia' }, founded.owner)).rows[0]?.id).toBe(personId)
  expect(await platform.download(ledger.export, {}, founded.owner)).not.toContain('new@example.test')
})

test('one open invitation an address; revoked and expired links open nothing', async () => {
  const { id, token } = await invited('two@example.test', 'viewer')
  expect(await platform.refusal(invitation.create, { email: 'two@example.test', role: 'viewer' }, founded.owner)).toBe(
    'already_invited',
  )
  expect((await platform.call(invitation.list, {}, founded.owner)).rows.map((row) => row.email)).toContain('two@example.test')
  await platform.call(invitation.revoke, { id }, founded.owner)
  expect(await platform.refusal(invitation.preview, { token }, newCaller())).toBe('link_invalid')
  expect(await platform.refusal(invitation.revoke, { id }, founded.owner)).toBe('invitation_not_found')
  const again = await invited('two@example.test', 'viewer')
  await platform.admin.query(`alter table invitation disable trigger user`)
  await platform.admin.query(`update invitation set expires_at = now() - interval '1 second' where id = $1`, [again.id])
  await platform.admin.query(`alter table invitation enable always trigger capture`)
  expect(await platform.refusal(invitation.accept, { token: again.token, name: 'Late', password }, newCaller())).toBe(
    'link_invalid',
  )
  expect((await platform.call(invitation.create, { email: 'two@example.test', role: 'viewer' }, founded.owner)).state).toBe(
    'open',
  )
})

test('of two who use one link at once, one joins', async () => {
  const { token } = await invited('race@example.test', 'member')
  const attempts = [1, 2, 3].map((n) => platform.call(invitation.accept, { token, name: `Racer ${n}`, password }, newCaller()))
  expect((await Promise.allSettled(attempts)).filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('an invitation is worth what its inviter is worth now', async () => {
  const admin = await addMember(platform, founded, 'admin')
  const { token } = await invited('stale@example.test', 'admin', admin.caller)
  await platform.call(member.changeRole, { id: admin.personId, role: 'viewer' }, founded.owner)
  expect(await platform.refusal(invitation.accept, { token, name: 'Stale', password }, newCaller())).toBe('link_invalid')
  await platform.call(member.changeRole, { id: admin.personId, role: 'admin' }, founded.owner)
  expect((await platform.call(invitation.preview, { token }, newCaller())).role).toBe('admin')
  await platform.call(member.remove, { id: admin.personId }, founded.owner)
  expect(await platform.refusal(invitation.preview, { token }, newCaller())).toBe('link_invalid')
})

test('a new organisation: both chains say so, its Owner comes by the link, one’s ids mean nothing to the other', async () => {
  const reviewer = await addMember(platform, founded, 'reviewer')
  const before = await platform.call(ledger.head, {}, founded.owner)
  const { output, seq } = await platform.outcome(
    organisation.create,
    { name: 'Second Ltd', ownerEmail: reviewer.email },
    founded.owner,
  )
  const { id, invitationId } = output as { id: never; invitationId: never }
  expect(seq).toBe(before.size)
  const { rows } = await platform.admin.query<{ body: string }>('select body from ledger where org_id = $1', [id])
  expect(rows).toHaveLength(1)
  expect(JSON.parse(rows[0]?.body ?? '')).toMatchObject({ action: 'organisation.created', actor: { id: founded.personId } })
  const token = await tokenOfLastMail(id)
  expect(await platform.refusal(invitation.accept, { token, name: 'Not me', password }, newCaller())).toBe('sign_in_first')
  expect(await platform.refusal(invitation.accept, { token }, founded.owner)).toBe('sign_in_first')
  expect((await platform.call(invitation.accept, { token }, reviewer.caller)).orgId).toBe(id)
  const switched = await platform.call(session.switchOrganisation, { orgId: id }, reviewer.caller)
  expect(switched.next).toBe('enrol_factor') // Owner now: not without a second factor
  expect(await platform.refusal(member.list, {}, reviewer.caller)).toBe('mfa_required')
  expect(await platform.refusal(invitation.revoke, { id: invitationId }, founded.owner)).toBe('invitation_not_found')
})

test('the first Owner is invited again while nobody has joined; the earlier link is dead then', async () => {
  const create = { name: 'Third Ltd', ownerEmail: 'typo@example.test' }
  const { id } = await platform.call(organisation.create, create, founded.owner)
  const astray = await tokenOfLastMail(id)
  const before = await platform.call(ledger.head, {}, founded.owner)
  const again = { id, ownerEmail: 'right@example.test' }
  const { seq } = await platform.outcome(organisation.inviteOwner, again, founded.owner)
  expect(seq).toBe(before.size)
  const { rows } = await platform.admin.query<{ action: string }>(
    `select body::jsonb ->> 'action' as action from ledger where org_id = $1 order by seq`,
    [id],
  )
  expect(rows.map(({ action }) => action)).toEqual(['organisation.created', 'organisation.owner_invited'])
  expect(await platform.refusal(invitation.preview, { token: astray }, newCaller())).toBe('link_invalid')
  const token = await tokenOfLastMail(id)
  expect(await platform.call(invitation.preview, { token }, newCaller())).toMatchObject({
    email: 'right@example.test',
    role: 'owner',
  })
  await platform.call(invitation.accept, { token, name: 'Right', password }, newCaller())
  expect(await platform.refusal(organisation.inviteOwner, again, founded.owner)).toBe('already_founded')
  expect(await platform.refusal(organisation.inviteOwner, { ...again, id: founded.orgId }, founded.owner)).toBe('already_founded')
  const unknown = '01a20000-0000-7000-8000-000000000000' as typeof id
  expect(await platform.refusal(organisation.inviteOwner, { ...again, id: unknown }, founded.owner)).toBe(
    'organisation_not_found',
  )
})

test('failing to found leaves nothing in either chain', async () => {
  const { rows: before } = await platform.admin.query('select count(*) from ledger')
  await platform.admin.query(
    'create function refuse_org() returns trigger language plpgsql as $$ begin raise exception $m$no$m$; end $$',
  )
  await platform.admin.query('create trigger refuse_org before insert on mail for each row execute function refuse_org()')
  await expect(
    platform.call(organisation.create, { name: 'Half Ltd', ownerEmail: 'half@example.test' }, founded.owner),
  ).rejects.toThrow()
  await platform.admin.query('drop trigger refuse_org on mail')
  const { rows: after } = await platform.admin.query('select count(*) from ledger')
  expect(after).toEqual(before)
  expect((await platform.admin.query(`select 1 from org where name = 'Half Ltd'`)).rows).toEqual([])
})

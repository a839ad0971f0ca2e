/** What makes members, or gives them roles, by itself: it stands in a review, is decided there, and ends by the ordinary operations (C1). */
import {
  accessReview,
  directory,
  DirectoryGroupId,
  invitation,
  sso,
  type AccessReviewId,
  type AccessReviewItem,
  type SsoConnectionId,
} from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMember } from '../../../test/platform.ts'
import { patchBody, serveScim, userBody, type ScimAsk, type ScimServer } from '../../../test/scim.ts'
import { proveDomain } from '../../../test/sign-on.ts'
import { createSaml, keysFor } from '../../../test/saml.ts'
import { startBench, type Bench } from './access-review.fixture.ts'

let bench: Bench
let server: ScimServer
let scim: ScimAsk
let id: AccessReviewId
let connectionId: SsoConnectionId
beforeAll(async () => {
  bench = await startBench()
  const { platform, owner } = bench
  server = await serveScim(platform)
  await platform.call(directory.create, { name: 'Okta', defaultRole: 'member' }, owner)
  const { secret } = await platform.call(directory.issueCredential, { kind: 'bearer' }, owner)
  scim = server.as(secret)
  connectionId = (await createSaml(platform, owner, await keysFor(platform), { name: 'Corp' })).id
  await bench.platform.arrange(bench.orgId, `update sso_connection set state = 'active', tested_at = now() where id = $1`, [
    connectionId,
  ])
  await proveDomain(platform, owner, 'people.example', connectionId)
  id = await bench.begin()
}, 60_000)
afterAll(async () => {
  await server?.close()
  await bench?.platform.close()
})

const owner = () => bench.stepped({ ...bench.founded, caller: bench.owner })
const invite = async (email: string, role: 'member' | 'admin' = 'member', as = bench.owner): Promise<string> =>
  (await bench.platform.call(invitation.create, { email, role }, as)).id
let count = 0
/** A group with some people in it, which gives a role. */
const groupOf = async (role: 'admin' | 'reviewer' | 'viewer', people = 1): Promise<DirectoryGroupId> => {
  const members: { value: string }[] = []
  for (let n = 0; n < people; n++)
    members.push({ value: (await scim('POST', '/Users', userBody(`p${++count}@people.example`))).body['id'] as string })
  const { body } = await scim('POST', '/Groups', { displayName: `Group ${++count}`, members })
  const groupId = DirectoryGroupId.parse(body['id'])
  await map([...(await mapped()), { groupId, role }])
  return groupId
}
const mapped = async () => {
  const { rows } = await bench.platform.call(directory.groups, { limit: 100 }, bench.owner)
  return rows.flatMap(({ id: groupId, role }) => (role ? [{ groupId, role }] : []))
}
const map = async (roles: Awaited<ReturnType<typeof mapped>>): Promise<void> => {
  const mapping = { defaultRole: 'member' as const, roles }
  const as = await owner()
  const { hash } = await bench.platform.call(directory.previewRoles, mapping, as)
  await bench.platform.call(directory.applyRoles, { ...mapping, hash }, as)
}
const rolesIn = async (group: string): Promise<string[]> => {
  const { rows } = await bench.platform.admin.query<{ role: string }>(
    `select m.role from directory_group_member g join directory_user u on u.id = g.user_id join membership m on m.person_id = u.person_id
     where g.group_id = $1`,
    [group],
  )
  return rows.map(({ role }) => role)
}
/** Another review, so that what was made since is in it. */
const anew = async (): Promise<void> => {
  await owner()
  await bench.keepRestAndBegin()
  id = await bench.latest()
  await owner()
}
const item = (kind: AccessReviewItem['kind'], ref: string) => bench.one(id, kind, (each) => each.ref === ref)
const decisionOf = async ({ id: itemId }: { id: string }): Promise<unknown> =>
  (await bench.platform.admin.query<{ decision: unknown }>('select decision from access_review_item where id = $1', [itemId]))
    .rows[0]?.decision

describe('the list', () => {
  test('has open invitations by address, active connections and groups that give a role, with what the rules say', async () => {
    const { platform, orgId } = bench
    const [fresh, waiting] = [await invite('fresh@other.example'), await invite('waiting@other.example')]
    const leaver = await addMember(platform, bench.founded, 'admin', 'Lena Leaver')
    const left = await invite('left@other.example', 'member', leaver.caller)
    await platform.arrange(orgId, `update membership set role = 'member' where person_id = $1`, [leaver.personId])
    await platform.arrange(orgId, `update invitation set created_at = now() - interval '4 days' where id = $1`, [waiting])
    const lapsed = await invite('lapsed@other.example')
    await platform.arrange(orgId, `update invitation set expires_at = now() - interval '1 hour' where id = $1`, [lapsed])
    const [group, empty] = [await groupOf('reviewer'), await groupOf('viewer', 0)]
    await platform.arrange(orgId, `update directory_group set created_at = now() - interval '15 days' where id = $1`, [empty])
    await anew()
    expect(await item('invitation', fresh)).toMatchObject({
      ...{ email: 'fresh@other.example', holder: '', personId: null, role: 'member', proposal: 'keep' },
    })
    expect(await item('invitation', waiting)).toMatchObject({ proposal: 'remove', reasons: ['invitation_waiting'] })
    expect(await item('invitation', left)).toMatchObject({ proposal: 'remove', reasons: ['inviter_gone'] })
    expect((await bench.itemsOf(id, { kind: 'invitation' })).some(({ ref }) => ref === lapsed)).toBe(false)
    expect(await item('sso_connection', connectionId)).toMatchObject({ label: 'Corp', role: 'member', proposal: 'keep' })
    expect(await item('directory_group', group)).toMatchObject({ role: 'reviewer', proposal: 'keep' })
    expect(await item('directory_group', empty)).toMatchObject({ proposal: 'remove', reasons: ['nobody_in_it'] })
    const { rows } = await platform.admin.query<{ text: string }>('select i::text as text from access_review_item i')
    expect(rows.map(({ text }) => text).join()).not.toContain('other.example')
    const csv = await platform.download(accessReview.exportCsv, { id }, await owner())
    for (const cell of ['"invitation"', '"fresh@other.example"', '"sso_connection"', '"directory_group"', '"invitation_waiting"'])
      expect(csv).toContain(cell)
    const json = JSON.parse(await platform.download(accessReview.exportJson, { id }, await owner())) as {
      items: { kind: string }[]
    }
    expect(new Set(json.items.map(({ kind }) => kind))).toContain('directory_group')
  })
})

describe('what is removed', () => {
  test('ends by the operation that anybody would use, in the same moment, in an entry of its own', async () => {
    const { platform, orgId } = bench
    const [invited, group] = [await invite('removed@other.example'), await groupOf('reviewer')]
    await anew()
    expect(await rolesIn(group)).toEqual(['reviewer'])
    const items = [
      await item('invitation', invited),
      await item('directory_group', group),
      await item('sso_connection', connectionId),
    ]
    await bench.decide(
      id,
      items.map((each) => bench.about(each, 'remove')),
      await owner(),
    )
    const { rows } = await platform.call(invitation.list, {}, bench.owner)
    expect(rows.some((row) => row.id === invited)).toBe(false)
    expect(await rolesIn(group)).toEqual(['member'])
    const { connections } = await platform.call(sso.read, {}, bench.owner)
    expect(connections.find((each) => each.id === connectionId)?.state).toBe('draft')
    const entries = await platform.admin.query<{ action: string }>(
      `select body::json ->> 'action' as action from ledger where org_id = $1 order by seq desc limit 4`,
      [orgId],
    )
    expect(entries.rows.map(({ action }) => action).toSorted()).toEqual(
      ['access_review.decided', 'directory.group_unmapped', 'invitation.revoked', 'sso.connection_deactivated'].toSorted(),
    )
    await platform.arrange(orgId, `update sso_connection set state = 'active' where id = $1`, [connectionId])
  })

  test('a group without which somebody would get a stronger role stays: nothing is raised in passing', async () => {
    const group = await groupOf('viewer')
    await anew()
    const weak = await item('directory_group', group)
    await expect(bench.decide(id, [bench.about(weak, 'remove')], await owner())).rejects.toMatchObject({
      code: 'role_would_rise',
    })
    expect([await rolesIn(group), await decisionOf(weak)]).toEqual([['viewer'], null])
    expect(await bench.refused(id, [bench.about(weak, 'change', 'member')], await owner())).toBe('decision_impossible')
    // With the fence taken away they would be members: the mapping that the operation would leave behind says so.
    await map((await mapped()).filter(({ groupId }) => groupId !== group))
    expect(await rolesIn(group)).toEqual(['member'])
  })

  test('a connection that enforced single sign-on relies on stays, and the answer says why', async () => {
    const { platform, orgId, founded } = bench
    await anew()
    const insert = `insert into sso_enforcement (org_id, break_glass, enforced_by, enforced_at) values ($1, $2, $2, now())`
    await platform.arrange(orgId, insert, [orgId, founded.personId])
    const corp = await item('sso_connection', connectionId)
    expect(await bench.refused(id, [bench.about(corp, 'remove')], await owner())).toBe('sso_enforced')
    expect(await decisionOf(corp)).toBeNull()
    await platform.arrange(orgId, 'delete from sso_enforcement where org_id = $1', [orgId])
  })
})

describe('trespassers', () => {
  test('an Admin, who may deactivate a connection nowhere else, does not here', async () => {
    await anew()
    const corp = await item('sso_connection', connectionId)
    expect(await bench.refused(id, [bench.about(corp, 'remove')], await bench.stepped(bench.admin))).toBe('forbidden')
    expect(await decisionOf(corp)).toBeNull()
  })

  test('nobody certifies the invitation of their own second mailbox; were the address not kept, they would', async () => {
    const { admin, platform, orgId } = bench
    const [local, domain] = admin.email.split('@')
    const invited = await invite(`${local}+other@${domain}`, 'admin')
    await anew()
    const own = await item('invitation', invited)
    expect(await bench.refused(id, [bench.about(own, 'keep')], await bench.stepped(admin))).toBe('own_access')
    await platform.arrange(orgId, 'update access_review_item set holder_sealed = null where id = $1', [own.id])
    await bench.decide(id, [bench.about(own, 'keep')], await bench.stepped(admin))
    expect(await decisionOf(own)).toBe('keep')
  })

  test('what was read: another role of a group, other settings, an invitation that was taken back', async () => {
    const { platform, orgId } = bench
    const [group, invited] = [await groupOf('reviewer'), await invite('stale@other.example')]
    await anew()
    const items = [
      await item('directory_group', group),
      await item('sso_connection', connectionId),
      await item('invitation', invited),
    ]
    await map((await mapped()).map((each) => (each.groupId === group ? { ...each, role: 'viewer' as const } : each)))
    await platform.call(sso.update, { id: connectionId, defaultRole: null }, await owner())
    await platform.call(invitation.revoke, { id: invited as never }, bench.owner)
    for (const each of items) expect(await bench.refused(id, [bench.about(each, 'keep')], await owner())).toBe('item_changed')
    expect(await platform.call(accessReview.refresh, { id, items: items.map((each) => each.id) }, bench.owner)).toMatchObject({
      ...{ changed: 2, gone: 1 },
    })
    expect(await item('sso_connection', connectionId)).toMatchObject({ role: null, now: 'same' })
    // Who is in a group is the directory's to say: it asks nobody anew.
    await scim('PATCH', `/Groups/${group}`, patchBody({ op: 'remove', path: 'members' }))
    expect(await item('directory_group', group)).toMatchObject({ role: 'viewer', now: 'same' })
    await platform.arrange(orgId, `update directory_group set role = null where id = $1`, [group])
    expect((await item('directory_group', group)).now).toBe('gone')
  })
})

/** Groups: what Okta and Entra check, in their words; and the roles that they give. */
import { apiKey, directory, factor, grant, member, organisation, type DirectoryGroupId, type PersonId } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMember, enrol, newCaller, type FoundedPlatform, type Member, type Platform } from '../../../test/platform.ts'
import {
  filterOf,
  patchBody,
  setDirectoryStage,
  userBody,
  type DirectoryStage,
  type Json,
  type ScimAsk,
} from '../../../test/scim.ts'

let stage: DirectoryStage
let platform: Platform
let founded: FoundedPlatform
let scim: ScimAsk
beforeAll(async () => {
  stage = await setDirectoryStage()
  ;({ platform, founded, scim } = stage)
})
afterAll(async () => {
  expect(platform.errors).toEqual([])
  await stage?.close()
})

let count = 0
const user = async (): Promise<string> => {
  const { status, body } = await scim('POST', '/Users', userBody(`grace.${++count}@people.example`))
  expect(status).toBe(201)
  return body['id']
}
const group = async (members: string[] = [], more: Json = {}): Promise<Json> => {
  const displayName = `Group ${++count}`
  const { status, body } = await scim('POST', '/Groups', { displayName, members: members.map((value) => ({ value })), ...more })
  expect(status).toBe(201)
  return body
}
const change = async (id: string, ...operations: Json[]): Promise<string[]> => {
  const { status, body } = await scim('PATCH', `/Groups/${id}`, patchBody(...operations))
  expect([status, body['detail']]).toEqual([200, undefined])
  return body['members'].map((one: Json) => one['value'])
}

describe('Okta and Entra: groups', () => {
  test('members: add many, idempotent', async () => {
    const [a, b, c] = [await user(), await user(), await user()]
    const { id } = await group([a])
    const add = { op: 'Add', path: 'members', value: [{ value: a }, { value: b }, { value: c }] }
    expect(await change(id, add)).toEqual([a, b, c])
    expect(await change(id, add)).toEqual([a, b, c])
    const { body } = await scim('GET', `/Users/${a}`)
    expect(body['groups']).toMatchObject([{ value: id }])
  })

  test('remove members[value eq "x"]', async () => {
    const [a, b] = [await user(), await user()]
    const { id } = await group([a, b])
    expect(await change(id, { op: 'remove', path: `members[value eq "${a}"]` })).toEqual([b])
    expect(await change(id, { op: 'remove', path: `members[value eq "${a}"]` })).toEqual([b])
  })

  test('Remove with an array removes only those', async () => {
    const [a, b, c] = [await user(), await user(), await user()]
    const { id } = await group([a, b, c])
    expect(await change(id, { op: 'Remove', path: 'members', value: [{ value: b }] })).toEqual([a, c])
    expect(await change(id, { op: 'Remove', path: 'members', value: [] })).toEqual([a, c])
    expect(await change(id, { op: 'Remove', path: 'members', value: null })).toEqual([a, c])
    expect(await change(id, { op: 'Remove', value: { members: [{ value: a }] } })).toEqual([c])
    expect(await change(id, { op: 'remove', path: 'members' })).toEqual([])
  })

  test('replace sets exactly those', async () => {
    const [a, b] = [await user(), await user()]
    const { id } = await group([a])
    expect(await change(id, { op: 'replace', path: 'members', value: [{ value: b }] })).toEqual([b])
    const put = await scim('PUT', `/Groups/${id}`, { displayName: `Group ${++count}`, members: [{ value: a }, { value: b }] })
    expect(put.body['members'].map((one: Json) => one['value'])).toEqual([a, b])
    const without = await scim('PUT', `/Groups/${id}`, { displayName: `Group ${++count}` })
    expect(without.body['members']).toHaveLength(2)
  })

  test('excludedAttributes=members', async () => {
    const { id, displayName } = await group([await user()])
    expect((await scim('GET', `/Groups/${id}?excludedAttributes=members`)).body).not.toHaveProperty('members')
    const listed = await scim('GET', `/Groups?excludedAttributes=members&${filterOf(`displayName eq "${displayName}"`)}`)
    expect(listed.body['Resources']).toHaveLength(1)
    expect(listed.body['Resources'][0]).not.toHaveProperty('members')
  })

  test('displayName eq ignores case; duplicates → 409; unknown id → 404; DELETE 204 then 404', async () => {
    const { id, displayName } = await group()
    const found = await scim('GET', `/Groups?${filterOf(`displayName eq "${String(displayName).toUpperCase()}"`)}`)
    expect(found.body['Resources'].map((one: Json) => one['id'])).toEqual([id])
    expect((await scim('POST', '/Groups', { displayName: String(displayName).toUpperCase() })).status).toBe(409)
    expect((await scim('GET', '/Groups/dg_00000000000000000000000000')).status).toBe(404)
    expect((await scim('DELETE', `/Groups/${id}`)).status).toBe(204)
    expect((await scim('DELETE', `/Groups/${id}`)).status).toBe(404)
  })

  test('a rename without a path', async () => {
    const { id } = await group()
    const displayName = `Renamed ${++count}`
    const { body } = await scim('PATCH', `/Groups/${id}`, patchBody({ op: 'replace', value: { id, displayName } }))
    expect(body['displayName']).toBe(displayName)
  })

  test('members by whom: a filter', async () => {
    const a = await user()
    const { id } = await group([a])
    const { body } = await scim('GET', `/Groups?${filterOf(`members.value eq "${a}"`)}`)
    expect(body['Resources'].map((one: Json) => one['id'])).toEqual([id])
  })

  test('groups in groups, unknown members and nonsense are refused', async () => {
    const { id } = await group()
    const refused = async (...operations: Json[]): Promise<number> =>
      (await scim('PATCH', `/Groups/${id}`, patchBody(...operations))).status
    expect(await refused({ op: 'add', path: 'members', value: [{ value: id, type: 'Group' }] })).toBe(400)
    expect(await refused({ op: 'add', path: 'members', value: [{ value: 'du_00000000000000000000000000' }] })).toBe(404)
    expect(await refused({ op: 'add', path: 'members', value: [{ value: 7 }] })).toBe(400)
    expect(await refused({ op: 'add', path: 'shoes', value: 'x' })).toBe(400)
    expect(await refused({ op: 'move', path: 'members', value: [] })).toBe(400)
  })
})

/** A member whom the directory answers for: tied to a user of its own, as an accepted invitation does. */
const managed = async (role: 'member' | 'viewer' | 'owner' = 'member'): Promise<Member & { userId: string }> => {
  const userId = await user()
  const person = await addMember(platform, founded, role)
  await platform.arrange(founded.orgId, 'update directory_user set person_id = $1 where id = $2', [person.personId, userId])
  return { ...person, userId }
}
const roleOf = async (personId: PersonId): Promise<unknown> => {
  const { rows } = await platform.admin.query('select role, role_by from membership where person_id = $1', [personId])
  return rows[0] && [rows[0].role, rows[0].role_by]
}
const map = async (roles: { groupId: string; role: 'admin' | 'reviewer' | 'member' | 'viewer' }[], as = founded.owner) => {
  const mapping = { defaultRole: 'member' as const, roles: roles as { groupId: DirectoryGroupId; role: 'admin' }[] }
  const preview = await platform.call(directory.previewRoles, mapping, as)
  return { preview, apply: () => platform.call(directory.applyRoles, { ...mapping, hash: preview.hash }, as) }
}

describe('groups and roles', () => {
  test('a mapping is previewed, then applied as it was shown; the directory stands as its giver', async () => {
    const person = await managed()
    const { id } = await group([person.userId])
    const { preview, apply } = await map([{ groupId: id, role: 'reviewer' }])
    expect(preview).toMatchObject({
      total: 1,
      changes: [{ personId: person.personId, from: 'member', to: 'reviewer', waitsFor: [] }],
    })
    expect(await roleOf(person.personId)).toEqual(['member', 'person'])
    expect((await apply()).changed).toBe(1)
    expect(await roleOf(person.personId)).toEqual(['reviewer', 'directory'])
    const { rows } = await platform.call(member.list, { role: 'reviewer' }, founded.owner)
    expect(rows).toMatchObject([{ id: person.personId, roleBy: 'directory' }])
    await scim('PATCH', `/Groups/${id}`, patchBody({ op: 'remove', path: `members[value eq "${person.userId}"]` }))
    expect(await roleOf(person.personId)).toEqual(['member', 'directory'])
    await (await map([])).apply()
  })

  test('what changed since the preview is not applied', async () => {
    const [one, two] = [await managed(), await managed()]
    const { id } = await group([one.userId])
    const { apply } = await map([{ groupId: id, role: 'viewer' }])
    await change(id, { op: 'add', path: 'members', value: [{ value: two.userId }] })
    await expect(apply()).rejects.toMatchObject({ code: 'preview_outdated' })
    expect(await roleOf(one.personId)).toEqual(['member', 'person'])
  })

  test('the strongest of several groups counts, and a change of members bites at once', async () => {
    const person = await managed()
    const [weak, strong] = [await group([person.userId]), await group()]
    const { apply } = await map([
      { groupId: weak['id'], role: 'viewer' },
      { groupId: strong['id'], role: 'reviewer' },
    ])
    await apply()
    expect(await roleOf(person.personId)).toEqual(['viewer', 'directory'])
    await change(strong['id'], { op: 'add', path: 'members', value: [{ value: person.userId }] })
    expect(await roleOf(person.personId)).toEqual(['reviewer', 'directory'])
    await scim('DELETE', `/Groups/${strong['id']}`)
    expect(await roleOf(person.personId)).toEqual(['viewer', 'directory'])
    await (await map([])).apply()
    expect(await roleOf(person.personId)).toEqual(['member', 'directory'])
  })

  test('Admin by a group needs the clearance that any Admin needs (C8), and a second factor (C2)', async () => {
    const person = await managed()
    const { id } = await group([person.userId])
    const { preview, apply } = await map([{ groupId: id, role: 'admin' }])
    expect(preview.changes).toMatchObject([{ to: 'member', waitsFor: [expect.stringMatching(/second factor/i)] }])
    await apply()
    expect(await roleOf(person.personId)).toEqual(['member', 'person'])
    await enrol(platform, platform.clock, person.caller)
    const settle = platform.composition.schedules.find(({ name }) => name === 'directory.settle')
    await settle?.run({ services: platform.services, orgId: founded.orgId, personId: null, log: () => {} })
    expect(await roleOf(person.personId)).toEqual(['admin', 'directory'])
    expect(await platform.call(factor.list, {}, person.caller)).toBeDefined()
    await (await map([])).apply()
    expect(await roleOf(person.personId)).toEqual(['member', 'directory'])
  })

  test('local edits of directory-managed rows answer 409, and are theirs again when the connection is disabled', async () => {
    const person = await managed()
    const edit = { id: person.personId, role: 'viewer' as const }
    expect(await platform.refusal(member.changeRole, edit, founded.owner)).toBe('directory_managed')
    expect(await platform.refusal(member.remove, { id: person.personId }, founded.owner)).toBe('directory_managed')
    expect(await platform.refusal(member.leave, {}, person.caller)).toBe('directory_managed')
    await platform.call(directory.disable, { reason: 'Moving to another directory.' }, founded.owner)
    expect((await scim('GET', '/Users')).status).toBe(401)
    await platform.call(member.changeRole, edit, founded.owner)
    expect(await roleOf(person.personId)).toEqual(['viewer', 'person'])
    await platform.call(directory.enable, {}, founded.owner)
    expect((await scim('GET', '/Users')).status).toBe(200)
  })

  test('an Owner whom the directory knows stays Owner, and is made one by people only', async () => {
    const owner = await managed('owner')
    const { id } = await group([owner.userId])
    await (await map([{ groupId: id, role: 'viewer' }])).apply()
    expect(await roleOf(owner.personId)).toEqual(['owner', 'person'])
    await platform.call(member.changeRole, { id: owner.personId, role: 'member' }, founded.owner)
    expect(await roleOf(owner.personId)).toEqual(['member', 'person'])
    expect(await platform.call(organisation.read, {}, founded.owner)).toBeDefined()
    await (await map([])).apply()
  })

  test('deactivation ends membership, sessions, API keys and grants in the same entry', async () => {
    const person = await managed()
    const { key } = await platform.call(apiKey.create, { name: 'ci', role: 'member' }, person.caller)
    const { rows: before } = await platform.admin.query(`select count(*)::int as n from ledger`)
    await scim('PATCH', `/Users/${person.userId}`, patchBody({ op: 'Replace', path: 'active', value: 'False' }))
    expect(await roleOf(person.personId)).toBeUndefined()
    expect(await platform.refusal(grant.list, {}, person.caller)).toBe('unauthenticated')
    const { rows } = await platform.admin.query<{ body: Json }>(
      `select body::jsonb as body from ledger order by seq desc limit 1`,
    )
    expect(rows[0]?.body['changes'].map((one: Json) => one['table']).toSorted()).toEqual([
      ...['api_key', 'directory_user', 'invitation', 'membership', 'session'],
    ])
    expect(await platform.refusal(member.list, {}, newCaller({ apiKey: key }))).toBe('unauthenticated')
    const { rows: after } = await platform.admin.query(`select count(*)::int as n from ledger`)
    expect(after[0].n - before[0].n).toBe(1)
    await scim('PATCH', `/Users/${person.userId}`, patchBody({ op: 'Replace', path: 'active', value: true }))
    expect(await roleOf(person.personId)).toEqual(['member', 'directory'])
    await scim('DELETE', `/Users/${person.userId}`)
    expect(await roleOf(person.personId)).toBeUndefined()
  })
})

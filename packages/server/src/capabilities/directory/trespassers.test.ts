/** Whoever tries to get more out of a directory connection than it is for; and what would happen without each fence. */
import { randomBytes } from 'node:crypto'
import { hashToken } from '@holdfast/crypto'
import { directory, invitation, member, organisation, type OrgId, type PersonId } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMember, newCaller, type FoundedPlatform, type Member, type Platform } from '../../../test/platform.ts'
import {
  connectDirectory,
  filterOf,
  patchBody,
  serveScim,
  setDirectoryStage,
  userBody,
  type DirectoryStage,
  type Json,
  type ScimAsk,
  type ScimServer,
} from '../../../test/scim.ts'
import { makeOrganisation } from '../../../test/world.ts'

let stage: DirectoryStage
let platform: Platform
let founded: FoundedPlatform
let server: ScimServer
let token: string
let scim: ScimAsk
let otherOrg: OrgId
let otherOwner: Member
let other: ScimAsk
beforeAll(async () => {
  stage = await setDirectoryStage()
  ;({ platform, founded, server, token, scim } = stage)
  otherOrg = await makeOrganisation(platform, 'Stranger Ltd')
  otherOwner = await addMember(platform, { orgId: otherOrg }, 'owner', 'Stranger')
  other = server.as((await connectDirectory(platform, otherOwner.caller)).token)
})
afterAll(async () => {
  expect(platform.errors).toEqual([])
  await stage?.close()
})

let count = 0
const unused = (): string => `eve.${++count}@people.example`
const made = async (ask: ScimAsk = scim, more: Json = {}): Promise<Json> => {
  const { status, body } = await ask('POST', '/Users', userBody(unused(), more))
  expect(status).toBe(201)
  return body
}
const rolesOf = async (personId: PersonId): Promise<string[]> => {
  const { rows } = await platform.admin.query<{ role: string }>('select role from membership where person_id = $1', [personId])
  return rows.map(({ role }) => role)
}
const tie = (userId: string, personId: PersonId): Promise<void> =>
  platform.arrange(founded.orgId, 'update directory_user set person_id = $1 where id = $2', [personId, userId])
/** What the superuser may try, undone whatever comes of it; the message of the refusal, or null. */
const attempt = async (...statements: string[]): Promise<string | null> => {
  const client = await platform.admin.connect()
  try {
    await client.query('begin')
    for (const statement of statements) await client.query(statement)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : 'refused'
  } finally {
    await client.query('rollback')
    client.release()
  }
}

describe('tokens', () => {
  test('of an Owner who is none any more run out within days, and the Owners hear of it; else whoever left takes themself in again', async () => {
    const leaver = await addMember(platform, founded, 'owner')
    const { secret } = await platform.call(
      directory.issueCredential,
      { kind: 'bearer', days: 365, overlapHours: 168 },
      leaver.caller,
    )
    const ask = server.as(secret)
    const mails = async () => Number((await platform.admin.query('select count(*) as n from mail')).rows[0].n)
    const before = await mails()
    const back = () => ask('POST', '/Users', userBody(leaver.email))
    await platform.call(member.remove, { id: leaver.personId }, founded.owner)
    expect(await mails()).toBeGreaterThan(before)
    expect((await ask('GET', '/Users?count=0')).status).toBe(200) // the directory goes on putting people out meanwhile
    const end = (sql: string) =>
      platform.arrange(founded.orgId, `update directory_credential set expires_at = ${sql} where issued_by = $1`, [
        leaver.personId,
      ])
    const { rows } = await platform.admin.query('select expires_at from directory_credential where issued_by = $1', [
      leaver.personId,
    ])
    expect(rows[0].expires_at.getTime() - platform.clock.now().getTime()).toBeLessThanOrEqual(7 * 86_400_000)
    await end(`now() - interval '1 second'`)
    expect((await back()).status).toBe(401)
    // The fence removed, and their domain one of the organisation's: they are a member again by their own hand.
    await end(`now() + interval '300 days'`)
    await platform.arrange(
      founded.orgId,
      `insert into sso_domain (org_id, domain, token, proved_at, created_at) values ($1, 'example.test', 'x', now(), now())`,
      [founded.orgId],
    )
    expect((await back()).status).toBe(201)
    expect(await rolesOf(leaver.personId)).toEqual(['member'])
    await end('now()')
    await platform.arrange(founded.orgId, `delete from sso_domain where domain = 'example.test'`)
  })

  test('of another organisation: its ids are not there, and nothing of it shows', async () => {
    const [user, { body: group }] = [await made(), await scim('POST', '/Groups', { displayName: 'Ours' })]
    for (const [method, path, body] of [
      ['GET', `/Users/${user['id']}`, undefined],
      ['PUT', `/Users/${user['id']}`, userBody(unused())],
      ['PATCH', `/Users/${user['id']}`, patchBody({ op: 'replace', path: 'active', value: false })],
      ['DELETE', `/Users/${user['id']}`, undefined],
      ['GET', `/Groups/${group['id']}`, undefined],
      ['PATCH', `/Groups/${group['id']}`, patchBody({ op: 'remove', path: 'members' })],
      ['DELETE', `/Groups/${group['id']}`, undefined],
    ] as const)
      expect((await other(method, path, body)).status, `${method} ${path}`).toBe(404)
    const theirs = await other('POST', '/Groups', { displayName: 'Theirs', members: [{ value: user['id'] }] })
    expect(theirs.status).toBe(404)
    expect((await other('GET', `/Users?${filterOf(`userName eq "${user['userName']}"`)}`)).body['totalResults']).toBe(0)
    expect((await other('GET', '/Users')).body['totalResults']).toBe(0)
    expect((await other('GET', '/Groups')).body['totalResults']).toBe(0)
    // The same user name is free there: no answer tells what another organisation has.
    expect((await other('POST', '/Users', userBody(user['userName']))).status).toBe(201)
    expect((await scim('GET', `/Users/${user['id']}`)).body['active']).toBe(true)
  })

  test('revoked, expired, of a disabled directory: 401', async () => {
    const issued = await platform.call(directory.issueCredential, { kind: 'bearer', days: 1, overlapHours: 168 }, founded.owner)
    const ask = server.as(issued.secret)
    expect((await ask('GET', '/Users')).status).toBe(200)
    await platform.call(directory.revokeCredential, { id: issued.credential.id }, founded.owner)
    expect((await ask('GET', '/Users')).status).toBe(401)
    const short = await platform.call(directory.issueCredential, { kind: 'bearer', days: 1, overlapHours: 168 }, founded.owner)
    const expire = `update directory_credential set expires_at = now() - interval '1 second' where id = $1`
    await platform.arrange(founded.orgId, expire, [short.credential.id])
    expect((await server.as(short.secret)('GET', '/Users')).status).toBe(401)
    await platform.call(directory.disable, { reason: 'Test' }, otherOwner.caller)
    expect((await other('GET', '/Users')).status).toBe(401)
    await platform.call(directory.enable, {}, otherOwner.caller)
    expect((await other('GET', '/Users')).status).toBe(200)
  })

  test('were it not asked at each request whether it still lives, all three would go on', async () => {
    const issue = () => platform.call(directory.issueCredential, { kind: 'bearer', days: 1, overlapHours: 168 }, founded.owner)
    const [revoked, expired] = [await issue(), await issue()]
    await platform.call(directory.revokeCredential, { id: revoked.credential.id }, founded.owner)
    await platform.arrange(
      founded.orgId,
      `update directory_credential set expires_at = now() - interval '1 second' where id = $1`,
      [expired.credential.id],
    )
    await platform.call(directory.disable, { reason: 'Test' }, otherOwner.caller)
    const answers = async (): Promise<number[]> =>
      Promise.all(
        [server.as(revoked.secret), server.as(expired.secret), other].map(
          async (ask) => (await ask('GET', '/Users?count=0')).status,
        ),
      )
    expect(await answers()).toEqual([401, 401, 401])
    const { rows } = await platform.admin.query<{ source: string }>(
      `select pg_get_functiondef('gate_directory(text)'::regprocedure) as source`,
    )
    const source = rows[0]?.source ?? ''
    const believing = source
      .replace('least(c.expires_at, client.expires_at)', `now() + interval '1 day'`)
      .replace('c.revoked_at is null and client.revoked_at is null and d.disabled_at is null', 'true')
    try {
      await platform.admin.query(believing)
      expect(await answers()).toEqual([200, 200, 200])
    } finally {
      await platform.admin.query(source)
      await platform.call(directory.enable, {}, otherOwner.caller)
    }
  })

  test('rotation: the old one goes on for the overlap, and no longer', async () => {
    const old = await platform.call(directory.issueCredential, { kind: 'bearer', overlapHours: 168 }, founded.owner)
    await platform.call(directory.issueCredential, { kind: 'bearer', overlapHours: 1 }, founded.owner)
    expect((await server.as(old.secret)('GET', '/Users?count=0')).status).toBe(200)
    const next = await platform.call(directory.issueCredential, { kind: 'bearer', overlapHours: 0 }, founded.owner)
    expect((await server.as(old.secret)('GET', '/Users?count=0')).status).toBe(401)
    scim = server.as((token = next.secret))
    expect((await scim('GET', '/Users?count=0')).status).toBe(200)
  })

  test('a directory’s token opens nothing else; keys and cookies of people open nothing here', async () => {
    const headers = { authorization: `Bearer ${token}` }
    for (const path of ['/members', '/organisation', '/session', '/setup', '/directory'])
      expect((await server.ask('GET', `/api/v1${path}`, { headers })).status, path).toBe(403)
    const { rows } = await platform.admin.query('select count(*)::int as n from access_log where actor like $1', ['di_%'])
    expect(rows[0].n).toBeGreaterThan(0)
    expect(
      (await server.as('hf_ak_00000000000000000000000000.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')('GET', '/Users')).status,
    ).toBe(401)
    const cookie = `__Host-at=${founded.owner.access}`
    expect((await server.ask('GET', '/scim/v2/Users', { headers: { cookie } })).status).toBe(401)
  })

  test('only the hash of a token is stored', async () => {
    const { rows } = await platform.admin.query<{ row: string }>('select row_to_json(c)::text as row from directory_credential c')
    const secret = token.slice(token.indexOf('.') + 1)
    expect(rows.some(({ row }) => row.includes(secret))).toBe(false)
    expect(rows.some(({ row }) => row.includes(hashToken(secret).toString('hex')))).toBe(true)
  })

  test('OAuth: a client gets a token for an hour; a wrong secret, a bare secret and a revoked client get nothing', async () => {
    const { credential, secret } = await platform.call(directory.issueCredential, { kind: 'client' }, founded.owner)
    const ask = (form: Record<string, string>, headers: Record<string, string> = {}) =>
      server.ask('POST', '/scim/v2/oauth/token', {
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams(form).toString(),
      })
    const form = { grant_type: 'client_credentials', client_id: credential.id, client_secret: secret }
    const given = await ask(form)
    expect(given.status).toBe(200)
    const { access_token, expires_in, token_type } = JSON.parse(given.text) as Json
    expect([expires_in, token_type]).toEqual([3600, 'Bearer'])
    expect((await server.as(access_token)('GET', '/Users?count=0')).status).toBe(200)
    const basic = Buffer.from(`${credential.id}:${secret}`).toString('base64')
    expect((await ask({ grant_type: 'client_credentials' }, { authorization: `Basic ${basic}` })).status).toBe(200)
    const wrong = await ask({ ...form, client_secret: randomBytes(32).toString('base64url') })
    expect([wrong.status, JSON.parse(wrong.text)]).toEqual([401, { error: 'invalid_client' }])
    expect((await ask({ ...form, grant_type: 'password' })).status).toBe(400)
    expect(
      (await ask({ ...form, client_id: token.slice(3, token.indexOf('.')), client_secret: token.split('.')[1] ?? '' })).status,
    ).toBe(401)
    expect((await server.as(`hf_${credential.id}.${secret}`)('GET', '/Users')).status).toBe(401)
    await platform.call(directory.revokeCredential, { id: credential.id }, founded.owner)
    expect((await server.as(access_token)('GET', '/Users?count=0')).status).toBe(401)
    expect((await ask(form)).status).toBe(401)
  })
})

describe('roles', () => {
  test('mapping to Owner: no word for it, and the database refuses it; without its rules it would stand', async () => {
    const { body: group } = await scim('POST', '/Groups', { displayName: 'Would-be Owners' })
    const roles = [{ groupId: group['id'], role: 'owner' }]
    const input = { defaultRole: 'member', roles } as never
    expect(await platform.refusal(directory.previewRoles, input, founded.owner)).toBe('invalid_input')
    expect(await platform.refusal(directory.create, { name: 'x', defaultRole: 'admin' as never }, founded.owner)).toBe(
      'invalid_input',
    )
    const enter = `select enter('${founded.orgId}', null, false)`
    const mapped = `update directory_group set role = 'owner' where id = '${group['id']}'`
    expect(await attempt(enter, mapped)).toMatch(/directory_group_role_check/)
    expect(await attempt(enter, 'alter table directory_group drop constraint directory_group_role_check', mapped)).toBeNull()
    const { personId } = await addMember(platform, founded, 'member')
    const given = `update membership set role = 'owner', role_by = 'directory' where person_id = '${personId}'`
    expect(await attempt(enter, given)).toMatch(/no_owner_by_directory/)
    expect(await attempt(enter, 'alter table membership drop constraint no_owner_by_directory', given)).toBeNull()
  })

  test('an Admin cannot make credentials, by which Owners could be removed; nor can members map', async () => {
    const [admin, plain] = [await addMember(platform, founded, 'admin'), await addMember(platform, founded, 'member')]
    expect(await platform.refusal(directory.issueCredential, { kind: 'bearer' }, admin.caller)).toBe('forbidden')
    expect(await platform.refusal(directory.disable, { reason: 'x' }, admin.caller)).toBe('forbidden')
    expect(await platform.refusal(directory.previewRoles, { defaultRole: 'member', roles: [] }, plain.caller)).toBe('forbidden')
    expect(await platform.refusal(directory.log, {}, plain.caller)).toBe('forbidden')
  })

  test('self-promotion by a group: whoever puts themselves into it is Admin only when cleared', async () => {
    const { id: userId } = await made()
    const person = await addMember(platform, founded, 'member')
    await tie(userId, person.personId)
    const { body: group } = await scim('POST', '/Groups', { displayName: 'Admins' })
    const mapping = { defaultRole: 'member' as const, roles: [{ groupId: group['id'], role: 'admin' as const }] }
    const { hash } = await platform.call(directory.previewRoles, mapping, founded.owner)
    await platform.call(directory.applyRoles, { ...mapping, hash }, founded.owner)
    await scim('PATCH', `/Groups/${group['id']}`, patchBody({ op: 'add', path: 'members', value: [{ value: userId }] }))
    expect(await rolesOf(person.personId)).toEqual(['member'])
    // The fence is the clearance: with what it asks for, the same group makes an Admin.
    await platform.arrange(founded.orgId, `update person set mfa_enrolled_at = now() where id = $1`, [person.personId])
    const leave = { op: 'remove', path: 'members', value: [{ value: userId }] }
    const back = { op: 'add', path: 'members', value: [{ value: userId }] }
    await scim('PATCH', `/Groups/${group['id']}`, patchBody(leave))
    await scim('PATCH', `/Groups/${group['id']}`, patchBody(back))
    expect(await rolesOf(person.personId)).toEqual(['admin'])
  })

  test('the last Owner cannot be removed by SCIM; without the rule of the database they would be', async () => {
    const { id: userId } = await made()
    await tie(userId, founded.personId)
    for (const [method, body] of [
      ['PATCH', patchBody({ op: 'Replace', path: 'active', value: 'False' })],
      ['PUT', userBody(unused(), { active: false })],
      ['DELETE', undefined],
    ] as const) {
      const answer = await scim(method, `/Users/${userId}`, body)
      expect([answer.status, answer.body['detail']]).toEqual([409, expect.stringMatching(/last Owner/)])
    }
    expect(await rolesOf(founded.personId)).toEqual(['owner'])
    expect((await scim('GET', `/Users/${userId}`)).body['active']).toBe(true)
    const enter = `select enter('${founded.orgId}', null, false)`
    const gone = [`delete from membership where person_id = '${founded.personId}'`, 'select settle_owner()']
    expect(await attempt(enter, ...gone)).toMatch(/needs an owner/)
    expect(await attempt('alter table membership disable trigger keep_owner', enter, gone[0] ?? '')).toBeNull()
    await platform.arrange(founded.orgId, 'update directory_user set person_id = null where id = $1', [userId])
  })
})

describe('adoption', () => {
  test('of a local account by e-mail, outside proved domains: refused', async () => {
    const local = await addMember(platform, founded, 'reviewer')
    const answer = await scim('POST', '/Users', userBody(local.email))
    expect([answer.status, answer.body['scimType']]).toEqual([409, 'uniqueness'])
    const aside = await scim('POST', '/Users', userBody(unused(), { active: false }))
    const turned = patchBody(
      { op: 'replace', path: 'emails', value: [{ value: local.email }] },
      { op: 'replace', path: 'active', value: true },
    )
    expect((await scim('PATCH', `/Users/${aside.body['id']}`, turned)).status).toBe(409)
    expect(await rolesOf(local.personId)).toEqual(['reviewer'])
    expect(await platform.refusal(member.changeRole, { id: local.personId, role: 'owner' }, founded.owner)).toBe('not_cleared')
  })

  test('inside a proved domain the same address is taken in, at once and without an invitation; so it is the proof that decides', async () => {
    const domain = `org-${++count}.example`
    const prove = `insert into sso_domain (org_id, domain, token, proved_at) values ($1, $2, 'x', now())`
    await platform.arrange(founded.orgId, prove, [founded.orgId, domain])
    const local = await addMember(platform, founded, 'reviewer')
    const { body: unproved } = await scim('POST', '/Users', userBody(local.email))
    expect(unproved['scimType']).toBe('uniqueness')
    await platform.arrange(founded.orgId, prove, [founded.orgId, local.email.split('@')[1]])
    const { status, body } = await scim('POST', '/Users', userBody(local.email))
    expect(status).toBe(201)
    expect(await platform.refusal(member.remove, { id: local.personId }, founded.owner)).toBe('directory_managed')
    const newcomer = await scim('POST', '/Users', userBody(`new@${domain}`, { displayName: 'Nora New' }))
    expect(newcomer.status).toBe(201)
    const { rows } = await platform.call(member.list, { search: 'Nora New' }, founded.owner)
    expect(rows).toMatchObject([{ email: `new@${domain}`, role: 'member', roleBy: 'directory' }])
    await scim('PATCH', `/Users/${newcomer.body['id']}`, patchBody({ op: 'replace', path: 'displayName', value: 'Nora Newer' }))
    expect((await platform.call(member.list, { search: 'Nora Newer' }, founded.owner)).rows).toHaveLength(1)
    // What one organisation has proved is nothing to another: there the address is invited like any.
    const elsewhere = await other('POST', '/Users', userBody(`new@${domain}`))
    expect(elsewhere.status).toBe(201)
    expect(await rolesOf(rows[0]?.id as PersonId)).toEqual(['member'])
    await scim('DELETE', `/Users/${body['id']}`)
    expect(await rolesOf(local.personId)).toEqual([])
    await platform.arrange(founded.orgId, `delete from sso_domain where org_id = $1`, [founded.orgId])
  })

  test('of an account elsewhere: nobody joins, and the answer is the same as for an address that nobody has', async () => {
    const [known, unknown] = [
      await scim('POST', '/Users', userBody(otherOwner.email)),
      await scim('POST', '/Users', userBody(unused())),
    ]
    expect([known.status, Object.keys(known.body)]).toEqual([unknown.status, Object.keys(unknown.body)])
    expect(await rolesOf(otherOwner.personId)).toEqual(['owner']) // of their own organisation only
    const { rows } = await platform.call(directory.log, { limit: 2 }, founded.owner)
    expect(rows[0]?.said).toEqual(rows[1]?.said)
  })

  test('whoever accepts the invitation that followed is the directory’s from then on, with the role of their groups', async () => {
    const { id, userName } = await made()
    const { body: group } = await scim('POST', '/Groups', { displayName: 'Reviewers', members: [{ value: id }] })
    const mapping = { defaultRole: 'member' as const, roles: [{ groupId: group['id'], role: 'reviewer' as const }] }
    const { hash } = await platform.call(directory.previewRoles, mapping, founded.owner)
    await platform.call(directory.applyRoles, { ...mapping, hash }, founded.owner)
    const link = randomBytes(32).toString('base64url')
    const plant = 'update invitation set token_hash = $1 where id = (select invitation_id from directory_user where id = $2)'
    await platform.arrange(founded.orgId, plant, [hashToken(link), id])
    const joining = { token: link, name: 'Ada', password: 'sixteen boats in the fog' }
    const { personId, role } = await platform.call(invitation.accept, joining, newCaller())
    expect(role).toBe('reviewer')
    expect(await platform.refusal(member.remove, { id: personId }, founded.owner)).toBe('directory_managed')
    const { rows } = await platform.call(directory.people, { state: 'member', limit: 100 }, founded.owner)
    expect(rows.find((row) => row.personId === personId)).toMatchObject({ userName, role: 'reviewer', roleBy: 'directory' })
  })

  test('an invitation is taken back when the directory switches its user off', async () => {
    const { id } = await made()
    const link = randomBytes(32).toString('base64url')
    const plant = 'update invitation set token_hash = $1 where id = (select invitation_id from directory_user where id = $2)'
    await platform.arrange(founded.orgId, plant, [hashToken(link), id])
    await scim('PATCH', `/Users/${id}`, patchBody({ op: 'replace', path: 'active', value: false }))
    const joining = { token: link, name: 'Ada', password: 'sixteen boats in the fog' }
    expect(await platform.refusal(invitation.accept, joining, newCaller())).toBe('link_invalid')
  })
})

describe('hostile input', () => {
  test('filter injection', async () => {
    const { body: before } = await scim('GET', '/Users?count=0')
    for (const filter of [
      `userName eq "x' or 1=1 --"`,
      `userName eq "x\\" or userName pr or userName eq \\"y"`,
      `id eq "'; drop table directory_user; --"`,
      `userName eq "\\u0000"`,
      `externalId eq "$1"`,
      `meta.created gt "2020-01-01'; select pg_sleep(5); --"`,
      `active eq "true' or 'a'='a"`,
      `constructor eq "x"`,
      `__proto__ pr`,
      `org_id eq "${founded.orgId}"`,
      `resourceSealed pr`,
      `user_name_index eq "x"`,
      `userName eq "a" union select 1`,
      `userName eq 'a'`,
    ]) {
      const { status, body } = await scim('GET', `/Users?${filterOf(filter)}`)
      expect([200, 400], filter).toContain(status)
      expect(body['totalResults'] ?? 0, filter).toBe(0)
    }
    expect((await scim('GET', '/Users?count=0')).body).toEqual(before)
  })

  test('filters without end: length, depth, clauses, 2,000 parentheses', async () => {
    const began = performance.now()
    for (const filter of [
      `${'('.repeat(2_000)}userName pr${')'.repeat(2_000)}`,
      `${'('.repeat(9)}userName pr${')'.repeat(9)}`,
      `${'not ('.repeat(20)}userName pr${')'.repeat(20)}`,
      Array.from({ length: 21 }, () => 'active eq true').join(' or '),
      `userName eq "${'a'.repeat(1_100)}"`,
      `${'emails['.repeat(50)}`,
      '"'.repeat(999),
      '\\'.repeat(999),
    ]) {
      const { status, body } = await scim('GET', `/Users?${filterOf(filter)}`)
      expect([status, body['scimType']], filter.slice(0, 30)).toEqual([400, 'invalidFilter'])
    }
    expect(performance.now() - began).toBeLessThan(3_000)
  })

  test('prototype pollution', async () => {
    const { id } = await made()
    const refused = async (body: unknown): Promise<void> => {
      const { status } = await scim('PATCH', `/Users/${id}`, body)
      expect(status, JSON.stringify(body)).toBe(400)
    }
    for (const path of [
      ...[
        '__proto__',
        '__proto__.polluted',
        'constructor',
        'constructor.prototype.polluted',
        'name.__proto__',
        'name.constructor',
      ],
      ...['emails[type eq "work"].__proto__', 'emails[__proto__ eq "x"].value', 'urn:x:__proto__:polluted', 'prototype'],
    ])
      await refused(patchBody({ op: 'add', path, value: 'yes' }))
    for (const name of ['__proto__.polluted', 'constructor.prototype.polluted', 'name.__proto__.polluted'])
      await refused(patchBody({ op: 'add', value: { [name]: 'yes' } }))
    await refused('{"schemas":[],"Operations":[{"op":"add","value":{"__proto__":{"polluted":"yes"}}}]}')
    await refused('{"schemas":[],"Operations":[{"op":"add","value":{"constructor":{"prototype":{"polluted":"yes"}}}}]}')
    expect(({} as Json)['polluted']).toBeUndefined()
    expect(JSON.stringify((await scim('GET', `/Users/${id}`)).body)).not.toContain('yes')
  })

  test('oversized bodies: 413, before anything is read of nobody’s', async () => {
    const large = userBody(unused(), { title: 'a'.repeat(300_000) })
    const answer = await scim('POST', '/Users', large)
    expect([answer.status, answer.body['schemas']]).toEqual([413, ['urn:ietf:params:scim:api:messages:2.0:Error']])
    expect((await server.as(null)('POST', '/Users', large)).status).toBe(401)
    expect((await scim('POST', '/Users', userBody(unused(), { title: 'a'.repeat(1_001) }))).status).toBe(400)
    const many = Array.from({ length: 21 }, (_, n) => ({ value: `${n}@people.example` }))
    expect((await scim('POST', '/Users', userBody(unused(), { emails: many }))).status).toBe(400)
    const operations = Array.from({ length: 101 }, () => ({ op: 'replace', path: 'title', value: 'x' }))
    expect((await scim('PATCH', '/Users/du_00000000000000000000000000', patchBody(...operations))).status).toBe(400)
    const members = Array.from({ length: 5_001 }, (_, n) => `du_${n}`)
    expect((await scim('POST', '/Groups', { displayName: 'Many', members })).body['scimType']).toBe('tooMany')
  })

  test('bodies that are none', async () => {
    for (const body of ['', '{', '[]', 'null', '7', '"x"', '{"userName":"a","userName":"b"}', '{"userName":{"$ne":null}}', '{}'])
      expect((await scim('POST', '/Users', body)).status, body).toBe(400)
    expect((await scim('PATCH', '/Users/du_00000000000000000000000000', { Operations: {} })).status).toBe(400)
    expect((await scim('POST', '/Users', userBody('ctrl\u0000@people.example'))).status).toBe(400)
  })

  test('of two who create the same user at once, one does', async () => {
    const body = userBody(unused())
    const answers = await Promise.all(Array.from({ length: 6 }, () => scim('POST', '/Users', body)))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409, 409])
  })
})

test('a directory is limited like anybody: 429 as a SCIM error, with Retry-After', async () => {
  const slow = await serveScim(platform, { principal: { quota: 3, windowSeconds: 60 } })
  try {
    const answers: Awaited<ReturnType<ScimAsk>>[] = []
    for (let n = 0; n < 5; n++) answers.push(await slow.as(token)('GET', '/Users?count=0'))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429])
    expect(answers[4]?.body['schemas']).toEqual(['urn:ietf:params:scim:api:messages:2.0:Error'])
    expect(Number(answers[4]?.headers['retry-after'])).toBeGreaterThan(0)
  } finally {
    await slow.close()
  }
})

test('a plan that lapses freezes what is set up; removals go on, and credentials can be renewed and revoked', async () => {
  const { id } = await made(other)
  await platform.arrange(otherOrg, `update org set plan = 'starter' where id = $1`, [otherOrg])
  const { caller } = otherOwner
  const mapping = { defaultRole: 'viewer' as const, roles: [] }
  const { hash } = await platform.call(directory.previewRoles, mapping, caller)
  expect(await platform.refusal(directory.applyRoles, { ...mapping, hash }, caller)).toBe('plan_required')
  expect((await other('PATCH', `/Users/${id}`, patchBody({ op: 'replace', path: 'active', value: false }))).status).toBe(200)
  expect((await other('DELETE', `/Users/${id}`)).status).toBe(204)
  const { credential } = await platform.call(directory.issueCredential, { kind: 'bearer' }, caller)
  await platform.call(directory.revokeCredential, { id: credential.id }, caller)
  await platform.call(directory.disable, { reason: 'We leave.' }, caller)
  expect(await platform.refusal(directory.enable, {}, caller)).toBe('plan_required')
  expect(await platform.call(organisation.read, {}, caller)).toMatchObject({ plan: 'starter' })
})

test('a self-test goes the whole way over HTTPS, touches nobody else’s users, and leaves nothing', async () => {
  const before = (await scim('GET', '/Users?count=0')).body
  const services = { ...platform.services, endpoints: [server.endpoint] }
  Object.assign(platform.services, { endpoints: services.endpoints })
  await platform.call(directory.startTest, {}, founded.owner)
  await platform.settle()
  const { test: done } = await platform.call(directory.test, {}, founded.owner)
  expect(done?.steps.filter(({ passed }) => !passed)).toEqual([])
  expect(done?.steps).toHaveLength(11)
  expect((await scim('GET', '/Users?count=0')).body).toEqual(before)
  const { rows } = await platform.admin.query(
    'select 1 from directory_user where marked union all select 1 from directory_group where marked',
  )
  expect(rows).toEqual([])
  const { rows: alive } = await platform.admin.query(
    `select 1 from directory_credential where kind = 'test' and revoked_at is null`,
  )
  expect(alive).toEqual([])
})

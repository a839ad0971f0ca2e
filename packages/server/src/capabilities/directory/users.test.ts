/** What Okta and Entra check of users, in their words; each over HTTPS. */
import { directory, ledger } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import {
  filterOf,
  patchBody,
  setDirectoryStage,
  userBody,
  type DirectoryStage,
  type Json,
  type ScimAsk,
  type ScimServer,
} from '../../../test/scim.ts'

let stage: DirectoryStage
let platform: Platform
let founded: FoundedPlatform
let server: ScimServer
let scim: ScimAsk
beforeAll(async () => {
  stage = await setDirectoryStage()
  ;({ platform, founded, server, scim } = stage)
})
afterAll(async () => {
  expect(platform.errors).toEqual([])
  await stage?.close()
})

let count = 0
const unused = (): string => `ada.${++count}@people.example`
const made = async (more: Json = {}): Promise<Json> => {
  const { status, body } = await scim('POST', '/Users', userBody(unused(), more))
  expect(status).toBe(201)
  return body
}
const change = async (id: string, ...operations: Json[]): Promise<Json> => {
  const { status, body } = await scim('PATCH', `/Users/${id}`, patchBody(...operations))
  expect([status, body['detail']]).toEqual([200, undefined])
  return body
}
const isError = ({ status, headers, body }: Awaited<ReturnType<ScimAsk>>, wanted: number, scimType?: string): void => {
  expect([status, body['scimType'], body['detail']]).toEqual([wanted, scimType, expect.any(String)])
  expect(body['schemas']).toEqual(['urn:ietf:params:scim:api:messages:2.0:Error'])
  expect(body['status']).toBe(String(wanted))
  expect(headers['content-type']).toMatch(/^application\/scim\+json/)
}

describe('Okta and Entra: users', () => {
  test('a user is created with 201, Location and meta', async () => {
    const name = unused()
    const answer = await scim('POST', '/Users', userBody(name, { externalId: 'okta-1', title: 'Countess' }))
    expect(answer.status).toBe(201)
    expect(answer.headers['location']).toBe(answer.body['meta'].location)
    expect(answer.body).toMatchObject({ userName: name, externalId: 'okta-1', title: 'Countess', active: true })
    expect(answer.body['meta']).toMatchObject({ resourceType: 'User' })
    expect((await scim('GET', `/Users/${answer.body['id']}`)).body).toEqual(answer.body)
  })

  test('userName eq ignores case', async () => {
    const { id, userName } = await made()
    for (const asked of [userName, String(userName).toUpperCase()]) {
      const { body } = await scim('GET', `/Users?${filterOf(`userName eq "${asked}"`)}`)
      expect(body['Resources'].map((user: Json) => user['id'])).toEqual([id])
    }
  })

  test('unknown filter → empty list 200', async () => {
    const { status, body } = await scim('GET', `/Users?${filterOf('userName eq "nobody@people.example"')}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ totalResults: 0, Resources: [], startIndex: 1, itemsPerPage: 0 })
    expect((await scim('GET', `/Users?${filterOf('shoeSize eq "44"')}`)).body).toMatchObject({ totalResults: 0 })
  })

  test('unknown id → 404', async () => {
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', userBody(unused())],
      ['PATCH', patchBody({ op: 'replace', path: 'active', value: false })],
      ['DELETE', undefined],
    ] as const)
      isError(await scim(method, '/Users/du_00000000000000000000000000', body), 404)
  })

  test('duplicates → 409', async () => {
    const { userName } = await made()
    isError(await scim('POST', '/Users', userBody(String(userName).toUpperCase())), 409, 'uniqueness')
    const other = await made()
    isError(await scim('PUT', `/Users/${other['id']}`, userBody(userName)), 409, 'uniqueness')
  })

  test('bad auth → 401', async () => {
    isError(await server.as(null)('GET', '/Users'), 401)
    isError(await server.as('hf_dc_00000000000000000000000000.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')('GET', '/Users'), 401)
    isError(await server.as('nonsense')('POST', '/Users', userBody(unused())), 401)
  })

  test('startIndex, count (0 too)', async () => {
    for (let n = 0; n < 6; n++) await made()
    const all = (await scim('GET', '/Users?count=200')).body
    const five = (await scim('GET', '/Users?startIndex=2&count=5')).body // Entra reads by pages of 5
    expect(five).toMatchObject({ startIndex: 2, itemsPerPage: 5, totalResults: all['totalResults'] })
    expect(five['Resources']).toEqual(all['Resources'].slice(1, 6))
    expect((await scim('GET', '/Users?count=0')).body).toMatchObject({ Resources: [], totalResults: all['totalResults'] })
    expect((await scim('GET', '/Users?startIndex=0&count=1')).body).toMatchObject({ startIndex: 1, itemsPerPage: 1 })
    expect((await scim('GET', '/Users?startIndex=-5&count=-1')).body).toMatchObject({ startIndex: 1, itemsPerPage: 0 })
    expect((await scim('GET', '/Users?startIndex=100000')).body).toMatchObject({ Resources: [], startIndex: 100000 })
    isError(await scim('GET', '/Users?count=many'), 400, 'invalidValue')
  })

  test('/ServiceProviderConfig, /Schemas, /ResourceTypes', async () => {
    const config = (await scim('GET', '/ServiceProviderConfig')).body
    expect(config).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
      filter: { supported: true, maxResults: 200 },
    })
    expect((await scim('GET', '/Schemas')).body['totalResults']).toBe(3)
    expect((await scim('GET', '/Schemas/urn:ietf:params:scim:schemas:core:2.0:User')).body['name']).toBe('User')
    expect((await scim('GET', '/ResourceTypes')).body['Resources'].map((one: Json) => one['endpoint'])).toEqual([
      '/Users',
      '/Groups',
    ])
    isError(await scim('GET', '/Schemas/nothing'), 404)
    isError(await scim('GET', '/nothing'), 404)
  })

  test('Bulk is refused cleanly', async () => {
    isError(await scim('POST', '/Bulk', { Operations: [] }), 501)
    isError(await scim('GET', '/Me'), 501)
  })

  test('PUT replaces what it says and clears what it does not', async () => {
    const { id, userName } = await made({ title: 'Countess', nickName: 'A' })
    const { status, body } = await scim('PUT', `/Users/${id}`, userBody(userName, { id, title: 'Lady' }))
    expect(status).toBe(200)
    expect([body['title'], body['nickName'], body['id']]).toEqual(['Lady', undefined, id])
  })

  test('PUT without active changes nothing about it', async () => {
    const { id, userName } = await made({ active: false })
    const whole = userBody(userName)
    delete whole['active']
    expect((await scim('PUT', `/Users/${id}`, whole)).body['active']).toBe(false)
  })

  test('PATCH operations capitalised (Add, Replace)', async () => {
    const { id } = await made()
    const operations = [
      { op: 'Add', path: 'title', value: 'Analyst' },
      { op: 'Replace', path: 'displayName', value: 'Ada B.' },
    ]
    expect(await change(id, ...operations)).toMatchObject({ title: 'Analyst', displayName: 'Ada B.' })
    expect((await change(id, { op: 'Remove', path: 'title' }))['title']).toBeUndefined()
  })

  test('active: "False" as a string', async () => {
    const { id } = await made()
    expect((await change(id, { op: 'Replace', path: 'active', value: 'False' }))['active']).toBe(false)
    expect((await change(id, { op: 'Replace', value: { active: 'True' } }))['active']).toBe(true)
  })

  test('"" and null both clear', async () => {
    const { id } = await made({ title: 'Countess', nickName: 'A', displayName: 'Ada' })
    const after = await change(
      id,
      { op: 'replace', path: 'title', value: '' },
      { op: 'replace', value: { nickName: null, displayName: '' } },
    )
    expect([after['title'], after['nickName'], after['displayName']]).toEqual([undefined, undefined, undefined])
    isError(await scim('PATCH', `/Users/${id}`, patchBody({ op: 'replace', path: 'userName', value: '' })), 400, 'invalidValue')
  })

  test('dotted keys without a path', async () => {
    const { id } = await made()
    const value = { 'name.familyName': 'King', 'name.givenName': 'Augusta', title: 'Countess', id: 'ignored', shoeSize: 38 }
    expect(await change(id, { op: 'replace', value })).toMatchObject({
      ...{ id, title: 'Countess', name: { familyName: 'King', givenName: 'Augusta' } },
    })
  })

  test('emails[type eq "work"].value creates what is absent', async () => {
    const { id } = await made({ emails: [] })
    const path = 'emails[type eq "work"].value'
    expect((await change(id, { op: 'Add', path, value: 'work@people.example' }))['emails']).toEqual([
      { type: 'work', value: 'work@people.example' },
    ])
    const home = { op: 'add', path: 'emails', value: [{ type: 'home', value: 'home@people.example', primary: true }] }
    expect((await change(id, home, { op: 'replace', path, value: 'other@people.example' }))['emails']).toEqual([
      { type: 'work', value: 'other@people.example' },
      { type: 'home', value: 'home@people.example', primary: true },
    ])
    expect((await change(id, { op: 'remove', path: 'emails[type eq "work"]' }))['emails']).toHaveLength(1)
  })

  test('enterprise schema paths', async () => {
    const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
    const { id } = await made({ [enterprise]: { department: 'Engines' } })
    const path = `${enterprise}:costCenter`
    expect((await change(id, { op: 'Add', path, value: '42' }))[enterprise]).toEqual({ department: 'Engines', costCenter: '42' })
    const after = await change(id, { op: 'Replace', value: { [`${enterprise}:department`]: 'Looms' } })
    expect(after[enterprise]).toEqual({ department: 'Looms', costCenter: '42' })
    expect(after['schemas']).toContain(enterprise)
    const whole = { op: 'add', value: { [enterprise]: { division: 'North' } } }
    expect((await change(id, whole))[enterprise]).toMatchObject({ division: 'North', department: 'Looms' })
    const core = 'urn:ietf:params:scim:schemas:core:2.0:User:name.familyName'
    expect((await change(id, { op: 'replace', path: core, value: 'Noel' }))['name'].familyName).toBe('Noel')
  })

  test('manager as string', async () => {
    const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
    const { id } = await made()
    const path = `${enterprise}:manager`
    expect((await change(id, { op: 'Add', path, value: 'du_1' }))[enterprise]).toEqual({ manager: { value: 'du_1' } })
    expect((await change(id, { op: 'Replace', path, value: { value: 'du_2' } }))[enterprise].manager).toEqual({ value: 'du_2' })
    expect((await change(id, { op: 'Replace', path, value: '' }))[enterprise]).toBeUndefined()
  })

  test('disabled users still listed with active: false', async () => {
    const { id, userName } = await made()
    await change(id, { op: 'replace', path: 'active', value: false })
    const { body } = await scim('GET', `/Users?${filterOf(`userName eq "${userName}"`)}`)
    expect(body['Resources']).toMatchObject([{ id, active: false }])
  })

  test('DELETE 204 then 404', async () => {
    const { id } = await made()
    const answer = await scim('DELETE', `/Users/${id}`)
    expect([answer.status, answer.body]).toEqual([204, {}])
    isError(await scim('GET', `/Users/${id}`), 404)
    isError(await scim('DELETE', `/Users/${id}`), 404)
  })

  test('a removed user can be created again', async () => {
    const { id, userName } = await made()
    await scim('DELETE', `/Users/${id}`)
    expect((await scim('POST', '/Users', userBody(userName))).status).toBe(201)
  })

  test('externalId, e-mail, active and times can be filtered by, and combined', async () => {
    const externalId = `ext-${++count}`
    const { id, userName } = await made({ externalId })
    const found = async (filter: string): Promise<string[]> =>
      (await scim('GET', `/Users?${filterOf(filter)}`)).body['Resources'].map((user: Json) => user['id'])
    expect(await found(`externalId eq "${externalId}"`)).toEqual([id])
    expect(await found(`externalId eq "${externalId.toUpperCase()}"`)).toEqual([])
    expect(await found(`emails.value eq "${userName}"`)).toEqual([id])
    expect(await found(`emails[type eq "work" and value eq "${userName}"]`)).toEqual([id])
    expect(await found(`userName eq "${userName}" and active eq true`)).toEqual([id])
    expect(await found(`not (active eq true) and userName eq "${userName}"`)).toEqual([])
    expect(await found(`userName eq "x" or id eq "${id}"`)).toEqual([id])
    expect(await found(`id eq "${id}" and meta.lastModified gt "2020-01-01T00:00:00Z"`)).toEqual([id])
    isError(await scim('GET', `/Users?${filterOf('name.familyName eq "Byron"')}`), 400, 'invalidFilter')
    isError(await scim('GET', `/Users?${filterOf('userName co "ada"')}`), 400, 'invalidFilter')
  })

  test('attributes and excludedAttributes choose', async () => {
    const { id } = await made({ title: 'Countess' })
    const only = (await scim('GET', `/Users/${id}?attributes=userName,title`)).body
    expect(Object.keys(only).toSorted()).toEqual(['id', 'schemas', 'title', 'userName'])
    expect((await scim('GET', `/Users/${id}?excludedAttributes=emails,name`)).body).not.toHaveProperty('emails')
  })

  test('application/json is taken as well', async () => {
    const answer = await scim('POST', '/Users', userBody(unused()), { 'content-type': 'application/json' })
    expect(answer.status).toBe(201)
    isError(await scim('POST', '/Users', 'x', { 'content-type': 'text/plain' }), 415)
  })
})

test('one entry an operation, by the directory, and none of what people are called in it', async () => {
  const entries = async (): Promise<Json[]> =>
    (await platform.admin.query<{ body: Json }>('select body::jsonb as body from ledger order by seq')).rows.map(
      ({ body }) => body,
    )
  const before = (await entries()).length
  const { id } = await made({ title: 'Unmistakable' })
  await change(id, { op: 'replace', path: 'title', value: 'Unmistakable too' })
  await scim('DELETE', `/Users/${id}`)
  await platform.settle()
  const ours = (await entries()).slice(before).filter(({ action }) => String(action).startsWith('directory_user.'))
  expect(ours.map(({ action, target }) => [action, target.id])).toEqual([
    ['directory_user.created', id],
    ['directory_user.changed', id],
    ['directory_user.removed', id],
  ])
  expect(ours.every(({ actor }) => actor.type === 'directory' && actor.via === 'scim')).toBe(true)
  expect(JSON.stringify(ours)).not.toMatch(/Unmistakable|Byron/)
  const { rows } = await platform.call(ledger.list, {}, founded.owner)
  expect(rows.length).toBeGreaterThan(0)
})

test('reads go into the access log', async () => {
  await scim('GET', '/Users?count=1')
  await platform.settle()
  const { rows } = await platform.admin.query(
    `select rows, permission, outcome from access_log where operation = 'scim.listUsers' order by at desc limit 1`,
  )
  expect(rows).toEqual([{ rows: 1, permission: 'directory', outcome: 'read' }])
})

test('the log says what came, what was done, and why it was refused; sealed', async () => {
  const { id, userName } = await made()
  await scim('POST', '/Users', userBody(userName))
  const { rows, next } = await platform.call(directory.log, { limit: 2 }, founded.owner)
  expect(rows).toMatchObject([
    { operation: 'scim.createUser', status: 409, code: 'user_exists' },
    { operation: 'scim.createUser', status: 201, code: null, target: id },
  ])
  expect(rows[0]?.request).toContain(userName)
  expect(next).not.toBeNull()
  expect((await platform.call(directory.log, { refused: 'true' }, founded.owner)).rows.every(({ code }) => code !== null)).toBe(
    true,
  )
  const { rows: stored } = await platform.admin.query('select * from directory_log')
  expect(JSON.stringify(stored)).not.toContain(userName)
})

test('passwords are neither taken nor kept; the log is tidied', async () => {
  const { id } = await made({ password: 'correct horse battery' })
  await scim('PATCH', `/Users/${id}`, patchBody({ op: 'replace', path: 'password', value: 'correct horse battery' }))
  await scim('PATCH', `/Users/${id}`, patchBody({ op: 'replace', value: { password: 'correct horse battery' } }))
  const { rows } = await platform.call(directory.log, { limit: 3 }, founded.owner)
  expect(rows).toHaveLength(3)
  expect(JSON.stringify(rows)).not.toContain('horse')
  const tidy = platform.composition.schedules.find(({ name }) => name === 'directory.tidy')
  const lines = async (): Promise<number> =>
    (await platform.admin.query<{ n: number }>('select count(*)::int as n from directory_log')).rows[0]?.n ?? 0
  const before = await lines()
  const run = () => tidy?.run({ services: platform.services, orgId: founded.orgId, personId: null, log: () => {} })
  await run()
  expect(await lines()).toBe(before)
  platform.clock.advance(91 * 86_400_000)
  await run()
  expect(await lines()).toBe(0)
  platform.clock.advance(-91 * 86_400_000)
})

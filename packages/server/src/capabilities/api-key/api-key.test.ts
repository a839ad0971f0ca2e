import { createHash, randomBytes } from 'node:crypto'
import { apiKey, ApiKeyId, member, organisation, session, signInPolicy, type PersonId } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mailsTo } from '../../../test/mails.ts'
import {
  addMember,
  enrol,
  newCaller,
  startPlatform,
  type Caller,
  type FoundedPlatform,
  type Platform,
} from '../../../test/platform.ts'
import { newIdOf } from '../../kernel/identifier.ts'

let platform: Platform
let founded: FoundedPlatform
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
})
afterAll(() => platform.close())

test('is never stronger than its owner, then and now', async () => {
  const reviewer = await addMember(platform, founded, 'reviewer')
  await enrol(platform, platform.clock, reviewer.caller)
  expect(await platform.refusal(apiKey.create, { name: 'x', role: 'admin' }, reviewer.caller)).toBe('role_too_strong')
  const { key, id } = await platform.call(apiKey.create, { name: 'ci', role: 'reviewer' }, reviewer.caller)
  const caller = newCaller({ apiKey: key })
  const roleNow = async () => (await platform.call(session.current, {}, caller)).organisation.role
  expect(await roleNow()).toBe('reviewer')
  await platform.call(member.changeRole, { id: reviewer.personId, role: 'viewer' }, founded.owner)
  expect(await roleNow()).toBe('viewer')
  await platform.call(member.changeRole, { id: reviewer.personId, role: 'admin' }, founded.owner)
  expect(await roleNow()).toBe('reviewer')
  expect(await platform.refusal(apiKey.create, { name: 'another', role: 'viewer' }, caller)).toBe('session_required')
  await platform.call(apiKey.revoke, { id }, founded.owner)
  expect(await platform.refusal(session.current, {}, caller)).toBe('unauthenticated')
})

test('says that it does less since its person’s role was lowered, by a mail too, and no longer once the role is back', async () => {
  const admin = await addMember(platform, founded, 'admin', 'Ada')
  await platform.call(apiKey.create, { name: 'deploy', role: 'admin' }, admin.caller)
  await platform.call(apiKey.create, { name: 'reader', role: 'viewer' }, admin.caller)
  const cut = async (): Promise<unknown> =>
    (await platform.call(apiKey.list, { personId: admin.personId }, founded.owner)).rows.map(({ name, cutShort }) => [
      name,
      cutShort?.why ?? null,
    ])
  await platform.call(member.changeRole, { id: admin.personId, role: 'member' }, founded.owner)
  expect(await cut()).toEqual([
    ['reader', null],
    ['deploy', 'role_lowered'],
  ])
  const mails = () => mailsTo(platform, founded.orgId, admin.personId)
  expect((await mails()).at(-1)).toMatch(/do only what the role “member” allows from now on:\n\n {2}deploy\n/)
  expect((await mails()).at(-1)).not.toContain('reader')
  const told = (await mails()).length
  await platform.call(member.changeRole, { id: admin.personId, role: 'viewer' }, founded.owner)
  expect(await mails()).toHaveLength(told) // said already
  await platform.call(member.changeRole, { id: admin.personId, role: 'admin' }, founded.owner)
  expect(await cut()).toEqual([
    ['reader', null],
    ['deploy', null],
  ])
})

test('members see and revoke their own, managers everybody’s', async () => {
  const [one, two] = [await addMember(platform, founded, 'member'), await addMember(platform, founded, 'member')]
  const { id } = await platform.call(apiKey.create, { name: 'mine', role: 'member' }, one.caller)
  expect((await platform.call(apiKey.list, {}, two.caller)).rows).toEqual([])
  expect(await platform.refusal(apiKey.revoke, { id }, two.caller)).toBe('key_not_found')
  expect((await platform.call(apiKey.list, {}, founded.owner)).rows.map((row) => row.id)).toContain(id)
  const keysOf = async (personId: PersonId, caller: Caller) =>
    (await platform.call(apiKey.list, { personId }, caller)).rows.map((row) => row.id)
  expect(await keysOf(one.personId, founded.owner)).toEqual([id])
  expect(await keysOf(two.personId, founded.owner)).toEqual([])
  expect(await keysOf(one.personId, two.caller)).toEqual([])
  await platform.call(apiKey.revoke, { id }, one.caller)
  expect((await platform.call(apiKey.list, {}, one.caller)).rows).toEqual([])
})

test('at most twenty a person, also at once', async () => {
  const { caller } = await addMember(platform, founded, 'viewer')
  const attempts = Array.from({ length: 23 }, (_, n) =>
    platform.call(apiKey.create, { name: `key ${n}`, role: 'viewer' }, caller),
  )
  expect((await Promise.allSettled(attempts)).filter(({ status }) => status === 'fulfilled')).toHaveLength(20)
})

test('a key made by a command line works with the secret it kept; an id is taken once in the installation', async () => {
  const id = newIdOf(ApiKeyId, 'ak')
  const secret = randomBytes(32).toString('base64url')
  const secretHash = createHash('sha256').update(Buffer.from(secret, 'base64url')).digest('hex')
  const asText = createHash('sha256').update(secret).digest('hex')
  await platform.call(apiKey.authorise, { id, secretHash, name: 'cli', role: 'viewer' }, founded.owner)
  expect(await platform.refusal(apiKey.authorise, { id, secretHash: asText, name: 'cli', role: 'viewer' }, founded.owner)).toBe(
    'key_exists',
  )
  const { rows } = await platform.admin.query<{ secret_hash: Buffer }>('select secret_hash from api_key where id = $1', [id])
  expect(rows[0]?.secret_hash.toString('hex')).toBe(secretHash)
})

test('reads and renames the organisation; passes ownership on', async () => {
  await platform.call(signInPolicy.set, { requireMfa: true }, founded.owner)
  const detail = await platform.call(organisation.update, { name: 'Example plc' }, founded.owner)
  expect(detail).toMatchObject({ name: 'Example plc', requireMfa: true, operator: true })
  const viewer = await addMember(platform, founded, 'viewer')
  expect(await platform.refusal(organisation.read, {}, viewer.caller)).toBe('mfa_required')
  expect(await platform.refusal(organisation.transferOwnership, { personId: founded.personId }, founded.owner)).toBe(
    'already_owner',
  )
  await enrol(platform, platform.clock, viewer.caller)
  await platform.call(organisation.transferOwnership, { personId: viewer.personId }, founded.owner)
  expect((await platform.call(session.current, {}, founded.owner)).organisation.role).toBe('admin')
  expect(await platform.refusal(organisation.transferOwnership, { personId: viewer.personId }, founded.owner)).toBe('forbidden')
})

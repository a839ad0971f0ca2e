/** C3 can fail: each part of its check is broken here, and it says so. */
import { factor, organisation, sso, type OrgId } from '@holdfast/contract'
import type * as OpenIdClient from 'openid-client'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { connectDirectory, serveScim, type ScimServer } from '../../../test/scim.ts'
import { enrolPasskey } from '../../../test/passkeys.ts'
import { startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { signOnAs, signOnFor, saidOf } from '../../../test/sign-on.ts'
import { newOrgId } from '../../kernel/identifier.ts'
import type { JobContext } from '../../kernel/job.ts'
import { readIn } from '../../kernel/unit.ts'
import { signOnHolds } from './promises.ts'
import { scimRoutes } from './scim/routes.ts'

const lenient = vi.hoisted(() => ({ tokens: false }))
vi.mock('openid-client', async (original) => {
  const real = await original<typeof OpenIdClient>()
  const enableNonRepudiationChecks: typeof real.enableNonRepudiationChecks = (configuration) =>
    lenient.tokens ? undefined : real.enableNonRepudiationChecks(configuration)
  return { ...real, enableNonRepudiationChecks }
})

let platform: Platform
let founded: FoundedPlatform
let server: ScimServer
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  server = await serveScim(platform)
}, 30_000)
afterAll(async () => {
  await server.close()
  await platform.close()
})
beforeEach(() => {
  lenient.tokens = false
})

const contextWith = (services: Partial<JobContext['services']> = {}): JobContext => ({
  services: { ...platform.services, endpoints: [server.endpoint], ...services },
  ...{ orgId: founded.orgId, personId: null, log: () => undefined },
})
const check = (services?: Partial<JobContext['services']>) => signOnHolds.check(contextWith(services))
const notKept = async (why: RegExp, services?: Partial<JobContext['services']>): Promise<void> => {
  const { kept, proof } = await check(services)
  expect({ kept, proof }).toEqual({ kept: false, proof: expect.stringMatching(why) })
}
/** Whatever the check does, it leaves nothing behind. */
const traces = async (): Promise<unknown> =>
  (
    await platform.admin.query(
      `select (select count(*)::int from ledger) as entries, (select count(*)::int from directory) as directories,
        (select count(*)::int from directory_user) as users, (select count(*)::int from sso_domain) as domains, (select plan from org where id = $1) as plan`,
      [founded.orgId],
    )
  ).rows[0]
const asAdmin = (sql: string) => platform.admin.query(sql)

test('it is kept on an installation as it is, with nobody set up, and leaves nothing behind', async () => {
  const before = await traces()
  const { kept, proof } = await check()
  expect({ kept, proof }).toMatchObject({ kept: true })
  expect(proof).toMatch(/^33 attacks on SAML responses, ID tokens and our own requests/)
  expect(proof).toContain('0 active connections')
  expect(await traces()).toEqual(before)
})

test('an ID token whose signature nobody looks at', async () => {
  lenient.tokens = true
  await notKept(/by another key under the same name was not refused/)
})

test('SAML responses that are believed as they stand, or by a check that refuses everything', async () => {
  const { signOn } = platform.services
  const asserted = {
    ...{ subject: 'victim', nameIdFormat: null },
    email: null,
    emailVerified: true,
    name: null,
    mfa: false,
    authenticatedAt: null,
    claims: {},
  }
  const credulous = { ...signOn, saml: { ...signOn.saml, answer: () => Promise.resolve(asserted) } }
  await notKept(/an unsigned assertion was not refused/, { signOn: credulous })
  const broken = { ...signOn, saml: { ...signOn.saml, answer: () => Promise.reject(new Error('no thread')) } }
  await notKept(/a genuine SAML response was refused/, { signOn: broken })
  const forgetful: typeof signOn.saml.answer = (connection, request, parameters, now) =>
    signOn.saml.answer(connection, request, parameters, now, () => Promise.resolve(true))
  await notKept(/the genuine response a second time was not refused/, {
    signOn: { ...signOn, saml: { ...signOn.saml, answer: forgetful } },
  })
})

test('a request that can be answered twice', async () => {
  await asAdmin(`alter function sso_use(bytea, timestamptz) rename to sso_use_kept`)
  await asAdmin(`create function sso_use(hash bytea, expires_at timestamptz) returns boolean language sql as 'select true'`)
  try {
    await notKept(/a request answered twice/)
  } finally {
    await asAdmin(`drop function sso_use(bytea, timestamptz)`)
    await asAdmin(`alter function sso_use_kept(bytea, timestamptz) rename to sso_use`)
  }
})

test('an operation that forgot its plan', async () => {
  const { entitlement } = sso.enforce
  delete sso.enforce.entitlement
  try {
    await notKept(/the contract gates sso.enforce on the plan starter wrongly/)
  } finally {
    sso.enforce.entitlement = entitlement as 'sso'
  }
})

test('a table that forgot its plan, and a database with another list of plans', async () => {
  await asAdmin('alter table sso_connection disable trigger need_plan')
  try {
    await notKept(/the database gates a connection on the plan starter wrongly/)
  } finally {
    await asAdmin('alter table sso_connection enable trigger need_plan')
  }
  const body = (plans: string) =>
    asAdmin(
      `create or replace function plan_contains(plan text, what text) returns boolean language sql immutable as $$ select what in ('sso', 'scim') and plan in (${plans}) $$`,
    )
  await body(`'enterprise'`)
  try {
    await notKept(/scim on the plan growth, by its own list/)
  } finally {
    await body(`'growth', 'enterprise'`)
  }
})

test('a removal of the directory that removes nothing, and a listener that lets anybody in', async () => {
  const route = scimRoutes.find(([method, url]) => method === 'DELETE' && url === '/Users/:id')
  const handler = route?.[2]
  if (!handler) throw new Error('no such route')
  const { run } = handler
  handler.run = (input) => Promise.resolve({ id: (input as { id: string }).id })
  try {
    await notKept(/Look for them again: gone: expected 404/)
  } finally {
    handler.run = run
  }
  await notKept(/no HTTPS listener/, { endpoints: [] })
  const open = {
    ...platform.composition,
    authenticate: () => Promise.resolve({ kind: 'directory', orgId: founded.orgId, test: true }),
  }
  const careless = await serveScim({ ...platform, composition: open } as unknown as Platform)
  try {
    await notKept(/nobody was answered|a made-up token was answered/, { endpoints: [careless.endpoint] })
  } finally {
    await careless.close()
  }
})

test(
  'how everything stands: domains twice, no emergency way in, a failed self-test; and it counts what is well',
  { timeout: 60_000 },
  async () => {
    const signOn = await signOnFor(platform, founded.owner)
    await signOnAs(platform, signOn, saidOf(signOn.domain, 'olga'))
    await enrolPasskey(platform, founded.owner)
    await platform.call(sso.enforce, { breakGlass: founded.personId }, founded.owner)
    await connectDirectory(platform, founded.owner)
    expect((await check()).proof).toContain(
      '1 active connection; 1 proved domain, each of one organisation; 1 insists on single sign-on',
    )

    const other = newOrgId()
    await asAdmin('drop index sso_domain_proved')
    await platform.arrange(other, `insert into org (id, slug, name, plan) values ($1, 'other', 'Other Ltd', 'growth')`, [other])
    await platform.arrange(other, `insert into sso_domain (domain, token, proved_at) values ($1, 'x', now())`, [signOn.domain])
    await notKept(/1 domains are proved by more than one organisation/)
    await platform.arrange(other, `delete from sso_domain where token = 'x'`)

    await platform.arrange(founded.orgId, `update sso_connection set state = 'draft'`)
    await notKept(/1 proved domains of such organisations lead to no active connection/)
    await platform.arrange(founded.orgId, `update sso_connection set state = 'active'`)

    const passkeys = await platform.call(factor.list, {}, founded.owner)
    const passkey = passkeys.rows.find(({ kind }) => kind === 'passkey')
    await platform.arrange(founded.orgId, 'delete from passkey where id = $1', [passkey?.id])
    await notKept(/1 organisations insist on single sign-on without an emergency way in/)
    await platform.call(sso.lift, {}, founded.owner)
    expect((await check()).kept).toBe(true)

    const steps = JSON.stringify([{ name: 'Make the user', passed: false, status: 500, milliseconds: 1, detail: 'expected 201' }])
    await platform.arrange(
      founded.orgId,
      `insert into directory_test (id, asked_by, started_at, ended_at, steps) values ('dt_1', $1, now(), now(), $2)`,
      [founded.personId, steps],
    )
    await notKept(/1 directories failed their last self-test today/)
  },
)

test('only the operator’s organisation reads how all stand', async () => {
  const rowsIn = async (orgId: OrgId) =>
    (
      await readIn(platform.services.ground, orgId, null, ({ transaction }) =>
        transaction.query('select * from gate_sign_on_standing()', []),
      )
    ).rows
  const { id: other } = await platform.call(
    organisation.create,
    { name: 'Customer Ltd', ownerEmail: 'carla@example.test' },
    founded.owner,
  )
  expect([(await rowsIn(founded.orgId)).length, (await rowsIn(other)).length]).toEqual([1, 0])
})

import { grant, invitation, member, organisation, policy, session, type Role } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setStage, type Person, type Stage } from '../../test/access.ts'
import { addMember, enrol, newCaller, type Caller } from '../../test/platform.ts'
import { newSshKey } from '../../test/world.ts'
import { settleAll } from '../capabilities/grant/upkeep.ts'
import { clearanceFrom } from './clearance.ts'
import { clearancePromises } from './clearance.promises.ts'
import { mailPlace } from './mail.ts'
import { readIn } from './unit.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
  await stage.allow()
})
afterAll(() => stage.platform.close())

const day = 86_400_000

const publish = async (title: string, options: { requiredAtOnce?: boolean } = {}) => {
  const { platform, founded, admin } = stage
  const version = await platform.call(policy.create, { title, content: `# ${title}`, ...options }, founded.owner)
  await platform.call(policy.submit, { id: version.id }, founded.owner)
  await platform.call(policy.approve, { id: version.id, sha256: version.sha256 }, admin.caller)
  await platform.call(policy.publish, { id: version.id, acknowledgeWithinDays: 14 }, founded.owner)
  return version
}
const acknowledge = ({ id, sha256 }: Awaited<ReturnType<typeof publish>>, as: Caller) =>
  stage.platform.call(policy.acknowledge, { id, sha256 }, as)
const retire = ({ policyId }: Awaited<ReturnType<typeof publish>>) =>
  stage.platform.call(policy.retire, { id: policyId, reason: 'test' }, stage.founded.owner)

/** As the day of the policy went by for everybody who was there when it was published. */
const dayGoesBy = async ({ id }: Awaited<ReturnType<typeof publish>>): Promise<void> => {
  const { platform, founded } = stage
  await platform.arrange(
    founded.orgId,
    `update policy_version set published_at = published_at - interval '20 days', acknowledge_by = acknowledge_by - 20 where id = $1`,
    [id],
  )
  await platform.arrange(
    founded.orgId,
    `update membership set created_at = created_at - interval '30 days' where created_at > now() - interval '1 day'`,
  )
}
const clearanceOff = async (work: () => Promise<unknown>): Promise<void> => {
  const { services } = stage.platform.composition.path
  const { clearance } = services
  Object.assign(services, { clearance: clearanceFrom([]) })
  try {
    await work()
  } finally {
    Object.assign(services, { clearance })
  }
}
const check = async () => {
  const { platform, founded } = stage
  const [c8] = clearancePromises
  if (!c8) throw new Error('C8 has no check')
  return c8.check({ services: platform.services, orgId: founded.orgId, personId: null, log: () => undefined })
}
const roleOf = async (personId: string): Promise<string | undefined> =>
  (await stage.platform.admin.query<{ role: string }>('select role from membership where person_id = $1', [personId])).rows[0]
    ?.role

describe('the role of Owner or Admin', () => {
  test('is given to nobody without a second factor; without the fence it would be', async () => {
    const { platform, founded } = stage
    const bare = await addMember(platform, founded, 'member', 'Bare')
    for (const role of ['owner', 'admin'] as const) {
      const refusal = await platform
        .call(member.changeRole, { id: bare.personId, role }, founded.owner)
        .catch((error: unknown) => error)
      expect(refusal).toMatchObject({ code: 'not_cleared', extras: { errors: [{ path: 'second_factor_missing' }] } })
    }
    expect(await platform.refusal(organisation.transferOwnership, { personId: bare.personId }, founded.owner)).toBe('not_cleared')
    expect(await roleOf(bare.personId)).toBe('member')
    await platform.call(member.changeRole, { id: bare.personId, role: 'reviewer' }, founded.owner) // no risky one
    await clearanceOff(() => platform.call(member.changeRole, { id: bare.personId, role: 'admin' }, founded.owner))
    expect(await roleOf(bare.personId)).toBe('admin')
    expect(await check()).toMatchObject({ kept: true, proof: expect.stringContaining('1 more have no second factor yet') })
    await platform.call(member.changeRole, { id: bare.personId, role: 'member' }, founded.owner)
    await enrol(platform, platform.clock, bare.caller)
    await platform.call(member.changeRole, { id: bare.personId, role: 'admin' }, founded.owner)
    await platform.call(member.changeRole, { id: bare.personId, role: 'viewer' }, founded.owner)
  })

  test('says everything that is missing at once; an Owner becomes Admin and a last Owner stays, cleared or not', async () => {
    const { platform, founded } = stage
    const [first, second] = [await publish('First', { requiredAtOnce: true }), await publish('Second', { requiredAtOnce: true })]
    const bare = await addMember(platform, founded, 'member', 'Barer')
    const refusal = await platform
      .call(member.changeRole, { id: bare.personId, role: 'admin' }, founded.owner)
      .catch((error: unknown) => error)
    expect((refusal as { extras: { errors: { path: string }[] } }).extras.errors.map(({ path }) => path)).toEqual([
      'second_factor_missing',
      'policy_not_acknowledged',
      'policy_not_acknowledged',
    ])
    const owner = await stage.make('owner', 'Oona') // arranged: the way in for a first Owner asks for nothing
    await platform.call(member.changeRole, { id: owner.personId, role: 'admin' }, founded.owner)
    expect(await platform.refusal(member.changeRole, { id: owner.personId, role: 'owner' }, founded.owner)).toBe('not_cleared')
    for (const version of [first, second]) await acknowledge(version, owner.caller)
    await platform.call(member.changeRole, { id: owner.personId, role: 'owner' }, founded.owner)
    await platform.call(member.changeRole, { id: owner.personId, role: 'viewer' }, founded.owner)
    for (const version of [first, second]) await retire(version)
  })
})

/** The link of the newest mail, as its recipient reads it. */
const tokenOfLastMail = async (orgId = stage.founded.orgId): Promise<string> =>
  readIn(stage.platform.services.ground, orgId, null, async ({ tx, vault }) => {
    const mails = tx.selectFrom('mail').select(['id', 'textSealed']).orderBy('id', 'desc').limit(1)
    const { id, textSealed } = await mails.executeTakeFirstOrThrow()
    const text = await vault.openText('org', mailPlace('text_sealed', id), textSealed ?? Buffer.alloc(0))
    return /\/invitation#(\S+)/.exec(text)?.[1] ?? ''
  })

describe('by invitation', () => {
  const joins = async (email: string, role: Role) => {
    const { platform, founded } = stage
    await platform.call(invitation.create, { email, role }, founded.owner)
    const input = { token: await tokenOfLastMail(), name: 'Nia New', password: 'eleven spoons in the lower drawer' }
    return platform.call(invitation.accept, input, newCaller())
  }

  test('newcomers have the time everybody had, and no power before their second factor', async () => {
    const version = await publish('With time')
    const { personId, role, missing } = await joins('new-admin@example.test', 'admin')
    expect({ role, missing, held: await roleOf(personId) }).toEqual({ role: 'admin', missing: [], held: 'admin' })
    const caller = newCaller()
    await stage.platform.call(
      session.signIn,
      { email: 'new-admin@example.test', password: 'eleven spoons in the lower drawer' },
      caller,
    )
    expect(await stage.platform.refusal(member.list, {}, caller)).toBe('mfa_required')
    await retire(version)
  })

  test('where something must be there at once they join as Member, and are promoted when it is', async () => {
    const { platform, founded } = stage
    const version = await publish('At once', { requiredAtOnce: true })
    const joined = await joins('early-admin@example.test', 'admin')
    expect(joined).toMatchObject({ role: 'member', missing: [expect.stringContaining('At once')] })
    expect(await roleOf(joined.personId)).toBe('member')
    expect((await joins('early-reviewer@example.test', 'reviewer')).role).toBe('reviewer')
    await clearanceOff(async () => expect((await joins('trespasser@example.test', 'admin')).role).toBe('admin'))
    const caller = newCaller()
    await platform.call(
      session.signIn,
      { email: 'early-admin@example.test', password: 'eleven spoons in the lower drawer' },
      caller,
    )
    await acknowledge(version, caller)
    await enrol(platform, platform.clock, caller)
    expect((await platform.call(member.changeRole, { id: joined.personId, role: 'admin' }, founded.owner)).role).toBe('admin')
    await retire(version)
  })

  test('a first Owner is asked for nothing: nobody is locked out of a new organisation', async () => {
    const { platform, founded } = stage
    const { id } = await platform.call(organisation.create, { name: 'New Ltd', ownerEmail: 'first@example.test' }, founded.owner)
    const input = { token: await tokenOfLastMail(id), name: 'First', password: 'eleven spoons in the lower drawer' }
    expect(await platform.call(invitation.accept, input, newCaller())).toMatchObject({ role: 'owner', missing: [] })
  })
})

describe('a policy with a day', () => {
  const sue = async (): Promise<Person> => stage.make('member', 'Sue')

  test('takes no access away when it is published, and does when the day has gone by: certificates at once, grants within minutes', async () => {
    const { platform, founded } = stage
    const who = await sue()
    const { hostId } = await stage.enrolHost()
    const running = await stage.approve(await stage.ask(hostId, {}, who))
    const version = await publish('Travel')
    expect(await stage.certificate(running.id, who)).toMatchObject({ login: 'deploy' })
    expect(await check()).toMatchObject({ kept: true })
    await dayGoesBy(version)
    const input = { id: running.id, publicKey: newSshKey(), code: '000000' }
    expect(await platform.refusal(grant.certificate, input, who.caller)).toBe('not_cleared')
    expect(await check()).toMatchObject({ kept: false, proof: expect.stringMatching(/1 are not cleared/) })
    await settleAll.run({ services: platform.services, orgId: founded.orgId, personId: null, log: () => undefined })
    expect(await platform.call(grant.read, { id: running.id }, who.caller)).toMatchObject({
      state: 'ended',
      endReason: 'not_entitled',
    })
    await retire(version)
    expect(await check()).toMatchObject({ kept: true })
  })

  test('who joined later has as long from then; a deadline that was moved counts', async () => {
    const { platform, founded } = stage
    const version = await publish('Visitors')
    await dayGoesBy(version)
    const late = await sue()
    const missing = (now = platform.clock.now()) =>
      readIn(platform.services.ground, founded.orgId, null, (unit) =>
        platform.services.clearance.missing(late.personId, 'server_access', unit, now),
      )
    expect(await missing()).toEqual([])
    expect(await missing(new Date(platform.clock.now().getTime() + 16 * day))).toMatchObject([
      { code: 'policy_not_acknowledged' },
    ])
    await retire(version)
  })

  test('the check finds an Owner or Admin who holds the role uncleared', async () => {
    const version = await publish('Late')
    await dayGoesBy(version)
    expect(await check()).toMatchObject({ kept: false, proof: expect.stringMatching(/Owners and Admins [1-9]/) })
    await clearanceOff(async () =>
      expect(await check()).toMatchObject({ kept: false, proof: expect.stringContaining('was let through') }),
    )
    await retire(version)
  })
})

/** Service accounts that must not get in, and people who must not let them in (C6, C8): each fence with a trespasser, then without the fence. */
import { accessPolicy, apiKey, grant, serviceAccount, type GrantId, type InputOf } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Person } from '../../../test/access.ts'
import { setMachineStage, type MachineStage } from '../../../test/machine-stage.ts'
import { addMember, newCaller } from '../../../test/platform.ts'
import { makeOrganisation, newSshKey } from '../../../test/world.ts'

let stage: MachineStage
beforeAll(async () => {
  stage = await setMachineStage()
}, 60_000)
afterAll(() => stage?.platform.close())

const approving = async (request: { id: string; requestHash: string }, who: Person) => ({
  id: request.id as GrantId,
  requestHash: request.requestHash,
  code: await stage.code(who),
})
const refusedTo = async (request: { id: string; requestHash: string }, who: Person) =>
  stage.platform.refusal(grant.approve, await approving(request, who), who.caller)

/** Takes something of the database away while `work` runs. */
const without = async (take: string, back: string, work: () => Promise<unknown>): Promise<void> => {
  await stage.platform.admin.query(take)
  try {
    await work()
  } finally {
    await stage.platform.admin.query(back)
  }
}
const triggerOff = (table: string, trigger: string, work: () => Promise<unknown>) =>
  without(`alter table ${table} disable trigger ${trigger}`, `alter table ${table} enable trigger ${trigger}`, work)

/** Nobody counts as a holder of any secret. */
const holdersOff = async (work: () => Promise<unknown>): Promise<void> => {
  const { rows } = await stage.platform.admin.query<{ text: string }>(
    `select pg_get_functiondef('service_account_holders(text, timestamptz)'::regprocedure) as text`,
  )
  const nobody = `create or replace function service_account_holders(account text, at timestamptz) returns setof text language sql stable as $$ select null::text where false $$`
  await without(nobody, rows[0]?.text ?? '', work)
}

describe('who approves: nobody who may act by the account', () => {
  const holder = async (name: string) => stage.make('admin', name)

  test('not who answers for it, made it, or made or rotated a living key of it; somebody of the same mailbox neither', async () => {
    const { platform, founded } = stage
    const [answers, maker, keyMaker, rotator] = [
      await holder('Answers'),
      await holder('Maker'),
      await holder('Key maker'),
      await holder('Rotator'),
    ]
    const { id } = await stage.account({ ownerId: answers.personId }, await stage.stepped(maker))
    const key = await stage.keyFor(id, {}, await stage.stepped(keyMaker))
    const rule = { selects: { labels: ['held=yes'] }, requesters: { serviceAccountIds: [id] } }
    await stage.allow(rule)
    const { hostId } = await stage.enrolHost(['held=yes'], 'lab')
    const wish = { hostId, login: 'deploy', seconds: 600, reason: 'x' }
    const rotated = await platform.call(apiKey.rotate, { id: key.keyId, overlapHours: 1 }, await stage.stepped(rotator))
    const asked = await platform.call(grant.request, wish, newCaller({ apiKey: rotated.key }))
    for (const who of [answers, maker, keyMaker, rotator]) {
      expect(await refusedTo(asked, who), who.personId).toBe('holds_secret')
      const toDecide = await platform.call(grant.list, { show: 'to_approve' }, who.caller)
      expect(toDecide.rows.map((row) => row.id)).not.toContain(asked.id)
      expect(await platform.call(grant.read, { id: asked.id }, who.caller)).toMatchObject({ mayApprove: false })
    }
    const twin = await stage.make('reviewer', 'Twin')
    await stage.sameMailbox(twin, keyMaker)
    expect(await refusedTo(asked, twin)).toBe('holds_secret')
    // They may still refuse it: that gives nobody anything.
    await platform.call(grant.deny, { id: asked.id, reason: 'Not tonight' }, keyMaker.caller)
    const again = await platform.call(grant.request, wish, newCaller({ apiKey: rotated.key }))
    await holdersOff(() => stage.approve(again, rotator)) // without the fence they would
    expect(await platform.call(grant.read, { id: again.id }, founded.owner)).toMatchObject({ state: 'approved' })
    // And what they gave opens nothing.
    const input = { id: again.id, publicKey: newSshKey() }
    expect(await platform.refusal(grant.certificate, input, newCaller({ apiKey: rotated.key }))).toBe('approver_not_entitled')
  })

  test('the database does not take it either; and without it the approval gives nothing', async () => {
    const { platform, founded } = stage
    const robot = await stage.machine()
    const asked = await stage.askBy(robot)
    const insert = `insert into grant_approval (org_id, grant_id, person_id, requester_id, request_hash, at) values ($1, $2, $3, $4, $5, now())`
    const by = (person: string, requester: string) =>
      platform.admin.query(insert, [founded.orgId, asked.id, person, requester, asked.requestHash])
    await expect(by(stage.answering.personId, robot.id)).rejects.toThrow(/may hold the secret/)
    await expect(by(stage.answering.personId, stage.answering.personId)).rejects.toThrow(/check constraint/)
    await expect(by(stage.reviewer.personId, stage.sre.personId)).rejects.toThrow(/foreign key/)
  })

  test('nor who was shown a secret after they had approved', async () => {
    const { platform, make } = stage
    const boss = await make('admin', 'Late boss')
    const robot = await stage.machine()
    const running = await stage.given(robot, {}, boss)
    await stage.issue(robot, running.id)
    const { keyId } = await stage.keyFor(robot.id, {}, await stage.stepped(boss))
    expect(await stage.refusedCertificate(robot, running.id)).toBe('approver_not_entitled')
    await holdersOff(() => stage.issue(robot, running.id)) // without the fence it would have one
    await platform.call(apiKey.revoke, { id: keyId }, boss.caller) // no living key of theirs any more
    await stage.issue(robot, running.id)
  })

  test('never the account itself, nor another, whatever role it has', async () => {
    const { platform } = stage
    const robot = await stage.machine({ role: 'admin', scopes: ['access:request', 'access:approve'] })
    const asked = await stage.askBy(robot)
    const input = { id: asked.id, requestHash: asked.requestHash, code: '000000' }
    expect(await platform.refusal(grant.approve, input, robot.caller)).toBe('session_required')
    expect(await platform.refusal(grant.deny, { id: asked.id, reason: 'x' }, robot.caller)).toBe('session_required')
    expect((await platform.call(grant.list, { show: 'to_approve' }, robot.caller)).rows).toEqual([])
    const other = await stage.machine({ role: 'admin', scopes: ['access:request', 'access:approve'] })
    expect(await platform.refusal(grant.approve, input, other.caller)).toBe('session_required')
  })
})

describe('which account asks', () => {
  test('only one that the policy names: no role and no other rule means it', async () => {
    const { platform, founded } = stage
    const robot = await stage.machine({ role: 'admin' })
    const roles = ['owner', 'admin', 'reviewer', 'member'] as const
    await stage.allow({ selects: { labels: ['people=all'] }, requesters: { roles: [...roles] }, apiKeysMayAsk: true })
    const { hostId } = await stage.enrolHost(['people=all'], 'lab')
    const wish = stage.wishOf(robot, { hostId })
    expect(await platform.refusal(grant.request, wish, robot.caller)).toBe('not_entitled')
    const { rows } = await platform.call(grant.options, {}, robot.caller)
    expect(rows.map((row) => row.hostId)).toEqual([robot.host.hostId])
    const named = { selects: { labels: ['people=all'] }, requesters: { serviceAccountIds: [robot.id] } }
    await stage.allow(named) // that is the fence: named, it asks
    expect(await platform.call(grant.request, wish, robot.caller)).toMatchObject({ state: 'requested' })
    expect(await platform.refusal(accessPolicy.create, nameless({ serviceAccountIds: [] }), founded.owner)).toBe('invalid_input')
  })

  const nameless = (requesters: object): InputOf<typeof accessPolicy.create> => ({
    ...{ name: 'X', selects: { labels: ['a=b'] }, logins: ['deploy'], requesters, approvers: { roles: ['reviewer'] } },
  })

  test('of this organisation, and not disabled; nothing of another organisation can be named or reached', async () => {
    const { platform, founded, stepped, reviewer } = stage
    const orgId = await makeOrganisation(platform, 'Stranger Ltd')
    const stranger = await addMember(platform, { orgId }, 'owner', 'Stranger')
    const strangers = await platform.call(
      serviceAccount.create,
      { name: 'theirs', purpose: 'x', role: 'member', ownerId: stranger.personId },
      stranger.caller,
    )
    const theirs = nameless({ serviceAccountIds: [strangers.id] })
    expect(await platform.refusal(accessPolicy.create, theirs, founded.owner)).toBe('service_account_not_found')
    const gone = await stage.account()
    await platform.call(serviceAccount.disable, { id: gone.id }, founded.owner)
    const disabled = nameless({ serviceAccountIds: [gone.id] })
    expect(await platform.refusal(accessPolicy.create, disabled, founded.owner)).toBe('service_account_not_found')
    expect(
      await platform.refusal(grant.revokeAllOf, { serviceAccountId: strangers.id, reason: 'x' }, await stepped(reviewer)),
    ).toBe('forbidden')
    expect(await platform.refusal(grant.revokeAllOf, { serviceAccountId: strangers.id, reason: 'x' }, founded.owner)).toBe(
      'account_not_found',
    )
    // Even with our id put into their rule behind our back, their key sees their own organisation only.
    const robot = await stage.machine()
    const key = await platform.call(
      serviceAccount.createKey,
      { id: strangers.id, name: 'k', scopes: ['access:request'] },
      stranger.caller,
    )
    const wish = stage.wishOf(robot)
    expect(await platform.refusal(grant.request, wish, newCaller({ apiKey: key.key }))).toBe('host_not_found')
  })

  test('with one requester of exactly one kind, and a key of its own: the database holds to it', async () => {
    const { platform, founded } = stage
    const [robot, other] = [await stage.machine(), await stage.machine()]
    const asked = await stage.askBy(robot)
    const change = (set: string, values: string[]) => () =>
      platform.arrange(founded.orgId, `update access_grant set ${set} where id = $1`, [asked.id, ...values])
    await triggerOff('access_grant', 'request_is_fixed', async () => {
      await expect(change('person_id = $2', [stage.sre.personId])()).rejects.toThrow(/access_grant_requester/)
      await expect(change('service_account_id = null', [])()).rejects.toThrow(/requester_id/)
      await expect(change('key_id = $2', [other.keyId])()).rejects.toThrow(/foreign key/)
      await expect(change('service_account_id = $2', [stage.sre.personId])()).rejects.toThrow(/foreign key/)
    })
  })

  test('the approval is bound to the kind, the id and the key: swapped behind our back, it is another request', async () => {
    const { platform, founded } = stage
    const [robot, other] = [await stage.machine(), await stage.machine()]
    const swap = async (set: string, values: (string | number)[]) => {
      const asked = await stage.askBy(robot)
      await expect(
        platform.arrange(founded.orgId, `update access_grant set ${set} where id = $1`, [asked.id, ...values] as never),
      ).rejects.toThrow(/cannot be changed/)
      await triggerOff('access_grant', 'request_is_fixed', () =>
        platform.arrange(founded.orgId, `update access_grant set ${set} where id = $1`, [asked.id, ...values] as never),
      )
      expect(await refusedTo(asked, stage.reviewer), set).toBe('request_changed')
      await platform.arrange(founded.orgId, `update access_grant set state = 'lapsed', ended_at = now() where id = $1`, [
        asked.id,
      ])
    }
    await swap('service_account_id = $2, key_id = $3', [other.id, other.keyId])
    await swap('service_account_id = null, key_id = null, key_generation = null, person_id = $2', [stage.sre.personId])
    await swap('key_id = $2', [(await stage.keyFor(robot.id)).keyId])
  })
})

/** Who must not get round a review (C1): each fence with somebody who tries it, and the fence taken away. */
import { accessReview, accessReviewDue, apiKey, member, type AccessReviewId } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { addMember, newCaller, type Member } from '../../../test/platform.ts'
import { makeOrganisation, runJob } from '../../../test/world.ts'
import type { Handler } from '../../kernel/handle.ts'
import { startBench, type Bench } from './access-review.fixture.ts'

/** Without reading anew: everybody is what they were when they came in, Admins. */
const rolesRead = vi.hoisted(() => ({ anew: true }))
vi.mock(import('../../kernel/membership.ts'), async (genuine) => {
  const { lockRoles, ...rest } = await genuine()
  return {
    ...rest,
    lockRoles: async (tx, people) =>
      rolesRead.anew ? lockRoles(tx, people) : new Map(people.map((id) => [id, 'admin' as const])),
  }
})

let bench: Bench
let id: AccessReviewId
let idle: Member
beforeAll(async () => {
  bench = await startBench()
  idle = await addMember(bench.platform, bench.founded, 'member', 'Ida Idle')
  await bench.oneOfEach()
  id = await bench.begin()
}, 60_000)
afterAll(() => bench?.platform.close())

const itemOf = (who: { personId: string }) => bench.one(id, 'member', ({ ref }) => ref === who.personId)
const roleOf = async (who: { personId: string }): Promise<string | undefined> => {
  const { rows } = await bench.platform.admin.query<{ role: string }>(
    'select role from membership where person_id = $1 and org_id = $2',
    [who.personId, bench.orgId],
  )
  return rows[0]?.role
}
const decisionOf = async (item: { id: string }): Promise<unknown> => {
  const { rows } = await bench.platform.admin.query('select decision from access_review_item where id = $1', [item.id])
  return rows[0]?.decision
}

describe('who decides', () => {
  test('a Reviewer reads and does not decide; an API key attests nothing; a confirmation of hours ago neither', async () => {
    const { platform, reviewer, admin } = bench
    const item = await itemOf(idle)
    expect(await bench.refused(id, [bench.about(item, 'keep')], reviewer.caller)).toBe('forbidden')
    const { key } = await platform.call(apiKey.create, { name: 'k', role: 'admin' }, await bench.stepped(admin))
    const byKey = newCaller({ apiKey: key })
    expect(await bench.refused(id, [bench.about(item, 'keep')], byKey)).toBe('session_required')
    expect(await platform.refusal(accessReview.complete, { id, comment: 'Done.' }, byKey)).toBe('session_required')
    expect((await platform.call(accessReview.read, { id }, byKey)).id).toBe(id)
    platform.clock.advance(6 * 60_000)
    expect(await bench.refused(id, [bench.about(item, 'keep')], admin.caller)).toBe('step_up_required')
    await expect(platform.download(accessReview.exportCsv, { id }, admin.caller)).rejects.toMatchObject({
      code: 'step_up_required',
    })
    await bench.stepped(admin)
    expect(await decisionOf(item)).toBeNull()
  })

  test('an Admin who is demoted while they decide', async () => {
    const { platform, orgId, make } = bench
    const admin = await make('admin', 'Dana Demoted')
    await bench.stepped(admin)
    const item = await itemOf(idle)
    const demotion = await platform.admin.connect()
    try {
      await demotion.query('begin')
      await demotion.query('select enter($1, null, true)', [orgId])
      await demotion.query(`update membership set role = 'member' where person_id = $1`, [admin.personId])
      await demotion.query('select ledger_append($1)', [JSON.stringify({ action: 'test.demoted', id: `le_${admin.personId}` })])
      const answer = bench.refused(id, [bench.about(item, 'keep')], admin.caller)
      const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      await expect.poll(async () => (await platform.admin.query(waiting)).rowCount, { timeout: 5000 }).toBe(1)
      await demotion.query('commit')
      expect(await answer).toBe('forbidden')
    } finally {
      demotion.release(true)
    }
    expect(await decisionOf(item)).toBeNull()
  })

  test('were the role not read anew under its lock, the decision of somebody demoted meanwhile would stand', async () => {
    const { platform, orgId, make } = bench
    const admin = await make('admin', 'Dora Demoted')
    await bench.stepped(admin)
    const item = await itemOf(idle)
    rolesRead.anew = false
    const demotion = await platform.admin.connect()
    try {
      await demotion.query('begin')
      await demotion.query('select enter($1, null, true)', [orgId])
      await demotion.query(`update membership set role = 'member' where person_id = $1`, [admin.personId])
      await bench.decide(id, [bench.about(item, 'keep')], admin.caller)
    } finally {
      rolesRead.anew = true
      await demotion.query('rollback')
      demotion.release()
    }
    expect(await decisionOf(item)).toBe('keep')
  })

  test('nobody about their own: neither membership, nor key, nor by a second account with the same mailbox', async () => {
    const { platform, admin, make } = bench
    const own = await itemOf(admin)
    expect(await bench.refused(id, [bench.about(own, 'keep')], await bench.stepped(admin))).toBe('own_access')
    const key = await bench.one(id, 'api_key', ({ personId }) => personId === bench.sre.personId)
    await platform.call(member.changeRole, { id: bench.sre.personId, role: 'admin' }, await ownerNow())
    expect(await bench.refused(id, [bench.about(key, 'keep')], await bench.stepped(bench.sre))).toBe('own_access')
    await platform.call(member.changeRole, { id: bench.sre.personId, role: 'member' }, bench.owner)
    const twin = await make('admin', 'Twin')
    await bench.sameMailbox(twin, admin)
    expect(await bench.refused(id, [bench.about(own, 'keep')], twin.caller)).toBe('own_access')
  })

  test('the database holds to it too, with the check in the code taken away; with both away they would', async () => {
    const { platform, orgId, admin } = bench
    const own = await itemOf(admin)
    const decide = `update access_review_item set decision = 'keep', decided_by = person_id, decided_at = now(), reason = 'Mine.' where id = $1`
    await expect(platform.arrange(orgId, decide, [own.id])).rejects.toThrow(/check constraint/)
    const { rows } = await platform.admin.query<{ name: string; definition: string }>(
      `select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
       where conrelid = 'access_review_item'::regclass and pg_get_constraintdef(oid) like '%decided_by <> person_id%'`,
    )
    expect(rows).toHaveLength(1)
    await platform.admin.query(`alter table access_review_item drop constraint ${rows[0]?.name}`)
    await platform.arrange(orgId, decide, [own.id])
    expect(await decisionOf(own)).toBe('keep')
    await platform.admin.query(`alter table access_review_item disable trigger item_is_kept`)
    await platform.arrange(
      orgId,
      `update access_review_item set decision = null, decided_by = null, decided_at = null where id = $1`,
      [own.id],
    )
    await platform.admin.query(`alter table access_review_item enable trigger item_is_kept`)
    await platform.admin.query(`alter table access_review_item add constraint ${rows[0]?.name} ${rows[0]?.definition}`)
  })

  test('nobody of another organisation, and no item of another review', async () => {
    const { platform } = bench
    const org = await makeOrganisation(platform, 'Stranger Ltd')
    const stranger = await addMember(platform, { orgId: org }, 'owner', 'Stranger')
    const item = await itemOf(idle)
    expect(await bench.refused(id, [bench.about(item, 'keep')], stranger.caller)).toBe('review_not_found')
    const theirs = await platform.call(accessReview.begin, {}, stranger.caller)
    await runJob(platform, org, 'accessReview.gather', { id: theirs.id })
    expect(await bench.refused(theirs.id, [bench.about(item, 'remove')], stranger.caller)).toBe('item_not_found')
    expect(await platform.call(accessReview.refresh, { id: theirs.id, items: [item.id] }, stranger.caller)).toMatchObject({
      gone: 0,
    })
    const twice = [bench.about(item, 'keep'), bench.about(item, 'remove')]
    expect(await bench.refused(id, twice, await ownerNow())).toBe('item_not_found')
  })
})

/** The Owner with a second factor confirmed just now. */
const ownerNow = () => bench.stepped({ ...bench.founded, caller: bench.owner })

describe('what is decided about', () => {
  test('what was read: another state asks anew, and the answer to the old question is refused even after that', async () => {
    const { platform } = bench
    const changing = await addMember(platform, bench.founded, 'member', 'Chris Changing')
    await bench.keepRestAndBegin()
    id = await bench.latest()
    const item = await itemOf(changing)
    await platform.call(member.changeRole, { id: changing.personId, role: 'reviewer' }, await ownerNow())
    expect(await bench.refused(id, [bench.about(item, 'keep')])).toBe('item_changed')
    expect((await itemOf(changing)).now).toBe('changed')
    expect(await platform.call(accessReview.refresh, { id, items: [item.id] }, bench.owner)).toMatchObject({
      changed: 1,
      gone: 0,
    })
    expect(await bench.refused(id, [bench.about(item, 'keep')])).toBe('item_changed')
    const anew = await itemOf(changing)
    expect(anew).toMatchObject({ id: item.id, role: 'reviewer', now: 'same' })
    await bench.decide(id, [bench.about(anew, 'keep')])
    await platform.call(member.remove, { id: changing.personId }, bench.owner)
    expect((await itemOf(changing)).now).toBe('gone')
  })

  test('without the comparison the old answer would stand: nothing else in the way knows of it', async () => {
    const changing = await addMember(bench.platform, bench.founded, 'member', 'Cora Changing')
    await bench.keepRestAndBegin()
    id = await bench.latest()
    const item = await itemOf(changing)
    await bench.platform.call(member.changeRole, { id: changing.personId, role: 'reviewer' }, await ownerNow())
    await bench.platform.arrange(
      bench.orgId,
      `update access_review_item set decision = 'keep', decided_by = $2, decided_at = now(), reason = 'As I read it.' where id = $1`,
      [item.id, bench.founded.personId],
    )
    expect(await decisionOf(item)).toBe('keep')
  })
})

describe('what a decision carries out', () => {
  test('is refused as the ordinary operation is, and then nothing of the whole answer stands', async () => {
    const { platform, admin, founded } = bench
    const victim = await addMember(platform, founded, 'member', 'Vera Victim')
    await bench.keepRestAndBegin()
    id = await bench.latest()
    const [owner, theirs] = [await itemOf(founded), await itemOf(victim)]
    const both = [bench.about(theirs, 'remove'), bench.about(owner, 'remove')]
    const asked = bench.decide(id, both, await bench.stepped(admin))
    await expect(asked).rejects.toMatchObject({
      code: 'owner_only',
      extras: { detail: 'Member, Olga Owner: only an Owner may do that to an Owner, or make one. Nothing was decided.' },
    })
    expect([await roleOf(victim), await roleOf(founded), await decisionOf(theirs)]).toEqual(['member', 'owner', null])
  })

  test('of two Owners who remove each other at the same moment, one stays', async () => {
    const { platform } = bench
    const orgId = await makeOrganisation(platform, 'Two Ltd')
    const owners = [
      await addMember(platform, { orgId }, 'owner', 'One'),
      await addMember(platform, { orgId }, 'owner', 'Two'),
    ] as const
    const review = await platform.call(accessReview.begin, {}, owners[0].caller)
    await runJob(platform, orgId, 'accessReview.gather', { id: review.id })
    const { rows } = await platform.call(accessReview.items, { id: review.id }, owners[0].caller)
    const removing = (other: Member) => {
      const item = rows.find(({ ref }) => ref === other.personId)
      return item ? [bench.about(item, 'remove')] : []
    }
    const attempts = await Promise.allSettled([
      bench.decide(review.id, removing(owners[1]), owners[0].caller),
      bench.decide(review.id, removing(owners[0]), owners[1].caller),
    ])
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const left = await platform.admin.query(`select role from membership where org_id = $1`, [orgId])
    expect(left.rows).toEqual([{ role: 'owner' }])
  })

  test('needs the right that the ordinary operation needs: an Admin takes no token of the directory away', async () => {
    const { platform, admin } = bench
    const { rows } = await platform.admin.query<{ count: string }>(
      'select count(*) from directory_credential where revoked_at is null',
    )
    expect(Number(rows[0]?.count)).toBeGreaterThan(0)
    const token = await bench.one(id, 'directory_token')
    expect(await bench.refused(id, [bench.about(token, 'remove')], await bench.stepped(admin))).toBe('forbidden')
    expect(await decisionOf(token)).toBeNull()
  })

  test('with the operation’s own fence taken away it would: it is that fence, and no copy of it, that holds', async () => {
    const { platform, admin } = bench
    const handlers = platform.composition.path.handlers as Map<string, Handler>
    const genuine = handlers.get('apiKey.revoke')
    const key = await bench.one(id, 'api_key', ({ personId }) => personId === bench.sre.personId)
    const none: Handler = { scope: 'organisation', operation: apiKey.revoke, run: async () => ({ id: key.ref }) }
    handlers.set('apiKey.revoke', none)
    try {
      await bench.decide(id, [bench.about(key, 'remove')], await bench.stepped(admin))
    } finally {
      if (genuine) handlers.set('apiKey.revoke', genuine)
    }
    expect(await decisionOf(key)).toBe('remove')
    const { rows } = await platform.admin.query('select revoked_at from api_key where id = $1', [key.ref])
    expect(rows[0]?.revoked_at).toBeNull()
  })
})

describe('what is completed', () => {
  test('not before all is decided, whoever asks: neither the code nor the database', async () => {
    const { platform, orgId } = bench
    const completing = { id, comment: 'Done.' }
    expect(await platform.refusal(accessReview.complete, completing, await bench.stepped(bench.admin))).toBe('items_open')
    const update = `update access_review set state = 'completed', completed_by = begun_by, completed_at = now(), comment = 'Done.' where id = $1`
    await expect(platform.arrange(orgId, update, [id])).rejects.toThrow(/when all is decided/)
  })

  test('stays as it is: no decision, no other state, no deletion; nor does what was ended', async () => {
    const { platform, orgId, admin } = bench
    const key = (await bench.itemsOf(id, { kind: 'api_key', show: 'decided' })).find(({ decision }) => decision === 'remove')
    await expect(
      platform.arrange(orgId, `update access_review_item set decision = 'keep' where id = $1`, [key?.id]),
    ).rejects.toThrow(/stays decided/)
    await bench.keepRestAndBegin()
    const before = id
    const [item] = await bench.itemsOf(before, {}, admin.caller)
    if (!item) throw new Error('an empty review')
    expect(await bench.refused(before, [bench.about(item, 'keep')], await bench.stepped(admin))).toBe('review_not_open')
    expect(await platform.refusal(accessReview.complete, { id: before, comment: 'Again.' }, admin.caller)).toBe('review_not_open')
    for (const change of [
      `update access_review_item set reason = 'Another.' where review_id = $1`,
      'delete from access_review_item where review_id = $1',
      `update access_review set comment = 'Another.' where id = $1`,
      'delete from access_review where id = $1',
    ])
      await expect(platform.arrange(orgId, change, [before]), change).rejects.toThrow(/cannot be changed|stays/)
    await platform.admin.query('alter table access_review disable trigger review_is_kept')
    await platform.arrange(orgId, `update access_review set comment = 'Another.' where id = $1`, [before])
    await platform.admin.query('alter table access_review enable trigger review_is_kept')
    const { rows } = await platform.admin.query('select comment from access_review where id = $1', [before])
    expect(rows[0]?.comment).toBe('Another.')
  })

  test('a refused completion ends no deadline', async () => {
    const { platform, orgId, admin } = bench
    const clock = () =>
      platform.admin.query('select obligation_id from obligation_clock where org_id = $1 and kind = $2', [
        orgId,
        accessReviewDue.name,
      ])
    const { rows } = await clock()
    expect(rows).toHaveLength(1)
    const latest = await bench.latest()
    expect(await platform.refusal(accessReview.complete, { id: latest, comment: 'Done.' }, await bench.stepped(admin))).toBe(
      'items_open',
    )
    expect((await clock()).rows).toEqual(rows)
  })
})

/** An agent that says more than it can know (C6): each fence with a host that tries it, and the fence taken away. */
import { accessReview, agent, grant } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setStage, type Stage } from '../../../test/access.ts'
import { runJob } from '../../../test/world.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
  await stage.allow()
}, 60_000)
afterAll(() => stage?.platform.close())

let sessions = 0
const begun = (grantId: string, startedAt = stage.platform.clock.now()) => ({
  id: `ls_${String(++sessions).padStart(26, '0')}` as never,
  grantId: grantId as never,
  ...{ login: 'deploy', startedAt: startedAt.toISOString() },
})
const sessionsOf = async (id: string) =>
  (await stage.platform.call(grant.read, { id: id as never }, stage.founded.owner)).sessions

describe('sessions', () => {
  test('under a request that nobody approved: nobody can have come in by it, whatever a host says', async () => {
    const { platform } = stage
    const web = await stage.enrolHost()
    const asked = await stage.ask(web.hostId)
    const report = { acknowledged: 1, sessions: [begun(asked.id)] }
    expect(await platform.call(agent.report, report, web.caller)).toMatchObject({ ignored: 1 })
    expect(await sessionsOf(asked.id)).toEqual([])
    await platform.call(grant.cancel, { id: asked.id }, stage.sre.caller)
    expect(await platform.call(agent.report, { ...report, acknowledged: 2 }, web.caller)).toMatchObject({ ignored: 1 })
    // It is the state of the grant that holds: approved, the same word is taken.
    await platform.arrange(
      stage.founded.orgId,
      `update access_grant set state = 'approved', starts_at = now(), ends_at = now() + interval '10 minutes' where id = $1`,
      [asked.id],
    )
    expect(await platform.call(agent.report, { ...report, acknowledged: 3 }, web.caller)).toMatchObject({ ignored: 0 })
  })

  test('in a time to come: they would count as used for ever, and hide what nobody uses', async () => {
    const { platform, founded } = stage
    const { host: web, grant: given } = await stage.give()
    const future = new Date('2099-01-01T00:00:00Z')
    const session = begun(given.id, future)
    await platform.call(agent.report, { acknowledged: 1, sessions: [session] }, web.caller)
    const [row] = await sessionsOf(given.id)
    expect(Date.parse(row?.startedAt ?? '')).toBeLessThanOrEqual(platform.clock.now().getTime())
    const { id } = await platform.call(accessReview.begin, {}, founded.owner)
    await runJob(platform, founded.orgId, 'accessReview.gather', { id })
    const { rows } = await platform.call(accessReview.items, { id, kind: 'server_grant' }, founded.owner)
    const used = rows.find(({ ref }) => ref === given.id)?.lastUsedAt ?? ''
    expect(Date.parse(used)).toBeLessThanOrEqual(platform.clock.now().getTime())
    // The end is moved by as much as it is ahead, so that how long it took stays what was measured.
    const end = { id: session.id, at: future.toISOString(), toldAt: new Date(future.getTime() - 700).toISOString() }
    await platform.call(agent.report, { acknowledged: 1, ended: [{ ...end, reason: 'revoked', survivors: 0 }] }, web.caller)
    const [over] = await sessionsOf(given.id)
    expect(Date.parse(over?.endedAt ?? '')).toBeLessThanOrEqual(platform.clock.now().getTime())
    const { rows: told } = await platform.admin.query<{ ms: number }>(
      `select (extract(epoch from ended_at - told_at) * 1000)::int as ms from live_session where id = $1`,
      [session.id],
    )
    expect(told[0]?.ms).toBe(700)
    // Written past the program it would stand as it was said.
    await platform.arrange(founded.orgId, `update live_session set started_at = '2099-01-01' where id = $1`, [session.id])
    expect((await sessionsOf(given.id))[0]?.startedAt).toMatch(/^2099/)
  })
})

/** What a host tells: what of it the ledger holds, and what becomes of it while the grant is revoked. */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { agent, grant, host, type InputOf } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setStage, type Stage } from '../../../test/access.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
  await stage.allow()
}, 60_000)
afterAll(() => stage?.platform.close())

type Report = Partial<InputOf<typeof agent.report>>

// Each waited for the other once, until PostgreSQL ended one of them.
test('a report and a revocation at the same moment: both are done', async () => {
  const { platform, sre, reviewer } = stage
  const web = await stage.enrolHost()
  for (let round = 0; round < 16; round += 1) {
    const { grant: given } = await stage.give(web)
    const at = platform.clock.now().toISOString()
    const id = `ls_${String(round + 1).padStart(26, '0')}` as never
    const { sequence } = await platform.call(agent.state, {}, web.caller)
    const report = (more: Report) => platform.call(agent.report, { acknowledged: sequence, ...more }, web.caller)
    const begun = report({ sessions: [{ id, grantId: given.id, login: 'deploy', startedAt: at }] })
    await pause(round % 8) // wherever the report is by then
    const revoked = platform.call(grant.revoke, { id: given.id, reason: 'Enough' }, round % 2 ? sre.caller : reviewer.caller)
    const ended = report({ ended: [{ id, at, reason: 'revoked', survivors: 0 }] })
    await expect(Promise.all([begun, revoked, ended])).resolves.toHaveLength(3)
  }
}, 60_000)

describe('what of a report stands in the ledger', () => {
  const seqOf = async () => {
    const { rows } = await stage.platform.admin.query<{ n: number }>(
      'select coalesce(max(seq), 0)::int n from ledger where org_id = $1',
      [stage.founded.orgId],
    )
    return Number(rows[0]?.n)
  }
  const now = () => stage.platform.clock.now().toISOString()
  const posture = (ways: string[]) => ({ at: now(), accounts: 4, ways })

  test('what is new, once; that it is there, knows what it knew, and found sshd as it was, not at all', async () => {
    const { platform, founded } = stage
    const web = await stage.enrolHost()
    const { sequence: acknowledged } = await platform.call(agent.state, {}, web.caller)
    const entriesOf = async (more: Report) => {
      const before = await seqOf()
      await platform.call(agent.report, { acknowledged, ...more }, web.caller)
      return (await seqOf()) - before
    }
    expect(await entriesOf({})).toBe(0)
    const shown = await platform.call(host.read, { id: web.hostId }, founded.owner)
    expect(shown).toMatchObject({ acknowledged, standing: 'current' })
    expect(await entriesOf({ posture: posture([]) })).toBe(1)
    platform.clock.advance(60 * 60_000)
    try {
      expect(await entriesOf({ posture: posture([]) })).toBe(0)
      const { rows } = await platform.admin.query<{ at: Date }>('select sshd_checked_at at from host where id = $1', [web.hostId])
      expect(platform.clock.now().getTime() - Number(rows[0]?.at)).toBeLessThan(10_000)
      expect(await entriesOf({ posture: posture(['ada: passwordauthentication yes']) })).toBe(1)
      expect(await entriesOf({ agentVersion: '1.0' })).toBe(0)
      expect(await entriesOf({ agentVersion: '1.1' })).toBe(1)
      expect(await entriesOf({ refused: [{ at: now(), reason: 'grant_unknown' }] })).toBe(1)
    } finally {
      platform.clock.advance(-60 * 60_000)
    }
  })

  test('a repeated one is answered again, whether there was an entry or none', async () => {
    const { platform } = stage
    const web = await stage.enrolHost()
    for (const more of [{}, { refused: [{ at: now(), reason: 'grant_unknown' }] }]) {
      const ask = [agent.report, { acknowledged: 1, ...more }, web.caller, randomUUID()] as const
      const first = await platform.outcome(...ask)
      expect(first.seq === null).toBe(Object.keys(more).length === 0)
      expect(await platform.outcome(...ask)).toEqual(first)
    }
  })
})

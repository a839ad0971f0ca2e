/** What a host tells of a session while its grant is revoked: neither is refused. Each waited for the other once, until PostgreSQL ended one of them. */
import { setTimeout as pause } from 'node:timers/promises'
import { agent, grant, type InputOf } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, type Stage } from '../../../test/access.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
  await stage.allow()
}, 60_000)
afterAll(() => stage?.platform.close())

type Report = Partial<InputOf<typeof agent.report>>

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

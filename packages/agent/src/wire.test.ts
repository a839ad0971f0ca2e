import { agent, type InputOf, type OutputOf } from '@holdfast/contract'
import { expect, it } from 'vitest'
import { AgentState, type Enrolment, type Report } from './wire.ts'
import type { z } from 'zod'

/** The agent reads by schemas of its own, which know less: a server that is newer and says more is still understood. Both sides must fit. */
const readsState = (state: OutputOf<typeof agent.state>): z.input<typeof AgentState> => state
const readsEnrolment = (enrolled: OutputOf<typeof agent.enrol>): z.input<typeof Enrolment> => enrolled
const isReport = (report: Report): InputOf<typeof agent.report> => report

const session = 'ls_01m848g66mfees44d2am1abwnr'
const at = '2026-11-23T14:00:00.000Z'

it('what the agent reports is what the contract takes', () => {
  const report: Report = {
    acknowledged: 7,
    agentVersion: '0.1.0',
    sessions: [{ id: session, grantId: 'gr_01m848g66mfees44d2am1abwnr', login: 'deploy', startedAt: at }],
    ended: [{ id: session, at, toldAt: null, reason: 'closed', survivors: 0 }],
    refused: [{ at, login: null, keyId: null, reason: 'state_is_stale' }],
    breakGlass: [{ at, from: '127.0.0.1', keyId: 'break-glass-1' }],
  }
  expect(agent.report.input.safeParse(isReport(report)).error).toBeUndefined()
})

it('what the server says is read, and more than we know is passed over', () => {
  const settings = { staleAfterSeconds: 600, whenStale: 'refuse' as const }
  const state = { sequence: 1, now: at, bundle: 'AAAA', principals: [], grants: [], ended: [], settings, later: 'more' }
  expect(AgentState.parse(state)).not.toHaveProperty('later')
  expect([readsState, readsEnrolment].every((check) => typeof check === 'function')).toBe(true)
  expect(AgentState.safeParse({ ...state, principals: [{ login: '../krl', lines: [] }] }).success).toBe(false)
})

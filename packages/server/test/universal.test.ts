/** What holds for every operation there is, whoever adds one (C1, L1, D5). */
import { allOperations, furtherActions, roles, rolesWith, type Events, type Operation } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Problem } from '../src/kernel/problem.ts'
import { newCaller, type Caller } from './platform.ts'
import { agentIn, createWorld, sampleOf, strangerAgentIn, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
}, 60_000)
afterAll(() => world?.platform.close())

const entries = async (): Promise<number> => {
  const { rows } = await world.platform.admin.query<{ count: string }>('select count(*) from ledger')
  return Number(rows[0]?.count)
}

/** Events go on until one leaves: the first is enough to see who is let in and what is shown. */
const firstEvent = async (operation: Events, input: unknown, as: Caller): Promise<unknown> => {
  const stream = world.platform.events(operation, input as Record<string, unknown>, as)
  const { value } = await stream.next()
  await stream.return(undefined)
  return value
}

/** The answer as text, or the code of the refusal. */
const answerOf = async (operation: Operation, input: unknown, as: Caller): Promise<{ code: string } | { text: string }> => {
  try {
    if (operation.kind === 'download') return { text: await world.platform.download(operation, input, as) }
    if (operation.kind === 'events') return { text: JSON.stringify(await firstEvent(operation, input, as)) }
    const { output } = await world.platform.outcome(operation, input, as)
    return { text: JSON.stringify(output) }
  } catch (error) {
    if (error instanceof Problem) return { code: error.code }
    throw error
  }
}

const codeOf = async (operation: Operation, input: unknown, as: Caller): Promise<string | null> => {
  const answer = await answerOf(operation, input, as)
  return 'code' in answer ? answer.code : null
}

/** Operations whose success writes something else than one entry, and why. */
const otherwise = new Map([
  ['setup.complete', 'an installation is set up once'],
  ['account.requestReset', 'answers before it writes, so that nobody learns who exists'],
  ['organisation.create', 'begins the new organisation’s own chain too'],
  ['organisation.inviteOwner', 'writes into the new organisation’s own chain too'],
  ['operator.setPlan', 'writes into the customer’s chain too'],
  ['staff.request', 'writes into the customer’s chain too'],
  ['staff.enter', 'writes into the customer’s chain too'],
  ['staff.leave', 'writes into the customer’s chain too'],
  ['staff.giveBack', 'writes into the customer’s chain too'],
  ['directory.startTest', 'the end of the test is an entry, too'],
  ['operator.mail', 'there is no mail yet'],
])

/** On a machine that is busy the suite takes longer than a confirmation of who somebody is lasts. */
const confirmAnew = async ({ platform, strangerOrg, customerOrg }: World): Promise<void> => {
  const confirmed = 'update session set mfa_at = $2, auth_time = $2 where org_id = $1 and mfa_at is not null'
  for (const orgId of [strangerOrg, customerOrg]) await platform.arrange(orgId, confirmed, [orgId, platform.clock.now()])
}

describe.each(allOperations.map((operation) => [operation.name, operation] as const))('%s', (name, operation) => {
  beforeAll(() => confirmAnew(world))

  test('does what it says: a command one entry, a read none', async () => {
    const { input, as } = await sampleOf(operation, world)
    const before = await entries()
    const code = await codeOf(operation, input, as)
    if (otherwise.has(name)) return expect(code === null || code in operation.errors).toBe(true)
    expect(code).toBeNull()
    expect((await entries()) - before).toBe(operation.kind === 'command' ? 1 : 0)
  })

  test.skipIf(operation.permission === 'public')('refuses whoever is not signed in', async () => {
    expect(await codeOf(operation, {}, newCaller())).toBe('unauthenticated')
  })

  const unnamed = roles.filter((role) => !rolesWith(operation.permission).includes(role))
  test.skipIf(['public', 'self'].includes(operation.permission) || unnamed.length === 0)(
    'refuses every role it does not name',
    async () => {
      for (const role of unnamed) expect(await codeOf(operation, {}, world.members[role].caller), role).toBe('forbidden')
    },
  )

  test.skipIf(operation.permission === 'agent')('refuses the agent of a host', async () => {
    const { input } = await sampleOf(operation, world)
    expect(await codeOf(operation, input, await agentIn(world))).toBe('forbidden')
  })

  test.skipIf(Object.keys(operation.input.shape).length === 0)('refuses malformed input, and writes nothing', async () => {
    const { as } = await sampleOf(operation, world)
    const malformed = Object.fromEntries(Object.keys(operation.input.shape).map((field) => [field, { unexpected: ['\0'] }]))
    const before = await entries()
    expect(await codeOf(operation, malformed, as)).toBe('invalid_input')
    expect(await entries()).toBe(before)
  })

  test.skipIf(['public', 'self'].includes(operation.permission))(
    'shows nothing of another organisation, whatever ids are given',
    async () => {
      // The stranger gives our ids, but words of their own: what is planted must come from nowhere else.
      const input: unknown = JSON.parse(JSON.stringify((await sampleOf(operation, world)).input).replace(/planted/gi, 'own'))
      const stranger = operation.permission === 'agent' ? await strangerAgentIn(world) : world.stranger.caller
      const answer = await answerOf(operation, input, stranger)
      if ('code' in answer) {
        const expected = ['forbidden', 'session_required', ...Object.keys(operation.errors)]
        return expect(expected).toContain(answer.code)
      }
      expect(answer.text).not.toMatch(/planted/i)
      expect(answer.text).not.toContain(world.founded.orgId)
      for (const { personId } of Object.values(world.members)) expect(answer.text).not.toContain(personId)
    },
  )
})

test('every action that reached the ledger is declared in the contract', async () => {
  await world.platform.settle()
  const declared = new Set<string>(Object.keys(furtherActions))
  for (const operation of allOperations) if (operation.kind === 'command') declared.add(operation.audit.action)
  const { rows } = await world.platform.admin.query<{ action: string }>(
    `select distinct body::jsonb ->> 'action' as action from ledger where body::jsonb -> 'actor' ->> 'id' <> 'test'`,
  )
  expect(rows.length).toBeGreaterThan(40)
  expect(rows.map(({ action }) => action).filter((action) => !declared.has(action))).toEqual([])
})

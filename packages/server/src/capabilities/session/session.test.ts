import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { account, factor, organisation, session } from '@holdfast/contract'
import { addMember, enrol, newCaller, startPlatform, totpCode, type FoundedPlatform, type Platform } from '../../../test/platform.ts'

let platform: Platform
let founded: FoundedPlatform
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
})
afterAll(() => platform.close())

const actions = async (): Promise<string[]> =>
  (await platform.admin.query<{ action: string }>(`select body::jsonb->>'action' as action from ledger order by seq`)).rows.map(({ action }) => action)

test('the founder is signed in, unrestricted, with every right of the operator', async () => {
  const now = await platform.call(session.current, {}, founded.owner)
  expect(now).toMatchObject({ next: 'done', person: { name: 'Olga Owner', email: founded.email }, organisation: { role: 'owner', operator: true } })
  expect(now.organisations).toHaveLength(1)
  expect(now.permissions).toContain('operator:keys')
  expect(now.recoveryCodesLeft).toBe(10)
  expect(now.stepUpUntil).not.toBeNull()
  expect(await actions()).toEqual(['organisation.created', 'session.started', 'factor.enrolment_started', 'factor.enrolled'])
})

describe('sign-in', () => {
  test('is refused alike for a wrong password, an unknown address, a suspended and a departed person', async () => {
    const [gone, suspended] = [await addMember(platform, founded, 'member'), await addMember(platform, founded, 'member')]
    await platform.arrange(founded.orgId, 'delete from membership where person_id = $1', [gone.personId])
    await platform.arrange(founded.orgId, `update person set state = 'suspended' where id = $1`, [suspended.personId])
    const attempts = [
      { email: founded.email, password: 'wrong wrong wrong' },
      { email: 'nobody@example.test', password: 'wrong wrong wrong' },
      { email: gone.email, password: gone.password },
      { email: suspended.email, password: suspended.password },
    ]
    const answers = await Promise.all(
      attempts.map((attempt, index) =>
        platform.call(session.signIn, attempt, newCaller({ origin: { address: `198.51.100.${index}`, agent: 'curl' } })).catch((error: unknown) => String(error)),
      ),
    )
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toMatch(/Address or password is wrong/)
    // A live session of a suspended or departed person is dead at the next request.
    expect(await platform.refusal(session.current, {}, gone.caller)).toBe('unauthenticated')
    expect(await platform.refusal(session.current, {}, suspended.caller)).toBe('unauthenticated')
  })
})


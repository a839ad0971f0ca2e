import { operations } from '@holdfast/contract'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { holdfast as inProcess } from '../test/terminal.ts'
import { createAccessWorld, type AccessWorld } from './access-world.ts'
import { holdfast, type Outcome, type Setting } from './command.ts'

let world: AccessWorld

const env = () => ({ HOLDFAST_URL: world.system.url, HOLDFAST_CA: world.system.caFile, HOLDFAST_API_KEY: world.asker.key })
const cli = (argv: readonly string[], setting: Setting = {}): Promise<Outcome> =>
  holdfast(argv, { ...setting, env: { ...env(), ...setting.env } })
const grants = async () => (await world.asker.browser.call(operations.grant.list, { show: 'mine' })).value.rows

beforeAll(async () => {
  world = await createAccessWorld()
})
afterEach(async () => {
  for (const { id, state } of await grants()) {
    if (state === 'approved') await world.asker.browser.call(operations.grant.return, { id })
    if (state === 'requested') await world.asker.browser.call(operations.grant.cancel, { id })
  }
})
afterAll(() => world?.close())

describe('holdfast approve', () => {
  const request = async () => {
    const input = {
      hostId: world.hostId,
      login: world.sshd.login,
      seconds: 600,
      reason: 'Tidy up',
      code: await world.asker.code(),
    }
    return (await world.asker.browser.call(operations.grant.request, input)).value
  }
  const approver = () => ({ ...env(), HOLDFAST_API_KEY: world.approver.key })

  it('shows what it is about and approves it as a person, whose session ends', async () => {
    const { id, requestHash } = await request()
    const waiting = await cli(['access'], { env: { HOLDFAST_API_KEY: world.approver.key } })
    expect(waiting.stdout).toContain(id)
    const answers = [world.approver.password, await world.approver.code(), await world.approver.code()]
    const outcome = await inProcess(['approve', id], { env: approver(), answers })
    expect(outcome).toMatchObject({ code: 0, stderr: expect.stringContaining('Approved; ends at') as string })
    for (const shown of ['Ada', 'web-1 (test)', '10 minutes', 'Tidy up', requestHash]) expect(outcome.stderr).toContain(shown)
    expect(outcome.stderr + outcome.stdout).not.toContain(world.approver.password)
    const { value } = await world.approver.browser.call(operations.session.list, {})
    expect(value.rows.map(({ current }) => current)).toEqual([true])
  })

  it('approves nothing without a person, without their password, or one’s own', async () => {
    const { id } = await request()
    expect(await cli(['approve', id], { env: { HOLDFAST_API_KEY: world.approver.key } })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`/access/grants/${id}`) as string,
    })
    const wrong = await inProcess(['approve', id], { env: approver(), answers: ['not the password'] })
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('sign_in_refused') as string })
    const own = [world.asker.password, await world.asker.code(), await world.asker.code()]
    const mine = await inProcess(['approve', id], { env: { ...env() }, answers: own })
    expect(mine).toMatchObject({ code: 1, stderr: expect.stringContaining('own_request') as string })
    expect((await grants())[0]).toMatchObject({ id, state: 'requested' })
  })

  it('denies with a reason', async () => {
    const { id } = await request()
    const denied = await cli(['deny', id, '--reason', 'No'], { env: { HOLDFAST_API_KEY: world.approver.key } })
    expect(denied).toMatchObject({ code: 0, stderr: expect.stringContaining('Denied.') as string })
  })
})

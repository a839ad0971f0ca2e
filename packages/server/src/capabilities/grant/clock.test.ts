/** A server whose clock is wrong: nobody gets a certificate that would not open it, and whoever asks is told why. */
import { agent, grant, host, worstSkewSeconds } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, type Stage } from '../../../test/access.ts'
import { newSshKey } from '../../../test/world.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
  await stage.allow()
}, 60_000)
afterAll(() => stage?.platform.close())

type Host = Awaited<ReturnType<Stage['enrolHost']>>

const says = (web: Host, clockSkewSeconds?: number) =>
  stage.platform.call(agent.report, { acknowledged: 1, ...(clockSkewSeconds !== undefined && { clockSkewSeconds }) }, web.caller)
const asking = async (web: Host) => ({
  ...{ hostId: web.hostId, login: 'deploy', seconds: 600, reason: 'Deploy' },
  code: await stage.code(stage.sre),
})

test.each([3600, -3600, worstSkewSeconds + 1, -worstSkewSeconds - 1])(
  'ahead by %i s: neither a request nor a certificate; the grant itself goes on, and more time may be asked for',
  async (skew) => {
    const { platform, sre, founded } = stage
    const { host: web, grant: given } = await stage.give()
    await says(web, skew)
    expect((await platform.call(host.read, { id: web.hostId }, founded.owner)).clockSkewSeconds).toBe(skew)
    expect(await platform.refusal(grant.request, await asking(web), sre.caller)).toBe('host_clock_wrong')
    const wanted = { id: given.id, publicKey: newSshKey(), code: await stage.code(sre) }
    expect(await platform.refusal(grant.certificate, wanted, sre.caller)).toBe('host_clock_wrong')
    const more = { id: given.id, seconds: 1800, reason: 'More', code: await stage.code(sre) }
    await platform.call(grant.extend, more, sre.caller)
    expect(await platform.call(grant.read, { id: given.id }, sre.caller)).toMatchObject({ state: 'approved' })
    await says(web, 0)
    await stage.certificate(given.id)
  },
)

test('a clock that is right enough, and one of which nothing was said, hinder nobody; what was said stays until something else is', async () => {
  const { platform, founded } = stage
  for (const skew of [undefined, worstSkewSeconds, -worstSkewSeconds, 0]) {
    const { host: web, grant: given } = await stage.give()
    if (skew !== undefined) await says(web, skew)
    await stage.certificate(given.id)
    await says(web)
    expect((await platform.call(host.read, { id: web.hostId }, founded.owner)).clockSkewSeconds).toBe(skew ?? null)
  }
})

test('a bastion whose clock is wrong lets nobody through', async () => {
  const { platform, sre } = stage
  const { host: web } = await stage.give()
  const named = { name: 'bastion-1', environment: 'edge', address: 'bastion-1.example.test', recorderLogin: 'recorder' }
  const { token } = await platform.call(host.register, named, stage.founded.owner)
  const bastion = await stage.enrolBy(token)
  await stage.allow({ name: 'Recorded', selects: { hostIds: [web.hostId] }, logins: ['audit'], bastionId: bastion.hostId })
  const asked = await stage.ask(web.hostId, { login: 'audit' })
  await stage.approve(asked)
  await says(bastion, -3600)
  const wanted = { id: asked.id, publicKey: newSshKey(), code: await stage.code(sre) }
  expect(await platform.refusal(grant.certificate, wanted, sre.caller)).toBe('host_clock_wrong')
  await says(bastion, 0)
  await stage.certificate(asked.id)
})

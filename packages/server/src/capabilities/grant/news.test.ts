/** Who hears what about access: at once, and no more than they may read. */
import { setTimeout as pause } from 'node:timers/promises'
import { access, apiKey, grant, type EventOf } from '@holdfast/contract'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { setMachineStage, type MachineStage } from '../../../test/machine-stage.ts'
import { newCaller, type Caller } from '../../../test/platform.ts'
import { setStaffStage } from '../../../test/staff.ts'

let stage: MachineStage
beforeAll(async () => {
  stage = await setMachineStage()
  await stage.allow()
}, 60_000)
afterAll(() => stage?.platform.close())

type Heard = EventOf<typeof access.news>['about']

let stop: AbortController
beforeEach(() => void (stop = new AbortController()))
afterEach(() => stop.abort())

/** Listens; what was heard since the first event, which names everything that may be heard. */
const listen = async (as: Caller) => {
  const events = stage.platform.events(access.news, {}, as, stop.signal)
  const first = (await events.next()).value?.about ?? []
  const heard: Heard = []
  void (async () => {
    for await (const { about } of events) heard.push(...about)
  })()
  return { first, heard }
}
const soon = (heard: Heard, topic: Heard[number]) => expect.poll(() => heard, { timeout: 5_000 }).toContain(topic)
/** Long enough for whatever was told of to be heard. */
const quiet = () => pause(600)

test('the approver hears of a request, whoever asked of the answer; who may neither ask nor approve of neither', async () => {
  const { sre, other, reviewer, make } = stage
  const viewer = await make('viewer', 'Vera')
  const web = await stage.enrolHost()
  const [asker, bystander, approver, onlooker] = [
    await listen(sre.caller),
    await listen(other.caller),
    await listen(reviewer.caller),
    await listen(viewer.caller),
  ]
  expect([asker.first, approver.first, onlooker.first]).toEqual([
    ['grants', 'staff_access'],
    ['grants', 'approvals', 'staff_access'],
    ['staff_access'],
  ])
  const asked = await stage.ask(web.hostId)
  await soon(asker.heard, 'grants')
  await soon(approver.heard, 'approvals')
  asker.heard.length = 0
  approver.heard.length = 0
  await stage.approve(asked, stage.second)
  await soon(asker.heard, 'grants')
  await soon(approver.heard, 'approvals') // it waits for nobody any more
  asker.heard.length = 0
  await stage.platform.call(grant.revoke, { id: asked.id, reason: 'Enough' }, reviewer.caller)
  await soon(asker.heard, 'grants')
  await quiet()
  expect([bystander.heard, onlooker.heard]).toEqual([[], []])
})

test('without the look by their own lists everybody of the organisation would hear of everything: the notice says nothing of whom it concerns', async () => {
  const { platform, founded } = stage
  const notices = platform.services.changes.follow({
    ...{ audience: 'people', orgId: founded.orgId, name: 'a trespasser', current: async () => 0, signal: stop.signal },
  })
  const iterator = notices[Symbol.asyncIterator]()
  await iterator.next()
  const next = iterator.next()
  await stage.ask((await stage.enrolHost()).hostId)
  expect((await next).value).toBeGreaterThan(0)
})

test('a narrowed key hears what it names', async () => {
  const { platform, admin } = stage
  const scopes = ['access:read' as const, 'access:request' as const]
  const { key } = await platform.call(apiKey.create, { name: 'narrow', role: 'reviewer', scopes }, await stage.stepped(admin))
  expect((await listen(newCaller({ apiKey: key }))).first).toEqual(['grants'])
})

test('the customer hears that staff asked, and no other organisation does', async () => {
  const customers = await setStaffStage()
  const { platform, carla, otto } = customers
  const hear = (as: Caller) => platform.events(access.news, {}, as, stop.signal)
  const [theirs, others] = [hear(carla.caller), hear(otto.caller)]
  try {
    await Promise.all([theirs.next(), others.next()])
    const [told, nothing] = [theirs.next(), others.next()]
    await customers.ask()
    expect((await told).value).toEqual({ about: ['staff_access'] })
    expect(await Promise.race([nothing.then(() => 'heard'), quiet().then(() => 'nothing')])).toBe('nothing')
  } finally {
    stop.abort()
    await platform.close()
  }
}, 60_000)

test('a service account hears what becomes of its own, and neither of others’ nor of what waits for approval', async () => {
  const { platform, sre, reviewer } = stage
  const scopes = ['access:read' as const, 'access:request' as const, 'access:approve' as const]
  const strong = { role: 'admin' as const, scopes }
  const [robot, other] = [await stage.machine(strong), await stage.machine(strong)]
  const [mine, theirs] = [await listen(robot.caller), await listen(other.caller)]
  // It approves nothing, whatever its key names, so its list of that never changes.
  expect([mine.first, theirs.first]).toEqual([
    ['grants', 'approvals'],
    ['grants', 'approvals'],
  ])
  const asked = await stage.askBy(robot)
  await soon(mine.heard, 'grants')
  await quiet()
  mine.heard.length = 0
  await stage.approve(asked, reviewer)
  await soon(mine.heard, 'grants')
  await quiet()
  mine.heard.length = 0
  await platform.call(grant.revoke, { id: asked.id, reason: 'Enough' }, reviewer.caller)
  await soon(mine.heard, 'grants')
  await quiet()
  expect([...new Set(mine.heard)]).toEqual(['grants'])
  expect(theirs.heard).toEqual([])
  mine.heard.length = 0
  const persons = await stage.ask((await stage.enrolHost()).hostId, {}, sre)
  await stage.approve(persons, reviewer)
  await quiet()
  expect([mine.heard, theirs.heard]).toEqual([[], []])
})

test('a service account without the permission to read hears nothing, and asks now and then; with it, of its own alone', async () => {
  const [deaf, hearing] = [await stage.machine(), await stage.machine({ scopes: ['access:read', 'access:request'] })]
  await expect(listen(deaf.caller)).rejects.toMatchObject({ code: 'forbidden' })
  expect((await stage.platform.call(grant.list, { show: 'mine' }, deaf.caller)).rows).toEqual([])
  expect((await listen(hearing.caller)).first).toEqual(['grants'])
})

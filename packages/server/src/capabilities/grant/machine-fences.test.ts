/** What is looked at again when a service account’s certificate is made (C6, C8): each fence with who should not have one, then without the fence. */
import { grant, serviceAccount } from '@holdfast/contract'
import { parseCertificate } from '@holdfast/crypto/ssh'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { setMachineStage, type MachineStage } from '../../../test/machine-stage.ts'
import { addMember } from '../../../test/platform.ts'
import { newSshKey } from '../../../test/world.ts'
import { clearanceFrom } from '../../kernel/clearance.ts'
import type { Gate } from '../../kernel/gate.ts'

/** Fences that are taken away. */
const gone = vi.hoisted(() => new Set<'secret' | 'policy' | 'own' | 'answering'>())
vi.mock(import('./machines.ts'), async (genuine) => {
  const { machineOf, ...rest } = await genuine()
  /** It may still do what it could. */
  const asBefore = { role: 'member' as const, until: new Date('2099-01-01T00:00:00Z') }
  return {
    ...rest,
    machineOf: async (...asked) => {
      const found = await machineOf(...asked)
      return found && gone.has('secret') ? { ...found, ...asBefore } : found
    },
  }
})
vi.mock(import('../../kernel/access/entitled.ts'), async (genuine) => {
  const { mayAsk, ...rest } = await genuine()
  return { ...rest, mayAsk: (...asked) => gone.has('policy') || mayAsk(...asked) }
})
vi.mock(import('./people.ts'), async (genuine) => {
  const { isOwn, ...rest } = await genuine()
  return { ...rest, isOwn: (...asked) => gone.has('own') || isOwn(...asked) }
})
vi.mock(import('./answering.ts'), async (genuine) => {
  const { requireAnswered, ...rest } = await genuine()
  return { ...rest, requireAnswered: async (...asked) => (gone.has('answering') ? undefined : requireAnswered(...asked)) }
})

let stage: MachineStage
let genuineFind: Gate['find']
/** What the request’s own look at a key found before: keys here are let in by that. */
const keptRows = new Map<string, unknown>()
beforeAll(async () => {
  stage = await setMachineStage()
  const { gate } = stage.platform.composition.path
  genuineFind = gate.find
  Object.assign(gate, {
    find: async (name: Parameters<Gate['find']>[0], id: string) => keptRows.get(id) ?? genuineFind(name, id),
  })
}, 60_000)
afterAll(() => stage?.platform.close())
afterEach(() => {
  gone.clear()
  keptRows.clear()
})

type Machine = Awaited<ReturnType<MachineStage['machine']>>
const arrange = (sql: string, values: string[]) => stage.platform.arrange(stage.founded.orgId, sql, values)
/** A certificate that opens the server of this machine. */
const opens = async (robot: Machine, id: string, as: Pick<Machine, 'caller'> = robot) => {
  const { certificate } = await stage.issue(as, id)
  expect(parseCertificate(certificate).principals).toEqual([`o:${stage.founded.orgId}:h:${robot.host.hostId}:u:deploy`])
}

/** What an end in the same transaction would take away first is done here behind its back. */
const changes: [string, 'key' | 'account', string, boolean][] = [
  ['update service_account set disabled_at = now() where id = $1', 'account', 'unauthenticated', true],
  ['update api_key set revoked_at = now() where id = $1', 'key', 'unauthenticated', true],
  [`update api_key set expires_at = now() - interval '1 minute' where id = $1`, 'key', 'unauthenticated', true],
  [`update api_key set scopes = '{policy:read}' where id = $1`, 'key', 'forbidden', true],
  [`update service_account set role = 'viewer' where id = $1`, 'account', 'forbidden', true],
  // Where a request comes from is asked once, by whoever lets it in.
  [`update api_key set networks = '{198.51.100.0/24}' where id = $1`, 'key', 'unauthenticated', false],
]
test.each(changes)(
  '%s: refused by the look at the key, and again under the lock; without both it gets one',
  async (...change) => {
    const [sql, what, code, again] = change
    const robot = await stage.machine()
    const running = await stage.given(robot)
    const row = await genuineFind('gate_api_key', robot.keyId)
    await opens(robot, running.id)
    await arrange(sql, [what === 'key' ? robot.keyId : robot.id])
    expect(await stage.refusedCertificate(robot, running.id)).toBe(code)
    keptRows.set(robot.keyId, row)
    if (again) expect(await stage.refusedCertificate(robot, running.id)).toBe('not_entitled')
    gone.add('secret')
    await opens(robot, running.id)
  },
)

test.each([
  'update api_key set revoked_at = now() where id = $1',
  `update api_key set scopes = '{policy:read}' where id = $1`,
  `update api_key set secret_hash = '\\x00' where id = $1`, // rotated, without an overlap
])('%s: the secret that asked, though another key of the account still works; without the fence that would do', async (sql) => {
  const robot = await stage.machine()
  const running = await stage.given(robot)
  const second = await stage.keyFor(robot.id)
  await opens(robot, running.id, second)
  await arrange(sql, [robot.keyId])
  expect(await stage.refusedCertificate(second, running.id)).toBe('not_entitled')
  gone.add('secret')
  await opens(robot, running.id, second)
})

test('that the policy still names it; without the fence one that names nobody would do', async () => {
  const robot = await stage.machine()
  const running = await stage.given(robot)
  const nobody = `update access_policy set requesters = jsonb_set(requesters, '{serviceAccountIds}', '[]') where id = $1`
  await arrange(nobody, [robot.rule.id])
  expect(await stage.refusedCertificate(robot, running.id)).toBe('not_entitled')
  gone.add('policy')
  await opens(robot, running.id)
})

test('C8: whoever answers for it is a member and cleared, and the refusal says who and what; without the fence nobody need be', async () => {
  const { platform, founded } = stage
  const robot = await stage.machine()
  const running = await stage.given(robot)
  const bare = await addMember(platform, founded, 'member', 'Berta')
  await platform.call(serviceAccount.reassign, { id: robot.id, ownerId: bare.personId }, founded.owner)
  const refusal = () => stage.issue(robot, running.id).catch((error: unknown) => error)
  expect(await refusal()).toMatchObject({
    code: 'not_cleared',
    extras: {
      detail: expect.stringContaining('Berta answers for this service account'),
      errors: [{ path: 'second_factor_missing' }],
    },
  })
  const { services } = platform.composition.path
  const { clearance } = services
  Object.assign(services, { clearance: clearanceFrom([]) })
  await opens(robot, running.id)
  await arrange('delete from membership where person_id = $1', [bare.personId])
  expect(await refusal()).toMatchObject({ code: 'not_cleared', extras: { errors: [{ path: 'nobody_answers' }] } })
  Object.assign(services, { clearance })
  gone.add('answering')
  await opens(robot, running.id)
})

test('C8 holds for a request and for its approval as well', async () => {
  const { platform, founded, reviewer } = stage
  const bare = await addMember(platform, founded, 'member', 'Bare')
  const robot = await stage.machine()
  await platform.call(serviceAccount.reassign, { id: robot.id, ownerId: bare.personId }, founded.owner)
  expect(await platform.refusal(grant.request, stage.wishOf(robot), robot.caller)).toBe('not_cleared')
  gone.add('answering')
  const asked = await stage.askBy(robot)
  gone.delete('answering')
  const approval = async () => ({ id: asked.id, requestHash: asked.requestHash, code: await stage.code(reviewer) })
  expect(await platform.refusal(grant.approve, await approval(), reviewer.caller)).toBe('not_cleared')
  gone.add('answering')
  expect(await platform.call(grant.approve, await approval(), reviewer.caller)).toMatchObject({ state: 'approved' })
})

test('that it is its own: another account and whoever answers for it use nothing of it; without the fence they would', async () => {
  const { platform, answering } = stage
  const [robot, other] = [await stage.machine(), await stage.machine()]
  const running = await stage.given(robot)
  expect(await stage.refusedCertificate(other, running.id)).toBe('not_yours')
  const input = async () => ({ id: running.id, publicKey: newSshKey(), code: await stage.code(answering) })
  expect(await platform.refusal(grant.certificate, await input(), answering.caller)).toBe('not_yours')
  for (const operation of [grant.return, grant.cancel] as const)
    expect(await platform.refusal(operation, { id: running.id }, other.caller)).toBe('not_yours')
  expect(await platform.refusal(grant.read, { id: running.id }, other.caller)).toBe('grant_not_found')
  gone.add('own')
  await opens(robot, running.id, other)
  expect(await platform.call(grant.certificate, await input(), answering.caller)).toMatchObject({ login: 'deploy' })
})

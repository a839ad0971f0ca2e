/** What a crash of any part does to access that was given: it ends when it should, and nothing that was answered is lost. */
import { randomUUID } from 'node:crypto'
import { operations } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { killPart, type Part } from '../../server/test/killing.ts'
import { agentStatus } from '../src/index.ts'
import { processesOf } from '../test/accounts.ts'
import { isRoot, requireMachine, skipNotice } from '../test/machine.ts'
import { eventually, type ManagedHost } from '../test/managed-host.ts'
import { bringHost, startOrganisation, type Organisation } from './organisation.ts'

if (!isRoot) process.stderr.write(`${skipNotice}\n`)

const work = '(setsid sleep 1070 </dev/null >/dev/null 2>&1 &); echo ready; exec sleep 1071'
type GrantId = Parameters<Organisation['proof']>[0]

describe.skipIf(!isRoot)('kill -9 while people have access', () => {
  let organisation: Organisation
  let host: ManagedHost
  let hostId: Parameters<Organisation['allow']>[0]
  /** Longer than a start of everything takes on a busy machine. */
  const patience = 40_000

  beforeAll(async () => {
    requireMachine()
    organisation = await startOrganisation()
    ;({ host, hostId } = await bringHost(organisation, 'web-1'))
    await organisation.allow(hostId, host.login)
  }, 120_000)
  afterAll(async () => {
    await host?.close()
    await organisation?.close()
  })

  const status = () => agentStatus(host.layout.root)
  /** sshd lets nobody in before the host has heard of the grant. */
  const enter = async (id: GrantId) => {
    const certificate = await organisation.certificate(id, host.userKey)
    await eventually(
      'the host is current',
      async () => {
        const { value } = await organisation.asker.browser.call(operations.host.read, { id: hostId })
        return value.standing === 'current'
      },
      patience,
    )
    const client = host.ssh(certificate, { command: work })
    await eventually('an answer', () => client.out().includes('ready') || client.child.exitCode !== null, patience)
    expect(client.child.exitCode, client.err() + host.logs().slice(-2000)).toBeNull()
    return client
  }
  const begin = async () => {
    const id = await organisation.grant(hostId, host.login, 600)
    return { id, client: await enter(id) }
  }
  /** Its end, by the database; known to the agent when this returns. */
  const endsSoon = async (id: GrantId): Promise<number> => {
    await organisation.shorten(id, 3)
    const endsAt = (await organisation.proof(id)).endsAt ?? ''
    await eventually('the agent knows', async () =>
      (await status())?.sessions.some((session) => session.grantId === id && session.endsAt === endsAt),
    )
    return Date.parse(endsAt)
  }
  const nobodyLeft = () => eventually('nobody is left', () => processesOf(host.login).length === 0)
  const revoke = (id: GrantId, idempotencyKey = randomUUID()) =>
    organisation.approver.browser.call(operations.grant.revoke, { id, reason: 'Enough' }, { idempotencyKey })
  /** Until the system answers again; what fails meanwhile is what a crash looks like from outside. */
  const whenBack = <T>(what: string, ask: () => Promise<T>) => eventually(what, () => ask().catch(() => null), patience)
  const proofOf = (id: GrantId) =>
    whenBack('the proof', async () => {
      const detail = await organisation.proof(id)
      return detail.proof?.deadAt ? detail : null
    })
  const kill = async (part: Part | 'agent'): Promise<void> => {
    if (part === 'agent') await host.killAgent()
    else expect(await killPart(organisation.system, part)).toBe(true)
  }
  const ledgerHolds = async () => {
    const answer = await organisation.asker.browser.open(operations.ledger.verify, {})
    return (await answer.text()).trim().split('\n').at(-1)
  }

  it.each<[string, (Part | 'agent')[]]>([
    ['the agent', ['agent']],
    ['the app', ['app']],
    ['the key server', ['key server']],
    ['the database', ['database']],
    ['everything', ['agent', 'app', 'key server', 'database']],
  ])('%s: the deadline holds, the proof comes, and the next revocation arrives', async (_name, parts) => {
    const { id, client } = await begin()
    const endsAtMs = await endsSoon(id)
    for (const part of parts) await kill(part)
    const { atMs } = await client.ended
    await nobodyLeft()
    const deadMs = Date.now()
    expect(atMs - endsAtMs).toBeGreaterThan(-50)
    expect(deadMs - endsAtMs).toBeLessThan(2000)
    if (parts.includes('agent')) await host.startAgent()
    const { proof, endReason, sessions } = await proofOf(id)
    expect(proof).toMatchObject({ openSessions: 0, survivors: 0 })
    expect(sessions).toMatchObject([{ endReason: 'expired', survivors: 0 }])
    expect([null, 'expired']).toContain(endReason)

    await eventually('the agent hears', async () => (await status())?.lastFailure === null, patience)
    const next = await begin()
    const askedAt = Date.now()
    await revoke(next.id)
    await next.client.ended
    await nobodyLeft()
    expect(Date.now() - askedAt).toBeLessThan(6000)
    expect(await ledgerHolds()).toContain('"ok":true')
  })

  it.each<Part>(['app', 'database', 'key server'])(
    'the %s, in the middle of revocations: each is answered and done, or can be repeated, and is done once',
    async (part) => {
      const ids: GrantId[] = []
      for (let count = 0; count < 4; count += 1) ids.push(await organisation.grant(hostId, host.login, 600))
      const client = await enter(ids[3] as GrantId)
      const keys = ids.map(() => randomUUID())
      const asked = ids.map((id, index) => revoke(id, keys[index]))
      const outcomes = Promise.allSettled(asked)
      await Promise.race(asked)
      await kill(part)
      const answered = (await outcomes).map(({ status: outcome }) => outcome === 'fulfilled')
      expect(answered).toContain(true)
      for (const [index, id] of ids.entries()) {
        const detail = await whenBack('the grant', () => organisation.proof(id))
        if (answered[index]) expect(detail).toMatchObject({ state: 'ended', endReason: 'revoked' })
        else await whenBack('the repetition', () => revoke(id, keys[index]))
        expect(await organisation.proof(id)).toMatchObject({ state: 'ended', endReason: 'revoked' })
      }
      await client.ended
      await nobodyLeft()
      expect((await proofOf(ids[3] as GrantId)).proof).toMatchObject({ openSessions: 0, survivors: 0 })
      const database = await organisation.system.database()
      const { rows } = await database.query<{ target: string; count: number }>(
        `select body::jsonb #>> '{target,id}' target, count(*)::int from ledger
         where body::jsonb ->> 'action' = 'grant.revoked' and body::jsonb ->> 'outcome' = 'done'
           and body::jsonb #>> '{target,id}' = any ($1) group by 1`,
        [ids],
      )
      await database.end()
      expect(rows.toSorted((a, b) => (a.target < b.target ? -1 : 1))).toEqual(
        ids.toSorted().map((target) => ({ target, count: 1 })),
      )
      expect(await ledgerHolds()).toContain('"ok":true')
    },
  )
})

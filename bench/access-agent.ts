/** Access that ends: a real sshd, the agent in a process of its own, a key server; the server's side of the wire is the tests' own. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { authorizedPrincipalsLine, principalOf } from '@holdfast/crypto/ssh'
import { agentStatus } from '@holdfast/agent'
import { requireMachine } from '../packages/agent/test/machine.ts'
import { createManagedHost, eventually, type ManagedHost, type SshClient } from '../packages/agent/test/managed-host.ts'
import { startWireServer, type GivenGrant, type WireServer } from '../packages/agent/test/wire-server.ts'
import { measured, percentile, rounded, type Measured, type Scale } from './measure.ts'

export const accessMeasures = ['access.revoke', 'access.expiry', 'access.agent-dead', 'access.login']

interface World {
  server: WireServer
  host: ManagedHost
}
interface Session {
  given: GivenGrant
  client: SshClient
  /** Of everything in it: sshd's own two processes, the shell's, and a detached one. */
  pids: number[]
}

const work = '(setsid sleep 3600 </dev/null >/dev/null 2>&1 &); echo ready; exec sleep 3600'

/** In ms against a limit; the ratio is that of the percentile that the limit is about. */
const within = (name: string, values: readonly number[], share: number, limit: number, about: string): Measured =>
  measured(
    name,
    { ours: [percentile(values, share)], peer: [limit] },
    {
      ...{ goal: 1, better: 'lower', unit: 'ms' },
      beside: `p${share * 100} of ${values.length}, limit ${limit} ms: ${about}; p50 ${rounded(percentile(values, 0.5))}, p99 ${rounded(percentile(values, 0.99))}, max ${rounded(Math.max(...values))} ms`,
    },
  )

const begin = async ({ server, host }: World, seconds: number): Promise<Session> => {
  const given = await server.grant({ login: host.login, seconds, publicKey: host.userKey })
  await server.inForce()
  const client = host.ssh(given.certificate, { command: work })
  await eventually('a session', () => client.out().includes('ready') || client.child.exitCode !== null, 60_000)
  if (client.child.exitCode !== null) throw new Error(`a login failed: ${client.err()}\n${host.logs().slice(-2000)}`)
  const session = await eventually('its record', async () =>
    (await agentStatus(host.layout.root))?.sessions.find(({ grantId }) => grantId === given.id),
  )
  const members = readFileSync(join(host.cgroups, session.id, 'cgroup.procs'), 'utf8')
  return { given, client, pids: members.split('\n').filter(Boolean).map(Number) }
}
const beginMany = (world: World, count: number, seconds: number): Promise<Session[]> =>
  Promise.all(Array.from({ length: count }, () => begin(world, seconds)))

const isGone = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')
  } catch {
    return true
  }
}
/** When the last process was seen dead: by looking at /proc every 5 ms, not by asking the agent. */
const lastDeath = async (pids: readonly number[]): Promise<number> => {
  while (!pids.every(isGone)) await pause(5)
  return Date.now()
}

const measureRevoke = async (world: World, { quick, say }: Scale): Promise<Measured> => {
  say('access.revoke …')
  const runs = quick ? 20 : 200
  const live = await beginMany(world, 20, 3600)
  const times: number[] = []
  for (let run = 0; run < runs; run += 1) {
    const victim = live.shift()
    if (!victim) break
    await world.server.revoke(victim.given)
    const told = Date.now()
    times.push((await lastDeath(victim.pids)) - told)
    live.push(await begin(world, 3600))
  }
  for (const { given } of live) await world.server.revoke(given)
  await Promise.all(live.map(({ client }) => client.ended))
  return within('access.revoke', times, 0.99, 500, 'revoked → last process dead, 20 live sessions')
}

const measureExpiry = async (world: World, { quick, say }: Scale): Promise<Measured> => {
  say('access.expiry …')
  const late: number[] = []
  for (let round = 0; round < (quick ? 1 : 5); round += 1) {
    const live = await beginMany(world, 20, 30)
    await Promise.all(
      live.map(async ({ given, pids }, index) => {
        await world.server.move(given, Date.now() + 2000 + index * 100)
        late.push((await lastDeath(pids)) - Date.parse(given.endsAt))
      }),
    )
  }
  return within('access.expiry', late, 0.99, 100, 'deadline → last process dead')
}

const measureAgentDead = async (world: World, { quick, say }: Scale): Promise<Measured> => {
  say('access.agent-dead …')
  const late: number[] = []
  for (let round = 0; round < (quick ? 1 : 5); round += 1) {
    const live = await beginMany(world, 10, 60)
    const moved = live.map(({ given }, index) => world.server.move(given, Date.now() + 4000 + index * 100))
    await Promise.all(moved)
    await world.server.inForce()
    await world.host.killAgent()
    await Promise.all(live.map(async ({ given, pids }) => void late.push((await lastDeath(pids)) - Date.parse(given.endsAt))))
    await pause(1500)
    await world.host.startAgent()
  }
  return within('access.agent-dead', late, 1, 2000, 'deadline → last process dead, the agent killed with SIGKILL before')
}

/** The same certificate on the same sshd program, without PAM's hook and without an agent. */
const plainHost = async (server: WireServer): Promise<ManagedHost> => {
  const host = await createManagedHost({ plain: true })
  const { authorities } = await server.keyServer.client.sshAuthorities(server.orgId)
  host.trust(server, [])
  const etc = join(host.layout.root, 'etc/ssh')
  writeFileSync(join(etc, 'user_ca.pub'), `${authorities.user.keys.map(({ publicKey }) => publicKey).join('\n')}\n`)
  const principal = principalOf({ org: server.orgId, host: server.hostId, login: host.login })
  writeFileSync(join(etc, 'principals'), `${authorizedPrincipalsLine(principal)}\n`, { mode: 0o644 })
  return host
}

const measureLogin = async ({ server, host }: World, { quick, say }: Scale): Promise<Measured> => {
  say('access.login …')
  const plain = await plainHost(server)
  try {
    const attempts = await Promise.all(
      [host, plain].map(async (each) => {
        const given = await server.grant({ login: each.login, seconds: 3600, publicKey: each.userKey })
        return async (): Promise<number> => {
          const began = performance.now()
          const { code, err } = await each.run(given.certificate, 'true')
          if (code !== 0) throw new Error(`a login failed: ${err}`)
          return performance.now() - began
        }
      }),
    )
    await server.inForce()
    const [managed, bare] = attempts
    if (!managed || !bare) throw new Error('two hosts were expected')
    await managed()
    await bare()
    const ours: number[] = []
    const peer: number[] = []
    for (let round = 0; round < (quick ? 15 : 60); round += 1) {
      ours.push(await managed())
      peer.push(await bare())
    }
    const beside = `ssh HOST true, ${ours.length} times each: hook and agent p99 ${rounded(percentile(ours, 0.99))} ms, plain sshd p99 ${rounded(percentile(peer, 0.99))} ms`
    return measured('access.login', { ours, peer }, { goal: 1.15, better: 'lower', unit: 'ms', beside })
  } finally {
    await plain.close()
  }
}

export const measureAccess = async (scale: Scale, wanted: (name: string) => boolean): Promise<Measured[]> => {
  if (process.getuid?.() !== 0) throw new Error('access is measured with a real sshd and Unix accounts: run it as root')
  requireMachine()
  const server = await startWireServer()
  const host = await createManagedHost()
  const world = { server, host }
  try {
    await host.install(server)
    await host.startAgent()
    const measures: Measured[] = []
    if (wanted('access.revoke')) measures.push(await measureRevoke(world, scale))
    if (wanted('access.expiry')) measures.push(await measureExpiry(world, scale))
    if (wanted('access.agent-dead')) measures.push(await measureAgentDead(world, scale))
    if (wanted('access.login')) measures.push(await measureLogin(world, scale))
    return measures
  } finally {
    await host.close()
    await server.close()
  }
}

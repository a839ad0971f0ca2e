/** A thousand hosts on one node: each agent enrols and holds its event stream over TLS; one grant is revoked, and all have the new list. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { newId } from '../packages/server/src/kernel/identifier.ts'
import type { FleetNews, FleetOrder } from './fleet-clients.ts'
import { makeInstallation, type Installation } from './installation.ts'
import { stoppable } from './leaving.ts'
import { median, rounded, type Measured, type Scale } from './measure.ts'
import { superuserAt } from './superuser.ts'

export const fleetMeasures = ['access.fleet']

const agents = 1000
const patienceMs = 60_000
const enrolWithinMs = 240_000
const limitMs = 2000

type Post = (path: string, body: object) => Promise<Record<string, unknown>>

const postTo =
  (url: string, ca: string, key: string): Post =>
  async (path, body) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; answer: string }>()
    const sent = https.request(`${url}/api/v1${path}`, { ca, headers, method: 'POST' }, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), reject)
    })
    sent.on('error', reject).end(JSON.stringify(body))
    const { status, answer } = await promise
    if (status !== 200) throw new Error(`${path} answered ${status}: ${answer.slice(0, 300)}`)
    return JSON.parse(answer) as Record<string, unknown>
  }

/** Registered as an Admin does; their ids and tokens. */
const registerHosts = async (post: Post): Promise<{ id: string; token: string }[]> => {
  const hosts: { id: string; token: string }[] = []
  const names = Array.from({ length: agents }, (_, index) => `web-${index}`).values()
  const some = async (): Promise<void> => {
    for (const name of names) {
      const { hostId, token } = await post('/hosts', { name, environment: 'bench', address: name })
      hosts.push({ id: String(hostId), token: String(token) })
    }
  }
  await Promise.all(Array.from({ length: 8 }, some))
  return hosts
}

/** Access that runs, with a certificate out, of which hosts are told: two people would take minutes for it. By the superuser, with its entry. */
const insertGrant = async (database: pg.Client, org: { orgId: string; personId: string }, host: string): Promise<void> => {
  const [policy, grant] = [newId('ap'), newId('gr')]
  await database.query('begin')
  await database.query('select enter($1, null, true)', [org.orgId])
  await database.query(
    `insert into access_policy (id, version, kind, name, selects, logins, requesters, approvers, approvals, max_seconds, reason_required,
       source_networks, extensions, api_keys_may_ask, created_by, created_at, changed_by, changed_at)
     values ($1, 1, 'host', $1, '{}', '{deploy}', '{}', '{}', 1, 3600, false, '{}', '{}', false, $2, now(), $2, now())`,
    [policy, org.personId],
  )
  await database.query(
    `insert into access_grant (id, policy_id, policy_version, host_id, login, person_id, seconds, reason_sealed, extensions,
       source_networks, request_hash, requested_at, request_expires_at, state, starts_at, ends_at)
     values ($1, $2, 1, $3, 'deploy', $4, 3600, '\\x00', '{}', '{}', repeat('0', 64), now(), now(), 'approved', now(), now() + interval '1 hour')`,
    [grant, policy, host, org.personId],
  )
  await database.query(
    `insert into grant_certificate (serial, grant_id, key_fingerprint, issued_at, valid_before)
     values ((random() * 1e15)::bigint + 1, $1, 'x', now(), now() + interval '10 minutes')`,
    [grant],
  )
  await database.query('select announce_access(null)')
  await database.query('select ledger_append($1)', [JSON.stringify({ action: 'bench.arranged', id: newId('le') })])
  await database.query('commit')
}

const startFleet = async (order: FleetOrder): Promise<{ fleet: ChildProcess; stop: () => Promise<void> }> => {
  const fleet = fork(fileURLToPath(new URL('fleet-clients.ts', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const stop = stoppable(async () => {
    if (fleet.exitCode !== null || fleet.signalCode !== null) return
    const gone = once(fleet, 'exit')
    fleet.kill('SIGKILL')
    await gone
  })
  const died = once(fleet, 'exit').then(() => Promise.reject(new Error('the agents’ process ended')))
  died.catch(() => undefined)
  fleet.send(order)
  try {
    await Promise.race([once(fleet, 'message', { signal: AbortSignal.timeout(enrolWithinMs) }), died])
  } catch (error) {
    await stop()
    throw error
  }
  return { fleet, stop }
}

const oneNumber = async (database: pg.Client, sql: string): Promise<number> =>
  Number((await database.query<{ n: string }>(sql)).rows[0]?.n ?? 0)
const sequenceIn = (database: pg.Client) => oneNumber(database, 'select sequence n from access_sequence')

/** Until every host has said that it has the newest state. */
const acknowledged = async (database: pg.Client): Promise<number> => {
  const newest = await sequenceIn(database)
  const behind = `select count(*) n from host where coalesce(acknowledged, 0) < ${newest}`
  for (const until = Date.now() + patienceMs; (await oneNumber(database, behind)) > 0; await pause(50))
    if (Date.now() > until)
      throw new Error(`${await oneNumber(database, behind)} hosts have not acknowledged after ${patienceMs / 1000} s`)
  return Date.now()
}

interface Round {
  /** Milliseconds from the request to each agent's having the new state; to the last acknowledgement. */
  times: number[]
  proofMs: number
  failures: string[]
  /** Of the app, from the request to the last acknowledgement. */
  processorSeconds: number
}

/** Every five minutes upkeep ends the access of whoever is not cleared, as this Owner is not: then there would be nothing left to revoke. */
const pastUpkeep = async (): Promise<void> => {
  const every = 300_000
  const left = every - (Date.now() % every)
  if (left < 15_000) await pause(left + 5_000)
}

/** One grant is given, and once all know it, revoked. */
const measureRound = async (
  { installation, database, fleet, post }: Site,
  org: { orgId: string; personId: string },
  host: string,
): Promise<Round> => {
  await pastUpkeep()
  await insertGrant(database, org, host)
  await acknowledged(database)
  fleet.send({ after: await sequenceIn(database) })
  await pause(1000)
  const before = await installation.appTakes()
  const news = once(fleet, 'message', { signal: AbortSignal.timeout(patienceMs) }) as Promise<[FleetNews]>
  const askedAt = Date.now()
  await post('/grants/revoke-all', { personId: org.personId, reason: 'Enough' })
  const [{ heardAt, failures }] = await news
  const proofMs = (await acknowledged(database)) - askedAt
  const processorSeconds = (await installation.appTakes()).processorSeconds - before.processorSeconds
  return { times: heardAt.map((at) => at - askedAt), proofMs, failures, processorSeconds }
}

interface Site {
  installation: Installation
  database: pg.Client
  fleet: ChildProcess
  post: Post
}

const summary = (rounds: readonly Round[], idle: number, resident: number): Measured => {
  const times = rounds.flatMap((round) => round.times)
  const failures = rounds.flatMap((round) => round.failures)
  const why = failures.length > 0 ? ` (${[...new Set(failures)].join('; ').slice(0, 300)})` : ''
  const about = [
    `revoked → every one of ${agents} agents on one node and behind one address has the list`,
    `acknowledged by all after at most ${rounded(Math.max(...rounds.map(({ proofMs }) => proofMs)) / 1000)} s`,
    `${failures.length} requests failed and were repeated${why}`,
    `the app took ${rounded(median(rounds.map(({ processorSeconds }) => processorSeconds)))} s of processor a change`,
    `${rounded(idle)} MB before, ${rounded(resident)} MB with them`,
  ]
  const worst = rounded(Math.max(...times))
  return {
    ...{
      name: 'access.fleet',
      ours: worst,
      peer: limitMs,
      ratio: rounded(worst / limitMs),
      goal: 1,
      better: 'lower',
      unit: 'ms',
    },
    beside: `the last of ${times.length} in ${rounds.length} rounds, limit ${limitMs} ms, half of them by ${rounded(median(times))} ms: ${about.join(', ')}`,
  }
}

const measureSite = async (installation: Installation, database: pg.Client, { quick, say }: Scale): Promise<Measured> => {
  const { key, ...org } = await installation.found()
  const authority = await readFile(installation.ca, 'utf8')
  const post = postTo(installation.url, authority, key)
  say(`access.fleet: ${agents} hosts are registered …`)
  const hosts = await registerHosts(post)
  const { residentMegabytes: idle } = await installation.appTakes()
  say(`access.fleet: ${agents} agents enrol and connect …`)
  const { fleet, stop } = await startFleet({ url: installation.url, authority, tokens: hosts.map(({ token }) => token) })
  try {
    const rounds: Round[] = []
    for (const { id } of hosts.slice(0, quick ? 3 : 6)) {
      rounds.push(await measureRound({ installation, database, fleet, post }, org, id))
      say(`access.fleet: round ${rounds.length}, the last after ${Math.max(...(rounds.at(-1)?.times ?? []))} ms`)
    }
    return summary(rounds, idle, (await installation.appTakes()).residentMegabytes)
  } finally {
    await stop()
  }
}

/** With the limits that an installation has. */
export const measureFleet = async (scale: Scale): Promise<Measured[]> => {
  const installation = await makeInstallation({})
  let database: pg.Client | null = null
  try {
    await installation.start()
    database = new pg.Client(await superuserAt(installation.home))
    database.on('error', () => undefined)
    await database.connect()
    return [await measureSite(installation, database, scale)]
  } finally {
    await database?.end()
    await installation.remove()
  }
}

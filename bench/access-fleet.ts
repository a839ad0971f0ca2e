/** A thousand hosts on one node: each agent holds its event stream over TLS, one grant is revoked, and all have the new list. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createApiKey } from '@holdfast/crypto'
import pg from 'pg'
import { newId } from '../packages/server/src/kernel/identifier.ts'
import type { FleetNews, FleetOrder } from './fleet-clients.ts'
import { makeInstallation, type Installation } from './installation.ts'
import { stoppable } from './leaving.ts'
import { rounded, within, type Measured, type Scale } from './measure.ts'
import { superuserAt } from './superuser.ts'

export const fleetMeasures = ['access.fleet']

const agents = 1000
const patienceMs = 60_000
const limitMs = 2000
/** A backend counts what it did once it was idle for so long (PostgreSQL, pgstat_report_stat). */
const countedAfterMs = 11_000

/** One change of the organisation's, by the superuser, with its entry. */
const change = async (database: pg.Client, orgId: string, work: () => Promise<unknown>): Promise<void> => {
  await database.query('begin')
  await database.query('select enter($1, null, true)', [orgId])
  await work()
  await database.query('select ledger_append($1)', [JSON.stringify({ action: 'bench.arranged', id: newId('le') })])
  await database.query('commit')
}

const insertHosts = async (database: pg.Client, orgId: string): Promise<{ hosts: string[]; keys: string[] }> => {
  const made = Array.from({ length: agents }, (_, index) => {
    const agent = newId('ag')
    return { host: newId('ho'), name: `web-${index}`, agent, ...createApiKey(agent) }
  })
  const columns =
    'id, name, environment, address, port, when_stale, state, agent_id, agent_secret_hash, host_public_key, created_at'
  const rows = 'unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) h (id, name, agent, hash)'
  await change(database, orgId, async () => {
    await database.query(
      `insert into host (${columns}) select id, name, 'bench', name, 22, 'refuse', 'enrolled', agent, hash, 'x', now() from ${rows}`,
      [
        made.map(({ host }) => host),
        made.map(({ name }) => name),
        made.map(({ agent }) => agent),
        made.map(({ secretHash }) => secretHash),
      ],
    )
    await database.query('select announce_access(null)') // as each enrolment does
  })
  return { hosts: made.map(({ host }) => host), keys: made.map(({ key }) => key) }
}

/** Access that runs, with a certificate out; hosts are told. */
const insertGrant = async (database: pg.Client, org: { orgId: string; personId: string }, host: string): Promise<void> => {
  const [policy, grant] = [newId('ap'), newId('gr')]
  await change(database, org.orgId, async () => {
    await database.query(
      `insert into access_policy (id, version, name, selects, logins, requesters, approvers, approvals, max_seconds, reason_required,
         source_networks, extensions, api_keys_may_ask, created_by, created_at, changed_by, changed_at)
       values ($1, 1, 'Bench', '{}', '{deploy}', '{}', '{}', 1, 3600, false, '{}', '{}', false, $2, now(), $2, now())`,
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
  })
}

const post = (url: string, ca: string, key: string, body: object): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}`, origin: new URL(url).origin }
    const sent = https.request(url, { ca, headers, method: 'POST', agent: false }, (response) => {
      text(response).then(() => resolve(response.statusCode ?? 0), reject)
    })
    sent.on('error', reject).end(JSON.stringify(body))
  })

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
  fleet.send(order)
  await once(fleet, 'message', { signal: AbortSignal.timeout(patienceMs) })
  return { fleet, stop }
}

const oneNumber = async (database: pg.Client, sql: string): Promise<number> =>
  Number((await database.query<{ n: string }>(sql)).rows[0]?.n ?? 0)
const sequenceIn = (database: pg.Client) => oneNumber(database, 'select sequence n from access_sequence')
const transactionsIn = (database: pg.Client) =>
  oneNumber(database, 'select xact_commit + xact_rollback n from pg_stat_database where datname = current_database()')

/** Until every host has said that it has the newest state. */
const acknowledged = async (database: pg.Client): Promise<number> => {
  const newest = await sequenceIn(database)
  const behind = `select count(*) n from host where coalesce(acknowledged, 0) < ${newest}`
  for (const until = Date.now() + patienceMs; (await oneNumber(database, behind)) > 0; await pause(50))
    if (Date.now() > until) throw new Error('hosts that never acknowledged')
  return Date.now()
}

const measureRounds = async (installation: Installation, database: pg.Client, { quick, say }: Scale): Promise<Measured> => {
  const { orgId, personId, key } = await installation.found()
  const ca = await readFile(installation.ca, 'utf8')
  const { hosts, keys } = await insertHosts(database, orgId)
  const idle = await installation.residentMegabytes()
  say(`access.fleet: ${agents} agents connect …`)
  const { fleet, stop } = await startFleet({ url: installation.url, authority: ca, keys })
  try {
    const [times, proofs]: [number[], number[]] = [[], []]
    const failures = new Set<string>()
    let [failed, transactions] = [0, 0]
    const rounds = quick ? 3 : 10
    for (let round = 0; round < rounds; round += 1) {
      await insertGrant(database, { orgId, personId }, hosts[round] ?? '')
      await acknowledged(database)
      if (round === 0) {
        await pause(countedAfterMs)
        transactions = await transactionsIn(database)
      }
      fleet.send({ after: await sequenceIn(database) })
      await pause(500)
      const news = once(fleet, 'message', { signal: AbortSignal.timeout(patienceMs) }) as Promise<[FleetNews]>
      const askedAt = Date.now()
      const status = await post(`${installation.url}/api/v1/grants/revoke-all`, ca, key, { personId, reason: 'Enough' })
      if (status !== 200) throw new Error(`the revocation was answered ${status}`)
      const [{ heardAt, failures: why }] = await news
      times.push(...heardAt.map((at) => at - askedAt))
      proofs.push((await acknowledged(database)) - askedAt)
      failed += why.length
      for (const each of why) failures.add(each)
    }
    const resident = await installation.residentMegabytes()
    await pause(countedAfterMs)
    const perChange = ((await transactionsIn(database)) - transactions) / agents / (2 * rounds - 1)
    const about = [
      `revoked → every one of ${agents} agents on one node has the list`,
      `all acknowledged after at most ${rounded(Math.max(...proofs) / 1000)} s`,
      `${rounded(perChange)} transactions a host and change, ${failed} requests failed${failed > 0 ? ` (${[...failures].join('; ').slice(0, 300)})` : ''}`,
      `app ${rounded(idle)} MB before, ${rounded(resident)} MB with them`,
    ]
    return within('access.fleet', times, 1, limitMs, about.join(', '))
  } finally {
    await stop()
  }
}

/** All agents come from one address here, as they would through a proxy or NAT. */
export const measureFleet = async (scale: Scale): Promise<Measured[]> => {
  const installation = await makeInstallation({ HOLDFAST_CONNECTIONS_PER_ADDRESS: '10000' })
  let database: pg.Client | null = null
  try {
    await installation.start()
    database = new pg.Client(await superuserAt(installation.home))
    database.on('error', () => undefined)
    await database.connect()
    return [await measureRounds(installation, database, scale)]
  } finally {
    await database?.end()
    await installation.remove()
  }
}

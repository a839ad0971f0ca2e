/** Access to a database that ends: the whole system, a PostgreSQL server of its own, the real psql, and the command line's own connection string. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { grant, type GrantId, type OutputOf } from '@holdfast/contract'
import { connectionOf } from '../packages/cli/src/access/psql.ts'
import { aDatabaseGrant, targetOf } from '../scripts/attack/database-samples.ts'
import { startGround, type Ground } from '../scripts/attack/ground.ts'
import { stoppable } from './leaving.ts'
import { measured, percentile, rounded, type Measured, type Scale } from './measure.ts'

export const databaseMeasures = ['access.database']

type Given = OutputOf<typeof grant.databaseCredentials>

const madeSoon = async ({ call, keys }: Ground, id: GrantId, roleId: string): Promise<void> => {
  for (const until = Date.now() + 30_000; ;) {
    const { databaseRoles } = await call(grant.read, { id }, keys.owner)
    if (databaseRoles.find((role) => role.id === roleId)?.madeAt) return
    if (Date.now() > until) throw new Error('the role was not made')
    await pause(20)
  }
}

/** A psql that waits inside of a statement. */
const work = (given: Given, directory: string) => {
  writeFileSync(join(directory, 'passfile'), `${given.host}:${given.port}:*:${given.user}:${given.password}\n`, { mode: 0o600 })
  writeFileSync(join(directory, 'authority.pem'), given.ca ?? '')
  const child = spawn('psql', [connectionOf(given, directory), '-qAtc', 'select pg_sleep(3600)'], { stdio: 'ignore' })
  return { ended: once(child, 'exit') }
}

/** Times in ms: from the answer to the revocation, and from its sending, until no backend of the role is left; and until psql has gone. */
const runOnce = async (ground: Ground, directory: string) => {
  const { call, keys } = ground
  const { root } = await targetOf(ground)
  const { id, running } = await aDatabaseGrant(ground)
  await running()
  const given = await call(grant.databaseCredentials, { id }, keys.owner)
  await madeSoon(ground, id, given.roleId)
  const client = work(given, directory)
  const backends = async (): Promise<number> =>
    (await root.query(`select 1 from pg_stat_activity where usename = $1 and state = 'active'`, [given.user])).rows.length
  for (const until = Date.now() + 30_000; (await backends()) === 0; await pause(20))
    if (Date.now() > until) throw new Error('psql did not connect')
  const sent = performance.now()
  let answered = 0
  const revoking = call(grant.revoke, { id, reason: 'Measured' }, keys.owner).then(() => (answered = performance.now()))
  while ((await backends()) > 0) await pause(2)
  const gone = performance.now()
  await revoking
  await client.ended
  return { gone: Math.max(0, gone - answered), whole: gone - sent, psql: Math.max(0, performance.now() - answered) }
}

export const measureDatabaseAccess = async ({ quick, say }: Scale): Promise<Measured[]> => {
  say('access.database …')
  const ground = await startGround()
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-bench-psql-'))
  const stop = stoppable(async () => {
    await ground.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  try {
    const times: Awaited<ReturnType<typeof runOnce>>[] = []
    for (let run = 0; run < (quick ? 10 : 60); run += 1) times.push(await runOnce(ground, directory))
    const of = (which: 'gone' | 'whole' | 'psql', share: number): number =>
      rounded(
        percentile(
          times.map((time) => time[which]),
          share,
        ),
      )
    const limit = 500
    return [
      measured(
        'access.database',
        { ours: [of('gone', 0.99)], peer: [limit] },
        {
          ...{ goal: 1, better: 'lower', unit: 'ms' },
          beside: `p99 of ${times.length}, limit ${limit} ms: revocation answered → no backend of the role left; p50 ${of('gone', 0.5)} ms; from its sending p50 ${of('whole', 0.5)}, p99 ${of('whole', 0.99)} ms; until psql had gone p50 ${of('psql', 0.5)}, p99 ${of('psql', 0.99)} ms`,
        },
      ),
    ]
  } finally {
    await stop()
  }
}

import { generateKeyPairSync } from 'node:crypto'
import { ed25519PublicKey, formatPublicKey } from '@holdfast/crypto/ssh'
import { KeyServerRefused } from '@holdfast/keyserver/client'
import { newestChange } from '../../kernel/access/sequence.ts'
import { randomSerial } from '../../kernel/access/serial.ts'
import type { JobContext } from '../../kernel/job.ts'
import { keeps } from '../../kernel/promise.ts'
import { readIn } from '../../kernel/unit.ts'
import { waitingSince } from './rows.ts'
import { standingOf, type Standing } from './rules.ts'

const mostHosts = 10_000

interface Fleet {
  /** Of the servers that are enrolled; one of them, to ask about. */
  hosts: number
  one: string | null
  current: number
  /** Those of a change that is some seconds old. */
  catchingUp: number
}

const fleetOf = ({ services, orgId }: JobContext, now: Date): Promise<Fleet> =>
  readIn(services.ground, orgId, null, async ({ tx }) => {
    const newest = await newestChange(tx)
    const rows = await tx
      .selectFrom('host')
      .select(['id', 'state', 'acknowledged', 'lastSeenAt', 'enrolledAt'])
      .select(({ selectFrom }) => waitingSince(selectFrom))
      .where('state', '=', 'enrolled')
      .limit(mostHosts)
      .execute()
    const standings = rows.map((row) => standingOf({ ...row, acknowledged: Number(row.acknowledged ?? 0) }, newest, now))
    const count = (wanted: Standing): number => standings.filter((standing) => standing === wanted).length
    return { hosts: rows.length, one: rows[0]?.id ?? null, current: count('current'), catchingUp: count('catching_up') }
  })

interface Ends {
  /** Grants that ended within 30 days. */
  ended: number
  /** Past their end, and nobody noted it. */
  overdue: number
  /** Ended ahead of time, and the server never said that it knows. */
  untold: number
  /** Sessions that were reported; those that go on without a grant, and those that left processes. */
  sessions: number
  open: number
  survivors: number
}

const endsOf = async ({ services, orgId }: JobContext, now: Date): Promise<Ends> => {
  const { rows } = await readIn(services.ground, orgId, null, ({ transaction }) =>
    transaction.query(
      `with recent as (select * from access_grant where host_id is not null and state = 'ended' and ended_at > $1::timestamptz - interval '30 days'),
        session as (select s.*, g.state as grant_state, g.ends_at as grant_ends_at, g.ended_at as grant_ended_at
          from live_session s join access_grant g on g.org_id = s.org_id and g.id = s.grant_id
          where s.ended_at is null or s.ended_at > $1::timestamptz - interval '30 days')
       select (select count(*) from recent) as ended,
        (select count(*) from access_grant where host_id is not null and state = 'approved' and ends_at < $1::timestamptz - interval '10 minutes') as overdue,
        (select count(*) from recent where end_sequence is not null and told_at is null
          and ended_at < $1::timestamptz - interval '2 minutes') as untold,
        (select count(*) from session) as sessions,
        (select count(*) from session where ended_at is null
          and least(grant_ended_at, grant_ends_at) < $1::timestamptz - interval '2 minutes') as open,
        (select count(*) from session where survivors > 0) as survivors`,
      [now],
    ),
  )
  const [row] = rows
  const figure = (name: keyof Ends): number => Number(row?.[name] ?? Number.NaN)
  return {
    ...{ ended: figure('ended'), overdue: figure('overdue'), untold: figure('untold') },
    ...{ sessions: figure('sessions'), open: figure('open'), survivors: figure('survivors') },
  }
}

/** Asks the key server itself for what nobody may have: a certificate under a grant that is over. */
const refusesWhatIsOver = async ({ services: { ground }, orgId }: JobContext, host: string, now: Date): Promise<boolean> => {
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  const publicKey = formatPublicKey(ed25519PublicKey(Buffer.from(x ?? '', 'base64url')))
  const names = { kind: 'user', org: orgId, host, login: 'nobody', publicKey, serial: randomSerial() } as const
  const endsAt = Math.floor(now.getTime() / 1000) - 60
  return ground.keyServer.signCertificate({ ...names, keyId: 'check of C6', lifetimeSeconds: 300, endsAt, extensions: [] }).then(
    () => false,
    (error: unknown) => {
      if (error instanceof KeyServerRefused && error.code === 'certificate_refused') return true
      throw error
    },
  )
}

const some = (count: number, what: string): string[] => (count === 0 ? [] : [`${count} ${what}`])

const knowing = (hosts: number, catchingUp: number): string =>
  catchingUp === 0
    ? `All ${hosts} enrolled servers said just now that they know the newest state.`
    : `Of ${hosts} enrolled servers ${hosts - catchingUp} said just now that they know the newest state, which is some seconds old; ${catchingUp} have not said so yet.`

/** Access to servers as it runs: never kept where there is no server to look at. */
const accessIsTimed = keeps('C6', async (context) => {
  const now = context.services.clock.now()
  const [{ hosts, one, current, catchingUp }, ends] = [await fleetOf(context, now), await endsOf(context, now)]
  if (one === null) return { kept: false, proof: 'No server of the operator’s is enrolled, so that there is nothing to look at.' }
  const refused = await refusesWhatIsOver(context, one, now)
  const wrong = [
    ...some(hosts - current - catchingUp, `of ${hosts} servers have not said within the time that they know the newest state`),
    ...some(ends.overdue, 'grants are past their end and nobody noted it'),
    ...some(ends.untold, 'grants that were ended were never acknowledged by their server'),
    ...some(ends.open, 'sessions go on without a grant, as far as their server has said'),
    ...some(ends.survivors, 'sessions left processes behind'),
    ...(refused ? [] : ['the key server signed a certificate for a grant that is over']),
  ]
  return {
    kept: wrong.length === 0,
    proof:
      wrong.length === 0
        ? `${knowing(hosts, catchingUp)} ${ends.ended} grants ended within 30 days: each that was ended ahead of its time was acknowledged by its server. Of ${ends.sessions} sessions reported in that time none goes on without a grant and none left a process, by the servers’ own count. The key server was just asked for a certificate under a grant that is over, and refused.`
        : `${wrong.join('; ')}.`,
  }
})

export const promises = [accessIsTimed]

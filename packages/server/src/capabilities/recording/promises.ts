import type { JobContext } from '../../kernel/job.ts'
import { keeps } from '../../kernel/promise.ts'
import { readIn } from '../../kernel/unit.ts'
import { brokenAt } from './queries.ts'
import { postureGap, type Posture } from './rules.ts'

const mostHosts = 10_000
/** How much is verified each time: the newest recordings, until that many chunks. */
const mostChunks = 200
const mostRecordings = 20

interface Ways {
  hosts: number
  bastions: number
  /** Why it is not known of a server that it honours nothing but certificates, for each of which it is not. */
  gaps: string[]
}

/** What the servers say of their own sshd. */
const waysOf = ({ services, orgId }: JobContext, now: Date): Promise<Ways> =>
  readIn(services.ground, orgId, null, async ({ tx }) => {
    const rows = await tx
      .selectFrom('host')
      .select(['id', 'recorderLogin', 'sshdCheckedAt', 'sshdWays'])
      .where('state', '=', 'enrolled')
      .orderBy('id')
      .limit(mostHosts)
      .execute()
    const gaps = rows.flatMap((row) => {
      const gap = postureGap(row satisfies Posture, now)
      return gap === null ? [] : [gap]
    })
    return { hosts: rows.length, bastions: rows.filter(({ recorderLogin }) => recorderLogin !== null).length, gaps }
  })

interface Paths {
  /** Access policies in force, and those of them that lead past every bastion. */
  policies: number
  past: number
  /** Sessions on servers within 30 days, and those of them under a grant of which nothing was recorded. */
  sessions: number
  unrecorded: number
}

const pathsOf = async ({ services, orgId }: JobContext, now: Date): Promise<Paths> => {
  const { rows } = await readIn(services.ground, orgId, null, ({ transaction }) =>
    transaction.query(
      `with session as (select s.org_id, s.grant_id from live_session s join host h on h.org_id = s.org_id and h.id = s.host_id
          where s.started_at > $1::timestamptz - interval '30 days' and s.login is distinct from h.recorder_login)
       select (select count(*) from access_policy where state = 'active' and kind = 'host') as policies,
        (select count(*) from access_policy where state = 'active' and kind = 'host' and bastion_id is null) as past,
        (select count(*) from session) as sessions,
        (select count(*) from session s where not exists
          (select from recording r where r.org_id = s.org_id and r.grant_id = s.grant_id)) as unrecorded`,
      [now],
    ),
  )
  const figure = (name: keyof Paths): number => Number(rows[0]?.[name] ?? Number.NaN)
  return { policies: figure('policies'), past: figure('past'), sessions: figure('sessions'), unrecorded: figure('unrecorded') }
}

/** Verifies the newest recordings as a reader would. */
const verified = ({ services, orgId }: JobContext): Promise<{ checked: number; broken: number }> =>
  readIn(services.ground, orgId, null, async (unit) => {
    const rows = await unit.tx
      .selectFrom('recording')
      .select(['id', 'chunks'])
      .where('state', '<>', 'running')
      .orderBy('id', 'desc')
      .limit(mostRecordings)
      .execute()
    let [chunks, checked, broken] = [0, 0, 0]
    for (const row of rows) {
      chunks += row.chunks
      if (chunks > mostChunks && checked > 0) break
      checked += 1
      if ((await brokenAt(unit, row.id)).at !== null) broken += 1
    }
    return { checked, broken }
  })

const some = (count: number, what: string): string[] => (count === 0 ? [] : [`${count} ${what}`])

const wrongIn = ({ hosts, bastions, gaps }: Ways, { policies, past, unrecorded }: Paths, broken: number): string[] => [
  ...(hosts === 0 ? ['no server of the operator’s is enrolled, so that there is nothing to look at'] : []),
  ...(hosts > 0 && bastions === 0 ? ['no enrolled server is a bastion'] : []),
  ...(hosts > 0 && policies === 0 ? ['no access policy leads to a server'] : []),
  ...some(past, `of ${policies} access policies lead past every bastion`),
  ...some(gaps.length, `of ${hosts} servers are not known to honour certificates alone (${[...new Set(gaps)].join(', ')})`),
  ...some(unrecorded, 'sessions of the last 30 days were under a grant of which nothing was recorded'),
  ...some(broken, 'recordings are not what arrived'),
]

/** One way in, which is watched: never kept where there is no server to look at, or where one has not said how it stands. */
const onlyThroughBastions = keeps('C7', async (context) => {
  const now = context.services.clock.now()
  const [ways, paths] = [await waysOf(context, now), await pathsOf(context, now)]
  const { checked, broken } = await verified(context)
  const wrong = wrongIn(ways, paths, broken)
  const recordings =
    checked === 0
      ? 'Nothing has been recorded yet, since nobody has logged in.'
      : `The chains of the newest ${checked} recordings were verified just now and are whole.`
  return {
    kept: wrong.length === 0,
    proof:
      wrong.length === 0
        ? `On all ${ways.hosts} enrolled servers sshd was asked, account by account, and honours no authorized_keys, no command in their place, no password and no authority but ours. All ${paths.policies} access policies lead through a bastion; of ${paths.sessions} sessions on servers in 30 days none was under a grant without a recording. ${recordings}`
        : `${wrong.join('; ')}.`,
  }
})

export const promises = [onlyThroughBastions]

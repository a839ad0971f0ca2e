import { createHash, X509Certificate } from 'node:crypto'
import { fingerprintOf, parsePublicKey } from '@holdfast/crypto/ssh'
import { HostId } from '@holdfast/contract'
import type { ExpressionBuilder, Selectable } from 'kysely'
import { newestChange, type NewestChange } from '../../kernel/access/sequence.ts'
import type { HostTable } from '../../kernel/access/tables.ts'
import type { Services } from '../../kernel/services.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import type { Database } from '../../kernel/tenancy/schema.ts'
import { enrolCommand, standingOf } from './rules.ts'

const columns = [
  ...(['id', 'name', 'environment', 'labels', 'address', 'port', 'whenStale', 'recorderLogin', 'state'] as const),
  ...([
    'hostPublicKey',
    'agentVersion',
    'acknowledged',
    'acknowledgedAt',
    'lastSeenAt',
    'createdAt',
    'enrolledAt',
    'retiredAt',
    'sshdCheckedAt',
    'sshdAccounts',
    'sshdWays',
    'clockSkewSeconds',
  ] as const),
] as const
type Row = Pick<Selectable<HostTable>, (typeof columns)[number]> & {
  live: string | null
  waitingSince: Date | null
}

/** Of the host of the row: since when there is a change that it has not acknowledged. */
export const waitingSince = (selectFrom: ExpressionBuilder<Database, 'host'>['selectFrom']) =>
  selectFrom('accessChange as c')
    .select('c.changedAt')
    .where(({ eb, fn, ref, val }) => eb('c.sequence', '>', fn.coalesce(ref('host.acknowledged'), val('0'))))
    .orderBy('c.sequence')
    .limit(1)
    .as('waitingSince')

const selectHosts = (tx: OrgTx) =>
  tx
    .selectFrom('host')
    .select(columns.map((column) => `host.${column}` as const))
    .select(({ selectFrom }) => [
      selectFrom('liveSession as s')
        .select(({ fn }) => fn.countAll<string>().as('n'))
        .whereRef('s.hostId', '=', 'host.id')
        .where('s.endedAt', 'is', null)
        .as('live'),
      waitingSince(selectFrom),
    ])

const instant = (date: Date | null): string | null => date?.toISOString() ?? null

const present = (row: Row, newest: NewestChange, now: Date) => ({
  id: HostId.parse(row.id),
  name: row.name,
  environment: row.environment,
  labels: row.labels,
  address: row.address,
  port: row.port,
  whenStale: row.whenStale,
  recorderLogin: row.recorderLogin,
  state: row.state,
  hostKeyFingerprint: row.hostPublicKey === null ? null : fingerprintOf(parsePublicKey(row.hostPublicKey)),
  agentVersion: row.agentVersion,
  acknowledged: row.acknowledged === null ? null : Number(row.acknowledged),
  acknowledgedAt: instant(row.acknowledgedAt),
  lastSeenAt: instant(row.lastSeenAt),
  standing: standingOf({ ...row, acknowledged: Number(row.acknowledged ?? 0) }, newest, now),
  sshd: row.sshdCheckedAt && {
    checkedAt: row.sshdCheckedAt.toISOString(),
    accounts: row.sshdAccounts ?? 0,
    ways: row.sshdWays ?? [],
  },
  clockSkewSeconds: row.clockSkewSeconds,
  liveSessions: Number(row.live ?? 0),
  createdAt: row.createdAt.toISOString(),
  enrolledAt: instant(row.enrolledAt),
  retiredAt: instant(row.retiredAt),
})

export const readHost = async (tx: OrgTx, id: string, now: Date) => {
  const row = await selectHosts(tx).where('host.id', '=', id).executeTakeFirst()
  return row && present(row, await newestChange(tx), now)
}

export interface Wanted {
  state?: 'waiting' | 'enrolled' | 'retired' | undefined
  environment?: string | undefined
  label?: string | undefined
  search?: string | undefined
}

export const readHosts = async (tx: OrgTx, wanted: Wanted, after: string | null, limit: number, now: Date) => {
  let query = selectHosts(tx)
  if (wanted.state !== undefined) query = query.where('host.state', '=', wanted.state)
  if (wanted.environment !== undefined) query = query.where('host.environment', '=', wanted.environment)
  if (wanted.label !== undefined) query = query.where(({ eb, val }) => eb(val(wanted.label ?? ''), '=', eb.fn.any('host.labels')))
  if (wanted.search !== undefined) query = query.where('host.name', 'like', `%${wanted.search.replace(/[\\%_]/g, '\\$&')}%`)
  if (after !== null) query = query.where('host.id', '<', after)
  const newest = await newestChange(tx)
  const rows = await query.orderBy('host.id', 'desc').limit(limit).execute()
  return rows.map((row) => present(row, newest, now))
}

/** Where our own TLS certificate comes from an authority of ours, its fingerprint: the agent has nothing else to know us by. */
const caFingerprintOf = ({ endpoints }: Pick<Services, 'endpoints'>): string | null => {
  const ca = endpoints.find(({ name }) => name === 'https')?.ca
  return ca ? createHash('sha256').update(new X509Certificate(ca).raw).digest('hex') : null
}

/** What is shown once, to be run on the host. */
export const enrolmentOf = (
  services: Pick<Services, 'endpoints' | 'publicUrl'>,
  host: NonNullable<Awaited<ReturnType<typeof readHost>>>,
  token: string,
  expiresAt: Date,
) => {
  const caFingerprint = caFingerprintOf(services)
  return {
    ...{ hostId: host.id, host, token, caFingerprint },
    expiresAt: expiresAt.toISOString(),
    command: enrolCommand(services.publicUrl, token, caFingerprint),
  }
}

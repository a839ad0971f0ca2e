import { operator, OrgId, type Plan } from '@holdfast/contract'
import { sql } from 'kysely'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle } from '../../kernel/handle.ts'

const round = (value: number): number => Math.round(value * 10) / 10

interface Part {
  name: string
  ok: boolean
  detail: string
  latencyMs: number | null
}

/** Asks a part one question and times the answer. */
const asked = async (name: string, question: Promise<string>): Promise<Part> => {
  const start = performance.now()
  const part = (ok: boolean, detail: string): Part => ({ name, ok, detail, latencyMs: round(performance.now() - start) })
  return question.then(
    (detail) => part(true, detail),
    () => part(false, 'does not answer'),
  )
}

export const health = handle(operator.health, async (_, { services }) => {
  const { ground, metrics, about, mailer } = services
  const { pool } = ground
  const parts = await Promise.all([
    asked(
      'Database',
      pool
        .query<{ version: string }>(`select current_setting('server_version') as version`)
        .then(({ rows }) => `PostgreSQL ${rows[0]?.version ?? ''}`),
    ),
    asked(
      'Disk flush',
      ground.barrier().then(() => 'the shared flush answers'),
    ),
    asked(
      'Key server',
      ground.keyServer.health().then(({ adapter }) => `keys in ${adapter}`),
    ),
  ])
  const waitingForPool = pool.waitingCount > 0
  const { eventLoopDelayMs, ...requests } = metrics.state()
  return {
    version: about.version,
    node: process.version,
    startedAt: about.startedAt.toISOString(),
    parts: [
      ...parts,
      {
        name: 'Connections',
        ok: !waitingForPool,
        detail: `${pool.totalCount} open, ${pool.idleCount} idle, ${pool.waitingCount} waited for`,
        latencyMs: null,
      },
      {
        name: 'Mail',
        ok: true,
        detail: mailer ? 'sent by SMTP' : 'held in the outbox: no mail server is configured',
        latencyMs: null,
      },
    ],
    memoryMb: round(process.memoryUsage.rss() / 1_048_576),
    eventLoopDelayMs,
    requests,
  }
})

/** Names only: the gate's function answers the operator's organisation and nobody else, and reads nothing of what is in them. */
export const organisations = handle(operator.organisations, async ({ limit, after }, { tx }) => {
  const cursor = cursorOf(OrgId, after)
  const found = sql<{
    id: OrgId
    name: string
    plan: Plan
    region: string
    createdAt: Date
  }>`operator_organisations(${cursor}::uuid, ${limit + 1}::int)`
  const rows = await tx.selectFrom(found.as('found')).selectAll().execute()
  const shown = rows.slice(0, limit)
  return {
    rows: shown.map(({ createdAt, ...row }) => ({ ...row, createdAt: createdAt.toISOString() })),
    next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
  }
})

import { ledger } from '@holdfast/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle } from '../../kernel/handle.ts'
import { namesOf } from '../../kernel/people.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { instantOf, microsecondsOf, parseBody, presentChange } from './entry-body.ts'
import { latestCheckpoint, presentCheckpoints, verifierKeys } from './checkpoints.ts'

const columns = [
  'seq',
  'atUs',
  sql<string>`encode(prev, 'hex')`.as('prev'),
  sql<string>`encode(hash, 'hex')`.as('hash'),
  'body',
] as const

interface Row {
  seq: string
  atUs: string
  prev: string
  hash: string
  body: string
}

const present = ({ seq, atUs, prev, hash, body: text }: Row, names: ReadonlyMap<string, string>) => {
  const body = parseBody(text)
  const actor = body?.actor ?? { type: 'unknown', id: 'unknown' }
  return {
    seq: Number(seq),
    at: instantOf(atUs),
    hash,
    prev,
    action: body?.action ?? 'unreadable',
    actor: { type: actor.type, id: actor.id, name: names.get(actor.id) ?? null },
    target: body?.target?.id ?? '',
    outcome: body?.outcome ?? 'unreadable',
    reason: body?.reason ?? null,
  }
}

const namesFor = (rows: readonly Row[], context: Parameters<typeof namesOf>[0]) =>
  namesOf(
    context,
    rows.map(({ body }) => parseBody(body)?.actor.id).filter((id) => id !== undefined),
  )

/** Entries looked through for one page of a filtered list; past that the page ends early and `next` goes on. */
const scanned = 20_000

const seqAt = async (tx: OrgTx, instant: string): Promise<number> => {
  const { seq } = await tx
    .selectNoFrom(sql<string>`ledger_seq_at(${microsecondsOf(instant)})`.as('seq'))
    .executeTakeFirstOrThrow()
  return Number(seq)
}

const sizeOf = async (tx: OrgTx): Promise<number> => {
  const newest = await tx.selectFrom('ledger').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
  return newest ? Number(newest.seq) + 1 : 0
}

/** A beginning such as `policy.`, taken literally. */
const beginsWith = (text: string): string => `${text.replace(/[\\%_]/g, '\\$&')}%`

const Cursor = z.coerce.number().int().min(0)

export const list = handle(ledger.list, async ({ limit, after, actor, action, target, from, to }, { tx, vault }) => {
  const cursor = cursorOf(Cursor, after)
  const top = Math.min(cursor ?? Number.MAX_SAFE_INTEGER, to === undefined ? await sizeOf(tx) : await seqAt(tx, to))
  const bottom = Math.max(from === undefined ? 0 : await seqAt(tx, from), 0)
  const reach = Math.max(bottom, top - scanned)
  const body = sql<Record<string, unknown>>`body::jsonb`
  let query = tx.selectFrom('ledger').select(columns).where('seq', '<', String(top)).where('seq', '>=', String(reach))
  if (actor !== undefined) query = query.where(sql<boolean>`${body} -> 'actor' ->> 'id' = ${actor}`)
  if (action !== undefined) query = query.where(sql<boolean>`${body} ->> 'action' like ${beginsWith(action)}`)
  if (target !== undefined) query = query.where(sql<boolean>`${body} -> 'target' ->> 'id' = ${target}`)
  const rows = await query.orderBy('seq', 'desc').limit(limit).execute()
  const names = await namesFor(rows, { tx, vault })
  const last = rows.length === limit ? Number(rows.at(-1)?.seq) : reach
  return { rows: rows.map((row) => present(row, names)), next: last > bottom ? String(last) : null }
})

const Origin = z.object({ address: z.string(), agent: z.string() })

export const read = handle(ledger.read, async ({ seq }, { tx, vault, fail }) => {
  const row = await tx.selectFrom('ledger').select(columns).where('seq', '=', String(seq)).executeTakeFirst()
  if (!row) throw fail('entry_not_found')
  const body = parseBody(row.body)
  const sealed = body?.request?.origin
  // An origin whose key was destroyed (erasure) stays closed; the entry itself stays verifiable.
  const origin = sealed
    ? await vault
        .openText('org', { table: 'ledger', column: 'origin', row: body.id }, Buffer.from(sealed, 'base64'))
        .then((text) => Origin.parse(JSON.parse(text)))
        .catch(() => null)
    : null
  return {
    ...present(row, await namesFor([row], { tx, vault })),
    changes: (body?.changes ?? []).slice(0, 1000).map(presentChange),
    origin,
    session: body?.actor.session ?? null,
    via: body?.actor.via ?? '',
    request: body?.request?.id ?? '',
    body: row.body,
  }
})

export const head = handle(ledger.head, async (_, { tx, vault, orgId, services }) => {
  const newest = await tx.selectFrom('ledger').select(columns).orderBy('seq', 'desc').limit(1).executeTakeFirst()
  const checkpoint = await latestCheckpoint(tx)
  return {
    size: newest ? Number(newest.seq) + 1 : 0,
    hash: newest?.hash ?? null,
    at: newest ? instantOf(newest.atUs) : null,
    checkpoint: checkpoint ? ((await presentCheckpoints({ tx, vault }, [checkpoint]))[0] ?? null) : null,
    verifierKeys: await verifierKeys(services, orgId),
  }
})

export const activity = handle(ledger.activity, async (_, { tx, now }) => {
  const since = new Date(now.getTime() - 29 * 86_400_000).toISOString().slice(0, 10)
  const first = await seqAt(tx, `${since}T00:00:00.000Z`)
  const rows = await tx
    .selectFrom('ledger')
    .select([
      sql<string>`to_char(to_timestamp(at_us / 1000000) at time zone 'UTC', 'YYYY-MM-DD')`.as('on'),
      sql<string>`count(*)`.as('entries'),
    ])
    .where('seq', '>=', String(first))
    .groupBy('on')
    .execute()
  const counted = new Map(rows.map(({ on, entries }) => [on, Number(entries)]))
  const days = Array.from({ length: 30 }, (_, day) => new Date(Date.parse(since) + day * 86_400_000).toISOString().slice(0, 10))
  return { days: days.map((on) => ({ on, entries: counted.get(on) ?? 0 })) }
})

export const checkpoints = handle(ledger.checkpoints, async ({ limit, after }, { tx, vault }) => {
  const cursor = cursorOf(Cursor, after)
  let query = tx.selectFrom('ledgerCheckpoint').select(['size', 'root', 'note', 'createdAt'])
  if (cursor !== null) query = query.where('size', '<', String(cursor))
  const rows = await query
    .orderBy('size', 'desc')
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit)
  return { rows: await presentCheckpoints({ tx, vault }, shown), next: rows.length > limit ? (shown.at(-1)?.size ?? null) : null }
})

import { EnvelopeError } from '@holdfast/crypto'
import { z } from 'zod'
import { job, type JobContext } from '../../kernel/job.ts'
import { changeAs, readIn, type Unit } from '../../kernel/unit.ts'

export const resealTask = 'encryption.reseal'

interface SealedColumn {
  table: string
  column: string
  /** SQL over the row: its primary key without the organisation, joined by `/`, as the envelope's context names it. */
  row: string
}
interface SealedRow {
  row: string
  envelope: Buffer
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Every column that holds envelopes of a tenant's table and may be changed, as the catalogue has them. */
const columnsText = `
  select c.relname as table_name, a.attname as column_name,
    (select array_agg(k.attname::text order by array_position(i.indkey::int2[], k.attnum))
       from pg_index i join pg_attribute k on k.attrelid = i.indrelid and k.attnum = any (i.indkey)
      where i.indrelid = c.oid and i.indisprimary and k.attname <> 'org_id') as keys
  from pg_class c
    join protected_table p on p.name = c.relname and p.kind = 'tenant'
    join pg_attribute a on a.attrelid = c.oid
  where c.relnamespace = 'public'::regnamespace and a.attname like '%\\_sealed' and a.atttypid = 'bytea'::regtype and not a.attisdropped
    and has_column_privilege(c.oid, a.attnum, 'update')
  order by 1, 2`

const sealedColumns = async ({ transaction }: Unit): Promise<SealedColumn[]> => {
  const { rows } = await transaction.query(columnsText, [])
  return z
    .array(z.object({ table_name: z.string(), column_name: z.string(), keys: z.array(z.string()).min(1) }))
    .parse(rows)
    .map(({ table_name: table, column_name: column, keys }) => ({
      table,
      column,
      row: keys.map((key) => `${quoted(key)}::text`).join(` || '/' || `),
    }))
}

/** Ids of the organisation's keys that were replaced: they stand in the envelopes (bytes 5–20), so no key is needed to find what they sealed. */
const replacedKeys = async ({ tx }: Unit, orgId: string): Promise<Buffer[]> => {
  const rows = await tx
    .selectFrom('dataKey')
    .select('keyId')
    .where('scope', '=', `org:${orgId}`)
    .where('state', '=', 'retired')
    .limit(1000)
    .execute()
  return rows.map(({ keyId }) => keyId)
}

const batchRows = 100
const batchBytes = 4 * 1024 * 1024

/** The next rows sealed by one of `keys`: a hundred at most, and no more than 4 MiB but for one that is larger itself. */
const nextBatch = async (
  { transaction }: Unit,
  { table, column, row }: SealedColumn,
  keys: Buffer[],
  past: string,
): Promise<SealedRow[]> => {
  const { rows } = await transaction.query(
    `select row, envelope from (
       select row, envelope, sum(length(envelope)) over (order by row) as bytes, row_number() over (order by row) as n
       from (select ${row} as row, ${quoted(column)} as envelope from ${quoted(table)}
             where org_id = $1 and substring(${quoted(column)} from 5 for 16) = any ($2) and ${row} > $3 order by 1 limit ${batchRows}) found
     ) counted where bytes <= ${batchBytes} or n = 1 order by row`,
    [transaction.orgId, keys, past],
  )
  return rows as unknown as SealedRow[]
}

/** Seals one batch anew in a transaction of its own; a row that somebody changed meanwhile is left as they wrote it. Null: nothing left. */
const resealBatch = async (
  { services, orgId, log }: JobContext,
  column: SealedColumn,
  keys: Buffer[],
  past: string,
): Promise<string | null> => {
  let last: string | null = null
  await changeAs(services.ground, resealTask, orgId, async (unit) => {
    const batch = await nextBatch(unit, column, keys, past)
    last = batch.at(-1)?.row ?? null
    const done: { row: string; before: Buffer; after: Buffer }[] = []
    for (const { row, envelope } of batch) {
      const place = { table: column.table, column: column.column, row }
      try {
        const plaintext = await unit.vault.open('org', place, envelope)
        done.push({ row, before: envelope, after: await unit.vault.seal('org', place, plaintext) })
        plaintext.fill(0)
      } catch (error) {
        if (!(error instanceof EnvelopeError)) throw error
        log('a sealed value did not open and stays as it is', { table: column.table, column: column.column, row })
      }
    }
    if (done.length === 0) return null
    await unit.transaction.query(
      `update ${quoted(column.table)} set ${quoted(column.column)} = v.after
       from unnest($2::text[], $3::bytea[], $4::bytea[]) v (row, before, after)
       where org_id = $1 and ${column.row} = v.row and ${quoted(column.column)} = v.before`,
      [orgId, done.map(({ row }) => row), done.map(({ before }) => before), done.map(({ after }) => after)],
    )
    return {
      value: done.length,
      action: 'encryption.data_resealed',
      targetId: `${column.table}.${column.column}`,
      reason: `${done.length} values`,
    }
  })
  return last
}

/** Seals by the current key what an older one sealed: table by table, in small transactions, each with its entry. Entries themselves stay. */
export const reseal = job(resealTask, z.object({}), async (_, context) => {
  const { services, orgId, log } = context
  const { columns, keys } = await readIn(services.ground, orgId, null, async (unit) => ({
    columns: await sealedColumns(unit),
    keys: await replacedKeys(unit, orgId),
  }))
  if (keys.length === 0) return
  for (const column of columns) {
    let past: string | null = ''
    while (past !== null) {
      past = await resealBatch(context, column, keys, past).catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error && error.code === 'HF003')) throw error
        log('a table that never changes keeps its seals', { table: column.table })
        return null
      })
    }
  }
})

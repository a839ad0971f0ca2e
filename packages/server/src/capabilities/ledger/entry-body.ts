import { z } from 'zod'

/** The body of an entry as it is read back; docs/ledger-format.md. Bodies are our own, yet nothing in them is taken for granted. */
const EntryBody = z.object({
  id: z.string(),
  actor: z.object({ type: z.string(), id: z.string(), session: z.string().optional(), via: z.string().default('') }),
  action: z.string(),
  target: z.object({ type: z.string(), id: z.string() }).nullish(),
  request: z.object({ id: z.string(), origin: z.base64().optional() }).nullish(),
  reason: z.string().nullish(),
  outcome: z.string().default('done'),
  changes: z.array(
    z.object({
      table: z.string(),
      key: z.record(z.string(), z.unknown()),
      before: z.record(z.string(), z.unknown()).nullable(),
      after: z.record(z.string(), z.unknown()).nullable(),
    }),
  ),
})
export type EntryBody = z.output<typeof EntryBody>

/** Null when the text is not an entry's body: somebody wrote to the table. */
export const parseBody = (text: string): EntryBody | null => {
  try {
    return EntryBody.parse(JSON.parse(text))
  } catch {
    return null
  }
}

const shown = (column: string, value: unknown): string | null => {
  if (value === null || value === undefined) return null
  if (column.endsWith('_sealed')) return 'sealed'
  if (typeof value === 'string') return value
  return JSON.stringify(value)
}

type Change = EntryBody['changes'][number]

const kindOf = ({ before, after }: Change): 'insert' | 'update' | 'delete' =>
  before === null ? 'insert' : after === null ? 'delete' : 'update'

/** A change as people read it: field by field, before and after; sealed values say so. */
export const presentChange = (change: Change) => {
  const names = [...new Set([...Object.keys(change.before ?? {}), ...Object.keys(change.after ?? {})])].toSorted()
  return {
    table: change.table,
    key: Object.values(change.key).map(String).join(' / '),
    kind: kindOf(change),
    fields: names
      .slice(0, 200)
      .map((name) => ({ name, before: shown(name, change.before?.[name]), after: shown(name, change.after?.[name]) })),
  }
}

/** Microseconds since 1970, as the chain keeps them, to RFC 3339 with milliseconds. */
export const instantOf = (microseconds: string): string => new Date(Number(BigInt(microseconds) / 1000n)).toISOString()
export const microsecondsOf = (instant: string): string => String(BigInt(Date.parse(instant)) * 1000n)

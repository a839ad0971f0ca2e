import { database, DatabaseId } from '@holdfast/contract'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle } from '../../kernel/handle.ts'
import { readDatabase, readDatabases } from './rows.ts'

export const list = handle(database.list, async ({ limit, after, ...wanted }, { tx }) => {
  const rows = await readDatabases(tx, wanted, cursorOf(DatabaseId, after), limit + 1)
  const shown = rows.slice(0, limit)
  return { rows: shown, next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
})

export const read = handle(database.read, async ({ id }, { tx, fail }) => {
  const found = await readDatabase(tx, id)
  if (!found) throw fail('database_not_found')
  return found
})

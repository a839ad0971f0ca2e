import type { LedgerChange } from '@holdfast/contract'
import type { z } from 'zod'

type Change = z.infer<typeof LedgerChange>
export interface FieldRow {
  name: string
  before: string | null
  after: string | null
  changed: boolean
}

const verbs = { insert: 'New', update: 'Changed', delete: 'Removed' } as const

/** "New policy_version": what happened to which kind of row. */
export const changeInWords = ({ kind, table }: Pick<Change, 'kind' | 'table'>): string =>
  `${verbs[kind]}: ${table.replaceAll('_', ' ')}`

/** The fields that changed first; of an insert or a removal, those that held something. Two sealed values may differ without looking so. */
export const fieldRows = ({ kind, fields }: Pick<Change, 'kind' | 'fields'>): FieldRow[] => {
  const rows = fields.map(({ name, before, after }) => ({
    name,
    before,
    after,
    changed: before !== after || before === 'sealed',
  }))
  if (kind === 'insert') return rows.filter(({ after }) => after !== null)
  if (kind === 'delete') return rows.filter(({ before }) => before !== null)
  return rows.toSorted((a, b) => Number(b.changed) - Number(a.changed))
}

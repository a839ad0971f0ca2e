import { Role } from '@holdfast/contract'
import { sql } from 'kysely'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import type { Access } from './rules.ts'

/** Which of a kind: a page in the order of their ids, or some by their ids, held until commit so that they stay as they are. */
export type Wanted = { after: string; limit: number } | { refs: readonly string[]; hold: boolean }
export type Source = (tx: OrgTx, wanted: Wanted, now: Date) => Promise<Access[]>

export const roleOf = (role: string | null): Role | null => (role === null ? null : Role.parse(role))
export const latest = (...times: (Date | null)[]): Date | null =>
  times.reduce((a, b) => (a === null || (b !== null && b > a) ? b : a), null)
/** What most kinds have nothing to say about. */
export const plain = {
  personId: null,
  role: null,
  lastUsedAt: null,
  expiresAt: null,
  secondFactor: null,
  holderGone: false,
} as const

/** The part of a statement that says which; `column` is what `ref` is. */
export const which = (wanted: Wanted, column: string) => {
  const id = sql.ref<string>(column)
  return 'refs' in wanted
    ? { where: sql<boolean>`${id} = any (${sql.val(wanted.refs)})`, limit: wanted.refs.length, hold: wanted.hold }
    : { where: sql<boolean>`${id} > ${wanted.after}`, limit: wanted.limit, hold: false }
}

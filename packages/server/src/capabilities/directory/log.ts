import { DirectoryLogId, type DirectoryCredentialId } from '@holdfast/contract'
import type { Entered } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { writeLater } from '../../kernel/tenancy/org-tx.ts'
import './table.ts'

const longest = 4_000

/** What a directory asked for and what became of it. */
export interface Logged {
  at: Date
  credentialId: DirectoryCredentialId
  requestId: string
  /** `POST /Users`. */
  operation: string
  target: string | null
  status: number
  /** Null: done. */
  code: string | null
  marked: boolean
  /** What came, as it came. Sealed. */
  request: unknown
  /** What was done, or why not; a sentence each. Sealed, since it may name people. */
  said: readonly string[]
}

export const logPlace = (row: string) => ({ table: 'directory_log', column: 'detail_sealed', row })

/** Passwords are not taken, and not kept either: directories send them where somebody switched that on. */
const withoutPasswords = (name: string, value: unknown): unknown => {
  if (/password$/i.test(name)) return 'not kept'
  if (typeof value !== 'object' || value === null || !('path' in value)) return value
  return /password/i.test(String(value.path)) ? { ...value, value: 'not kept' } : value
}

/** For the customer's administrators. Written with the change it tells of, at the latest by its COMMIT; that of a refusal by itself. */
export const keepLog = async ({ tx, vault }: Entered, { request, said, ...logged }: Logged): Promise<void> => {
  const id = newIdOf(DirectoryLogId, 'dl')
  const text = JSON.stringify(request ?? null, withoutPasswords)
  const detail = JSON.stringify({ request: text.length > longest ? `${text.slice(0, longest)}…` : text, said })
  const target = logged.target?.slice(0, 64).replaceAll(/[^\x20-\x7e]/g, '?') ?? null
  const values = { ...logged, id, target, detailSealed: await vault.seal('org', logPlace(id), detail) }
  writeLater(tx, tx.insertInto('directoryLog').values(values))
}

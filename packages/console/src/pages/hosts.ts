import { database, host } from '@holdfast/contract'
import { useEveryRowOf } from './everyRow.ts'

/** Every server (at most 1,000), to choose from and to name by id. */
export const useHosts = () => useEveryRowOf(host.list, {})

/** The same of databases. */
export const useDatabases = () => useEveryRowOf(database.list, {})

/** A server’s or database’s name by its id; null for one that is not known. */
export const useTargetNames = (): ((id: string) => string | null) => {
  const rows = [...(useHosts().rows ?? []), ...(useDatabases().rows ?? [])]
  const names = new Map<string, string>(rows.map(({ id, name }) => [id, name]))
  return (id) => names.get(id) ?? null
}

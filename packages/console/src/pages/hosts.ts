import { host } from '@holdfast/contract'
import { useEveryRowOf } from './everyRow.ts'

/** Every server (at most 1,000), to choose from and to name by id. */
export const useHosts = () => useEveryRowOf(host.list, {})

/** A server’s name by its id; null for one that is not known. */
export const useHostNames = (): ((id: string) => string | null) => {
  const names = new Map<string, string>(useHosts().rows?.map(({ id, name }) => [id, name]))
  return (id) => names.get(id) ?? null
}

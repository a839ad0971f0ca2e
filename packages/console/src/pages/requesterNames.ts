import { serviceAccount } from '@holdfast/contract'
import { useEveryRowOf } from './everyRow.ts'
import { useNames } from './people.tsx'

/** How to say who somebody is, where it may be a service account too. */
export const useRequesterNames = (): ((id: string) => string | null) => {
  const people = useNames()
  const { rows = [] } = useEveryRowOf(serviceAccount.list, { show: 'all' })
  const accounts = new Map<string, string>(rows.map(({ id, name }) => [id, name]))
  return (id) => accounts.get(id) ?? people(id)
}

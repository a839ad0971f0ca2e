import type { InputOf, OutputOf, Query } from '@holdfast/contract'
import { useQuery } from '@tanstack/react-query'
import { api } from '../kit/index.ts'

type RowOf<O> = OutputOf<O> extends { rows: (infer R)[] } ? R : never

/** More than this many pages of a hundred are not fetched to choose from. */
const mostPages = 10

/** All rows of a list (at most 1,000), to choose from; undefined while they load. Kept for half a minute. */
export const useEveryRowOf = <O extends Query>(
  operation: O,
  input: Omit<InputOf<O>, 'after' | 'limit'>,
  enabled = true,
): { rows: RowOf<O>[] | undefined; error: Error | null } => {
  const { data, error } = useQuery({
    queryKey: [operation.name, 'every', input],
    queryFn: async ({ signal }) => {
      const rows: RowOf<O>[] = []
      let after: string | null = null
      for (let page = 0; page < mostPages; page++) {
        const asked = { ...input, limit: 100, ...(after !== null && { after }) } as unknown as InputOf<O>
        const answer = (await api.call(operation, asked, { signal })).value as { rows: RowOf<O>[]; next: string | null }
        rows.push(...answer.rows)
        after = answer.next
        if (after === null) break
      }
      return rows
    },
    staleTime: 30_000,
    enabled,
  })
  return { rows: data, error }
}

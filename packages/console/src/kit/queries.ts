import { type Operation, type OutputOf, type InputOf, type Query } from '@holdfast/contract'
import { keepPreviousData, useInfiniteQuery, useQuery, type QueryClient, type UseQueryResult } from '@tanstack/react-query'
import { api } from './doors.ts'

export interface QueryOptions {
  /** False waits, for example until another answer is there. */
  enabled?: boolean
  /** Asks again every so many milliseconds while the page is visible. */
  everyMs?: number
  /** Asks anew when the page opens, however young the answer it holds. */
  fresh?: true
}

/** A query that steps up would raise its dialog again at each return to the window, so those are asked once. */
const freshness = (operation: Operation) =>
  operation.stepUp ? { staleTime: Infinity, refetchOnWindowFocus: false, refetchOnReconnect: false } : { staleTime: 5_000 }

/** The answer of a query operation. `data` is undefined until it came; `error` is a ProblemError, or a TypeError without network. */
export const useQueryOf = <O extends Query>(
  operation: O,
  input: InputOf<O>,
  options: QueryOptions = {},
): UseQueryResult<OutputOf<O>, Error> =>
  useQuery<OutputOf<O>, Error>({
    queryKey: [operation.name, input],
    queryFn: async ({ signal }) => (await api.call(operation, input, { signal })).value,
    enabled: options.enabled ?? true,
    ...(options.everyMs !== undefined && { refetchInterval: options.everyMs }),
    ...freshness(operation),
    ...(options.fresh && { refetchOnMount: 'always' as const }),
  })

type RowOf<O> = OutputOf<O> extends { rows: (infer R)[] } ? R : never

export interface Pages<R> {
  /** All rows loaded so far; undefined until the first page came. */
  rows: R[] | undefined
  error: Error | null
  /** Loads the next page; null when there is none. */
  more: (() => void) | null
  loadingMore: boolean
  /** The filters changed and the rows shown are still the ones before. */
  stale: boolean
  refetch: () => void
}

/** The rows of a list operation (`pageOf`), page after page by cursor. */
export const usePagesOf = <O extends Query>(
  operation: O,
  input: Omit<InputOf<O>, 'after'>,
  options: QueryOptions = {},
): Pages<RowOf<O>> => {
  const query = useInfiniteQuery({
    queryKey: [operation.name, 'pages', input],
    queryFn: async ({ signal, pageParam }) => {
      const asked = { ...input, ...(pageParam !== null && { after: pageParam }) } as InputOf<O>
      return (await api.call(operation, asked, { signal })).value as { rows: RowOf<O>[]; next: string | null }
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    enabled: options.enabled ?? true,
    placeholderData: keepPreviousData,
    ...(options.everyMs !== undefined && { refetchInterval: options.everyMs }),
    ...freshness(operation),
  })
  return {
    rows: query.data?.pages.flatMap((page) => page.rows),
    error: query.error,
    more: query.hasNextPage ? () => void query.fetchNextPage() : null,
    loadingMore: query.isFetchingNextPage,
    stale: query.isPlaceholderData,
    refetch: () => void query.refetch(),
  }
}

/** Asks again for every answer of these operations that some page holds. */
export const refreshAll = async (client: QueryClient, operations: readonly Operation[]): Promise<void> => {
  await Promise.all(operations.map((operation) => client.invalidateQueries({ queryKey: [operation.name] })))
}

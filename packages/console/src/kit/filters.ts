import { useLocation, useParams, useRouter } from '@tanstack/react-router'

/** Reads the named filters of a query string; an empty one is absent. */
export const filtersOf = <N extends string>(search: string, names: readonly N[]): Partial<Record<N, string>> => {
  const query = new URLSearchParams(search)
  return Object.fromEntries(names.flatMap((name) => (query.get(name) ? [[name, query.get(name)]] : []))) as Partial<
    Record<N, string>
  >
}

/** The query string with some filters changed; an empty or undefined value removes its filter. */
export const withFilters = (search: string, changes: Record<string, string | undefined>): string => {
  const query = new URLSearchParams(search)
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value)
    else query.delete(name)
  }
  const text = query.toString()
  return text && `?${text}`
}

/** Filters that live in the URL, so that a list can be shared and "back" works. */
export const useFilters = <N extends string>(
  names: readonly N[],
): [Partial<Record<N, string>>, (changes: Partial<Record<N, string | undefined>>) => void] => {
  const router = useRouter()
  const { pathname, searchStr } = useLocation()
  const set = (changes: Partial<Record<N, string | undefined>>) =>
    // The address itself, which the router follows a moment later: of two filters set at once neither is lost.
    router.history.replace(pathname + withFilters(router.history.location.search, changes as Record<string, string | undefined>))
  return [filtersOf(searchStr, names), set]
}

/** A part of the path, such as `id` of `/policies/$id`; empty when the route has no such part. */
export const useParam = (name: string): string => {
  const params: Record<string, string | undefined> = useParams({ strict: false })
  return params[name] ?? ''
}

/** Whether the URL asks to begin something (`?do=invite`), and how to open and close it. */
export const useDo = (what: string): { opened: boolean; open: () => void; close: () => void } => {
  const [filters, setFilters] = useFilters(['do'])
  return { opened: filters.do === what, open: () => setFilters({ do: what }), close: () => setFilters({ do: undefined }) }
}

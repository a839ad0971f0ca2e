import { member, type OutputOf } from '@holdfast/contract'
import { useQuery } from '@tanstack/react-query'
import { api } from './doors.ts'
import { Id } from './Hash.tsx'

export type Member = OutputOf<typeof member.list>['rows'][number]

/** More members than this are not all fetched for a list of names. */
const mostPages = 10

const allMembers = async (signal: AbortSignal): Promise<Member[]> => {
  const rows: Member[] = []
  let after: string | undefined
  for (let page = 0; page < mostPages; page++) {
    const { value } = await api.call(member.list, { limit: 100, ...(after !== undefined && { after }) }, { signal })
    rows.push(...value.rows)
    if (value.next === null) break
    after = value.next
  }
  // Somebody may join while the pages are read, and then stand on two of them.
  return [...new Map(rows.map((row) => [row.id, row])).values()]
}

/** The members of the organisation (at most 1,000), kept for a minute. Undefined while they load or where they may not be read. */
export const useMembers = (): Member[] | undefined =>
  useQuery({ queryKey: [member.list.name, 'all'], queryFn: ({ signal }) => allMembers(signal), staleTime: 60_000, retry: false })
    .data

/** A person by name; by id when they are no member any more. */
export const Person = ({ id, empty = 'nobody' }: { id: string | null; empty?: string }) => {
  const members = useMembers()
  if (id === null) return <>{empty}</>
  const known = members?.find((each) => each.id === id)
  if (known) return <span title={known.email}>{known.name}</span>
  return <Id value={id} what="the person’s id" />
}

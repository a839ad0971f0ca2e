import { member } from '@holdfast/contract'
import { useQuery } from '@tanstack/react-query'
import { api, Id, useSession } from '../kit/index.ts'

export interface Person {
  id: string
  name: string
  email: string
}

/** Members are read page by page up to this many; an organisation with more still finds people by id. */
const most = 1000

const readMembers = async (signal: AbortSignal): Promise<Person[]> => {
  const people: Person[] = []
  for (let after: string | undefined; ;) {
    const { value } = await api.call(member.list, { limit: 100, ...(after !== undefined && { after }) }, { signal })
    people.push(...value.rows)
    // Somebody may join while the pages are read, and then stand on two of them.
    if (value.next === null || people.length >= most) return [...new Map(people.map((person) => [person.id, person])).values()]
    after = value.next
  }
}

/** The members by name, for pickers and for sentences that name somebody. Empty until they are read. */
export const useMembers = (): Person[] =>
  useQuery({ queryKey: [member.list.name, 'everybody'], queryFn: ({ signal }) => readMembers(signal), staleTime: 60_000 }).data ??
  []

/** How to say who somebody is. "you" for the reader; null for somebody who is not a member any more. */
export const useNames = (): ((id: string) => string | null) => {
  const members = useMembers()
  const { person } = useSession()
  const names = new Map(members.map(({ id, name }) => [id, name]))
  return (id) => (id === person.id ? 'you' : (names.get(id) ?? null))
}

/** A person by name; a former member by id. */
export const PersonName = ({ id }: { id: string }) => {
  const name = useNames()(id)
  return name === null ? <Id value={id} what="the id of the person" /> : <span>{name === 'you' ? 'You' : name}</span>
}

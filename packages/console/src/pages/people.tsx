import { Id, useMembers, useSession } from '../kit/index.ts'

/** How to say who somebody is. "you" for the reader; null for somebody who is not a member any more. */
export const useNames = (): ((id: string) => string | null) => {
  const members = useMembers()
  const { person } = useSession()
  const names = new Map<string, string>(members?.map(({ id, name }) => [id, name]))
  return (id) => (id === person.id ? 'you' : (names.get(id) ?? null))
}

/** A person by name; a former member by id. */
export const PersonName = ({ id }: { id: string }) => {
  const name = useNames()(id)
  return name === null ? <Id value={id} what="the id of the person" /> : <span>{name === 'you' ? 'You' : name}</span>
}

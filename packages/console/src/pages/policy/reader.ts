import { useMay, useSession } from '../../kit/index.ts'
import { useNames } from '../people.tsx'
import type { Reader } from './steps.ts'

export const policySentences = { policy_not_found: 'There is no such policy in this organisation.' }

/** Who is looking, for the rules. */
export const useReader = (): Reader => {
  const { person } = useSession()
  const may = useMay()
  const nameOf = useNames()
  return { personId: person.id, may, nameOf: (id) => nameOf(id) ?? 'a former member' }
}

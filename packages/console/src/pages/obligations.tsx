import { roleNames, State } from '../kit/index.ts'
import { PersonName } from './people.tsx'
import { stateOf, type Row } from './obligation/words.ts'

/** Who owes it: a person, or whoever holds a role. */
export const Owes = ({ row: { personId, role } }: { row: Pick<Row, 'personId' | 'role'> }) =>
  personId !== null ? <PersonName id={personId} /> : <span>{role === null ? '' : `every ${roleNames[role]}`}</span>

export const ObligationStateOf = ({ row }: { row: Pick<Row, 'state' | 'late'> }) => {
  const { kind, word } = stateOf(row)
  return <State kind={kind}>{word}</State>
}

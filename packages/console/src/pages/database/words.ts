import type { database, OutputOf } from '@holdfast/contract'
import type { StateKind } from '../../kit/index.ts'

export type Row = OutputOf<typeof database.list>['rows'][number]

export const standingOf = ({ state, trouble, openRoles }: Row): { kind: StateKind; word: string; why: string } => {
  if (state === 'retired')
    return openRoles > 0
      ? { kind: 'warn', word: 'Retired, not empty', why: 'Roles of ended grants are still being removed from it.' }
      : { kind: 'quiet', word: 'Retired', why: 'Nobody can ask for it any more.' }
  return trouble === null
    ? { kind: 'good', word: 'Well', why: 'It was reached, and is as it is registered.' }
    : { kind: 'bad', word: 'In trouble', why: trouble }
}

/** Refusals of what is done with one; the last shows what the server says. */
export const refused = {
  database_not_found: 'There is no such database.',
  database_retired: 'It is retired.',
  database_trouble: '',
}

import type { PersonId } from '@holdfast/contract'
import type { Context, Entered } from './handle.ts'
import type { Problem, ProblemExtras } from './problem.ts'

/**
 * What kind of risky work: getting onto a server or into a database; seeing a customer's data; being given the role of Owner or Admin; bringing such a
 * role along from an invitation. Of the last no second factor is asked: newcomers have none yet, and their role opens nothing until they do (C2).
 */
export type Risk = 'server_access' | 'database_access' | 'customer_data' | 'role_owner_admin' | 'invited_role'

export interface Missing {
  /** snake_case, for programs. */
  code: string
  /** One sentence: what to do. */
  detail: string
}

type Lacking = ReadonlyMap<PersonId, readonly Missing[]>

/** What one capability knows about each of these people; who lacks nothing may be left out. One statement, however many they are. */
export type ClearanceSource = (people: readonly PersonId[], risk: Risk, entered: Entered, now: Date) => Promise<Lacking>

/** Who is not cleared does no risky work (C8). Whoever knows something about people adds a source; all must be content. */
export interface Clearance {
  missing: (person: PersonId, risk: Risk, entered: Entered, now: Date) => Promise<readonly Missing[]>
  /** Those of these people who lack something, and what. */
  uncleared: (people: readonly PersonId[], risk: Risk, entered: Entered, now: Date) => Promise<Lacking>
}

export const clearanceFrom = (sources: readonly ClearanceSource[]): Clearance => {
  const uncleared: Clearance['uncleared'] = async (people, risk, entered, now) => {
    const found = new Map<PersonId, readonly Missing[]>()
    if (people.length === 0) return found
    for (const source of sources)
      for (const [person, missing] of await source(people, risk, entered, now))
        if (missing.length > 0) found.set(person, [...(found.get(person) ?? []), ...missing])
    return found
  }
  return {
    uncleared,
    missing: async (person, risk, entered, now) => (await uncleared([person], risk, entered, now)).get(person) ?? [],
  }
}

type Refuse = (code: 'not_cleared', detail?: string, extras?: ProblemExtras) => Problem

/** C8: refuses with everything that is missing. */
export const requireCleared = async (
  context: Entered & Pick<Context, 'now'> & { services: { clearance: Clearance } },
  personId: PersonId,
  risk: Risk,
  refuse: Refuse,
): Promise<void> => {
  const missing = await context.services.clearance.missing(personId, risk, context, context.now)
  if (missing.length === 0) return
  const errors = missing.map(({ code, detail }) => ({ path: code, message: detail }))
  throw refuse('not_cleared', missing.map(({ detail }) => detail).join(' '), { errors })
}

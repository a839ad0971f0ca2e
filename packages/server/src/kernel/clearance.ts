import type { PersonId } from '@holdfast/contract'
import type { Entered } from './handle.ts'

/** What kind of risky work: getting onto a server; seeing a customer's data. */
export type Risk = 'server_access' | 'customer_data'

export interface Missing {
  /** snake_case, for programs. */
  code: string
  /** One sentence: what to do. */
  detail: string
}

/** What one capability knows about it: what is missing, nothing when all is well. */
export type ClearanceSource = (person: PersonId, risk: Risk, entered: Entered, now: Date) => Promise<readonly Missing[]>

/** Who is not cleared does no risky work (C8). Whoever knows something about people adds a source; all must be content. */
export interface Clearance {
  missing: (person: PersonId, risk: Risk, entered: Entered, now: Date) => Promise<Missing[]>
}

export const clearanceFrom = (sources: readonly ClearanceSource[]): Clearance => ({
  missing: async (person, risk, entered, now) => {
    const found: Missing[] = []
    for (const source of sources) found.push(...(await source(person, risk, entered, now)))
    return found
  },
})

import type { PromiseId } from '@holdfast/contract'
import type { JobContext } from './job.ts'

/** What a check found. `proof` is public: it says what was looked at and what was seen, in one or two sentences. */
export interface CheckResult {
  kept: boolean
  proof: string
}

/**
 * A promise, registered where it is kept, with the live check that says whether it holds now. Runs in the operator's organisation.
 * A promise without one shows as not built; one whose check fails, throws or is overdue shows as not kept.
 */
export interface PromiseCheck {
  id: PromiseId
  check: (context: JobContext) => Promise<CheckResult>
}

export const keeps = (id: PromiseId, check: PromiseCheck['check']): PromiseCheck => ({ id, check })

/** A check older than this counts for nothing. */
export const checkStaleMinutes = 60

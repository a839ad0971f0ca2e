import type { ClearanceSource } from './clearance.ts'
import type { Handler } from './handle.ts'
import type { Job, Schedule } from './job.ts'
import type { Edge } from './http/edge.ts'
import type { AdoptionHook, JoinHook, MemberHook } from './membership.ts'
import type { ObligationHook } from './obligation/hook.ts'
import type { PromiseCheck } from './promise.ts'

/** What a capability's folder exports; `capabilities/index.ts` lists them all. */
export interface Capability {
  handlers: readonly Handler[]
  jobs?: readonly Job[]
  schedules?: readonly Schedule[]
  promises?: readonly PromiseCheck[]
  /** What to do when a deadline warns, breaks or escalates. */
  obligationHooks?: readonly ObligationHook[]
  /** What a person must have done before doing risky work (C8). */
  clearance?: readonly ClearanceSource[]
  /** What to do, in the same transaction, when somebody leaves the organisation or gets another role. */
  memberHooks?: readonly MemberHook[]
  /** What to do, in the same transaction, when somebody joins by an invitation. */
  joinHooks?: readonly JoinHook[]
  /** What to do, in the same transaction, when a directory takes an account in that was there before. */
  adoptionHooks?: readonly AdoptionHook[]
  /** Routes that are no operations of the contract, because a standard says what they look like. */
  edge?: Edge
}

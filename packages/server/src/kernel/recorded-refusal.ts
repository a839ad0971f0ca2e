import type { FurtherAction } from '@holdfast/contract'
import type { Problem } from './problem.ts'

/** A refusal whose changes stay: the transaction commits under `action`, then the caller gets the problem (a reused token ends its session). */
export class RecordedRefusal extends Error {
  readonly problem: Problem
  readonly action: FurtherAction
  readonly targetId: string
  constructor(problem: Problem, action: FurtherAction, targetId: string) {
    super(problem.message, { cause: problem })
    this.name = 'RecordedRefusal'
    this.problem = problem
    this.action = action
    this.targetId = targetId
  }
}

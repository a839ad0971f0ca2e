import type { Context } from '../handle.ts'
import type { Problem } from '../problem.ts'
import { hasFactor, useFactorCode } from './factors.ts'

type RefuseCode = (code: 'no_factor' | 'code_refused', detail?: string) => Problem

/**
 * A code of the second factor, entered for this act and used up by it: the confirmation of a session that is minutes old says nothing of
 * what is done now. Guesses are counted even when the act is refused.
 */
export const confirmFresh = async (
  context: Omit<Context<never>, 'fail' | 'obligations'>,
  code: string,
  refuse: RefuseCode,
): Promise<void> => {
  const person = context.person()
  if (!(await hasFactor(context, person))) throw refuse('no_factor', 'Enrol a second factor first.')
  const right = await context.services.guesses.begin('factor', person, context.origin.address)
  if (!(await useFactorCode(context, person, code, context.now)))
    throw refuse('code_refused', 'The code is wrong, too old, or was used already.')
  context.afterCommit(right)
}

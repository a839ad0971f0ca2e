import type { Operation, PasskeyAssertion } from '@holdfast/contract'
import type { Context } from '../handle.ts'
import type { Problem } from '../problem.ts'
import { hasFactor, useFactorCode } from './factors.ts'
import { ownPasskeyAnswers } from './own-passkey.ts'
import { actOf } from './passkey-challenges.ts'

/** What proves that a person is there: their code, or their passkey for `act`. */
export interface Proof {
  code: string | undefined
  passkey: PasskeyAssertion | undefined
  act: string
}
interface WithProof {
  code?: string | undefined
  passkey?: PasskeyAssertion | undefined
}
export const proofOf = (operation: Operation, input: Record<string, unknown> & WithProof): Proof => ({
  code: input.code,
  passkey: input.passkey,
  act: actOf(operation, input),
})

export type RefuseFactor = (code: 'no_factor' | 'code_refused' | 'passkey_refused' | 'code_needed', detail?: string) => Problem

/**
 * The second factor, shown for this very act and used up by it: the confirmation of a session that is minutes old says nothing of what is
 * done now. Guesses at codes are counted even when the act is refused.
 */
export const confirmFresh = async (
  context: Omit<Context<never>, 'fail' | 'obligations'>,
  { code, passkey, act }: Proof,
  refuse: RefuseFactor,
): Promise<void> => {
  const person = context.person()
  if (!(await hasFactor(context, person))) throw refuse('no_factor', 'Enrol a second factor first.')
  if (passkey) {
    if (!(await ownPasskeyAnswers(context, passkey, { use: 'act', act })))
      throw refuse('passkey_refused', 'It was not accepted: it was shown for something else, or the page waited too long.')
    return
  }
  if (code === undefined) throw refuse('code_needed', 'Enter a current code of your second factor, or use a passkey.')
  const right = await context.services.guesses.begin('factor', person, context.origin.address)
  if (!(await useFactorCode(context, person, code, context.now)))
    throw refuse('code_refused', 'The code is wrong, too old, or was used already.')
  context.afterCommit(right)
}

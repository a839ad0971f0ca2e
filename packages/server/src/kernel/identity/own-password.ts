import type { PersonId } from '@holdfast/contract'
import type { Context, Entered } from '../handle.ts'

/** Whether it is the password of the person who was entered; guesses are counted and may throw `rate_limited`. */
export const ownPasswordIs = async (
  password: string,
  personId: PersonId,
  context: Pick<Context, 'services' | 'origin'> & Entered,
): Promise<boolean> => {
  const { services, origin, tx } = context
  const right = await services.guesses.begin('password', personId, origin.address)
  const { hash } = await tx
    .selectNoFrom(({ fn }) => fn<string | null>('gate_own_password', []).as('hash'))
    .executeTakeFirstOrThrow()
  const genuine = await services.passwords.verify(hash, password)
  if (genuine) await right()
  return genuine
}

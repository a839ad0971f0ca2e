import type { PersonId } from '@holdfast/contract'
import type { Context } from '../handle.ts'
import { readIn } from '../unit.ts'

/**
 * Whether it is the password of the person who was entered; guesses are counted and may throw `rate_limited`. The hash is read outside the
 * operation's transaction: where nothing was asked of that before, no connection waits while argon2 works.
 */
export const ownPasswordIs = async (
  password: string,
  personId: PersonId,
  { services, origin, orgId }: Pick<Context, 'services' | 'origin' | 'orgId'>,
): Promise<boolean> => {
  const right = await services.guesses.begin('password', personId, origin.address)
  const { hash } = await readIn(services.ground, orgId, personId, ({ tx }) =>
    tx.selectNoFrom(({ fn }) => fn<string | null>('gate_own_password', []).as('hash')).executeTakeFirstOrThrow(),
  )
  const genuine = await services.passwords.verify(hash, password)
  if (genuine) await right()
  return genuine
}

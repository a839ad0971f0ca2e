import { equalTokens, blindIndex, hashToken } from '@holdfast/crypto'
import { PersonId, setup } from '@holdfast/contract'
import { handlePublic, type Entered } from '../../kernel/handle.ts'
import { newIdOf, newOrgId } from '../../kernel/identifier.ts'
import { createPerson } from '../../kernel/people.ts'
import { renewSecret } from '../../kernel/identity/secrets.ts'
import { createFirstSigningKeys } from '../../kernel/identity/signing-keys.ts'
import { common } from '../../kernel/problem.ts'
import { slugOf } from '../../kernel/slug.ts'

/** The secrets every later operation stands on; returns the key of the e-mail index. */
const createSecretsOfInstallation = async (entered: Entered, now: Date): Promise<Buffer> => {
  await createFirstSigningKeys(entered, now)
  await renewSecret(entered, 'refresh', now)
  return (await renewSecret(entered, 'email-index', now)).key
}

/**
 * Founds the installation: organisation one, which operates it, its Owner, the first signing key and secrets, all or nothing. Of two
 * at once the second fails on the index that allows one operator.
 */
export const complete = handlePublic(setup.complete, async (input, { services, gate, fail, enter, now, afterCommit }) => {
  const [waiting] = await gate.ask<{ gate_setup_needed: boolean }>('gate_setup_needed', [])
  if (!waiting?.gate_setup_needed) throw fail('setup_already_done')
  const expected = await services.setupTokenHash()
  if (!expected || !equalTokens(hashToken(input.token), expected)) {
    throw fail('setup_link_invalid', 'Open the link that the start of the server printed last.')
  }
  const { organisation, name, email, password } = input
  if (services.passwords.isCommon(password, [organisation, name, email])) throw fail('password_too_common')
  const passwordHash = await services.passwords.hash(password)

  const orgId = newOrgId()
  const personId = newIdOf(PersonId, 'pe')
  const entered = enter(orgId, personId)
  const emailIndex = blindIndex(await createSecretsOfInstallation(entered, now), email)
  if (!emailIndex) throw common('invalid_input', { errors: [{ path: 'email', message: 'is not an e-mail address' }] })
  await entered.tx
    .insertInto('org')
    // Whoever runs the installation has everything in it: nobody is there who could sell it to them, or give it back after a lapse.
    .values({ id: orgId, slug: slugOf(organisation, orgId), name: organisation, isOperator: true, plan: 'enterprise' })
    .execute()
  await createPerson(entered, { id: personId, name, email, emailIndex, passwordHash })
  await entered.tx.insertInto('membership').values({ personId, role: 'owner' }).execute()
  afterCommit(() => services.tokens.forget())
  return { orgId, personId }
})

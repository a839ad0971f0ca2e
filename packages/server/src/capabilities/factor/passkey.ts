import { allOperations, factor, FactorId, recoveryEnrolment, type Operation } from '@holdfast/contract'
import { handle } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { minutes } from '../../kernel/identity/lifetimes.ts'
import { actOf, challengeMinutes, newChallenge, takeChallenge } from '../../kernel/identity/passkey-challenges.ts'
import {
  credentialHash,
  descriptorsOf,
  passkeyPlace,
  passkeysAtMost,
  requestOptions,
  userHandleOf,
} from '../../kernel/identity/passkeys.ts'
import { algorithms, challengeIn, checkRegistration, relyingPartyOf } from '../../kernel/identity/webauthn.ts'
import { readPerson } from '../../kernel/people.ts'
import { common } from '../../kernel/problem.ts'
import { finishEnrolment, lockFactors, requireStandingToAdd } from './enrolment.ts'

/** Attestation is not asked for: which brand of authenticator somebody owns is none of our business (docs/adr/0013-passkeys.md). */
export const enrolPasskey = handle(factor.enrolPasskey, async (_, context) => {
  const { services, now, fail } = context
  const person = context.person()
  await requireStandingToAdd(context, false, fail)
  const excludeCredentials = await descriptorsOf(context, person)
  if (excludeCredentials.length >= passkeysAtMost) throw fail('too_many_factors')
  const challenge = await newChallenge(services.secrets, { use: 'enrol', person, session: context.session() }, now)
  if (challenge === null) throw common('dependency_unavailable')
  const { email, name } = await readPerson(context, person)
  return {
    challenge,
    rp: { id: relyingPartyOf(services.publicUrl).id, name: 'Holdfast' },
    user: { id: userHandleOf(person), name: email, displayName: name },
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key' as const, alg })),
    timeout: minutes(challengeMinutes),
    attestation: 'none' as const,
    excludeCredentials,
    authenticatorSelection: {
      residentKey: 'required' as const,
      requireResidentKey: true as const,
      userVerification: 'required' as const,
    },
  }
})

/** A credential that somebody has already is refused in the words of any other failure, so that nobody learns of it. */
export const confirmPasskey = handle(factor.confirmPasskey, async ({ label, passkey }, context) => {
  const { tx, vault, gate, services, now, fail, obligations } = context
  const { principal, enrolled, recovery } = await requireStandingToAdd(context, true, fail)
  const { personId } = principal
  const passkeys = (await lockFactors(context, personId)).filter(({ kind }) => kind === 'passkey')
  if (passkeys.length >= passkeysAtMost) throw fail('too_many_factors')

  const refused = () => fail('passkey_refused', 'The passkey was not accepted, or the page waited too long. Begin again.')
  const challenge = challengeIn(passkey.response.clientDataJSON)
  const ceremony = { use: 'enrol' as const, person: personId, session: principal.sessionId }
  if (!(await takeChallenge({ secrets: services.secrets, gate, now }, challenge, ceremony))) throw refused()
  const made = await checkRegistration(passkey, { ...relyingPartyOf(services.publicUrl), challenge })
  if (!made) throw refused()
  const id = newIdOf(FactorId, 'fa')
  const { credential, counter, backedUp } = made
  const scope = { person: personId }
  const kept = await tx
    .insertInto('passkey')
    .values({
      ...{ id, personId, backedUp, createdAt: now, lastUsedAt: null, signCount: String(counter) },
      credentialHash: credentialHash(credential.id),
      credentialSealed: await vault.seal(scope, passkeyPlace('credential_sealed', id), JSON.stringify(credential)),
      labelSealed: await vault.seal(scope, passkeyPlace('label_sealed', id), label),
    })
    .onConflict((conflict) => conflict.column('credentialHash').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!kept) throw refused()
  if (recovery === null) obligations.unneeded(recoveryEnrolment)
  else await obligations.meet(recoveryEnrolment, { subject: recovery })
  const how = { factorId: id, enrolled, recovery, amr: ['pop', 'user', 'mfa'], what: 'A passkey was added to your account.' }
  return { id, recoveryCodes: await finishEnrolment(context, principal, how) }
})

/** The operations that take a passkey for the very act. */
const takesPasskey = (name: string): Operation | undefined =>
  allOperations.find(
    (operation) =>
      operation.name === name &&
      operation.permission !== 'public' &&
      'code' in operation.input.shape &&
      'passkey' in operation.input.shape,
  )

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json) as unknown
  } catch {
    return null // no operation takes it
  }
}

export const passkeyOptions = handle(factor.passkeyOptions, async ({ act }, context) => {
  const { services, now, fail } = context
  const [person, session] = [context.person(), context.session()]
  const allowed = await descriptorsOf(context, person)
  if (allowed.length === 0) throw fail('no_passkey', 'Enrol a passkey first, or use another factor.')
  const operation = act && takesPasskey(act.operation)
  if (act && !operation) throw fail('act_unknown', 'Name an operation that takes a passkey.')
  const input = act && operation?.input.safeParse(parsed(act.input))
  if (input?.success === false) throw fail('act_unknown', 'The input is not one that the operation takes.')
  const ceremony =
    operation && input
      ? { use: 'act' as const, act: actOf(operation, input.data), person, session }
      : { use: 'confirm' as const, person, session }
  const options = await requestOptions(services, ceremony, now, allowed)
  if (!options) throw common('dependency_unavailable')
  return options
})

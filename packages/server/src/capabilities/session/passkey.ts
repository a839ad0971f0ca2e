import { session, type OrgId, type PersonId } from '@holdfast/contract'
import { handle, handlePublic } from '../../kernel/handle.ts'
import { recoveryCodesLeft } from '../../kernel/identity/factors.ts'
import { ownPasskeyAnswers, tellOfCopy } from '../../kernel/identity/own-passkey.ts'
import { credentialHash, requestOptions, usePasskey } from '../../kernel/identity/passkeys.ts'
import { arrive, homeOf } from './arriving.ts'
import { continueAs } from './commands.ts'

/** Names nobody and asks for no name: whoever has a passkey for this address shows by it who they are. */
export const passkeyOptions = handlePublic(session.passkeyOptions, async (_, { services, now, fail }) => {
  const options = await requestOptions(services, { use: 'sign_in' }, now)
  if (!options) throw fail('not_set_up', 'Open the link that the start of the server printed last.')
  return options
})

interface PersonRow {
  person_id: PersonId
  state: string
  org_ids: OrgId[]
}

/** A passkey with its person recognised is two factors (C2). Unknown, removed, copied and wrongly signed ones are refused alike. */
export const signInWithPasskey = handlePublic(session.signInWithPasskey, async ({ passkey }, context) => {
  const { fail, now, enter, gate, services, origin, requestId } = context
  const refused = () => fail('sign_in_refused', 'This passkey does not open an account here, or the page waited too long.')
  const [found] = await gate.ask<PersonRow>('gate_passkey', [credentialHash(passkey.id)])
  const home = found?.state === 'active' ? await homeOf(found, context) : null
  if (!found || !home) throw refused()
  const { person_id: personId } = found
  const { orgId } = home
  const entered = enter(orgId, personId)
  const used = await usePasskey(entered, personId, passkey, { use: 'sign_in' }, context)
  if (used.verdict === 'copied') tellOfCopy(services, { orgId, personId, passkeyId: used.id, origin, requestId })
  if (used.verdict !== 'accepted') throw refused()
  const started = { personId, orgId, restricted: false, amr: ['pop', 'user', 'mfa'], mfaAt: now }
  return { id: await arrive(entered, started, 'a passkey', context), next: 'done' as const }
})

/** The second factor, at sign-in and again before a risky operation, by a passkey (C2). */
export const confirmPasskey = handle(session.confirmPasskey, async ({ passkey }, context) => {
  const { fail, now } = context
  if (!(await ownPasskeyAnswers(context, passkey, { use: 'confirm' })))
    throw fail('passkey_refused', 'It was not accepted: it is not a passkey of yours, or the page waited too long.')
  const id = await continueAs(context, { restricted: false, mfaAt: now, authTime: now, amr: ['pop', 'user', 'mfa'] })
  return { id, next: 'done' as const, recoveryCodesLeft: await recoveryCodesLeft(context, context.person()) }
})

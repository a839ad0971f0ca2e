import { session, type OrgId, type PersonId } from '@holdfast/contract'
import { handle, handlePublic } from '../../kernel/handle.ts'
import { recoveryCodesLeft } from '../../kernel/identity/factors.ts'
import { ownPasskeyAnswers, tellOfCopy } from '../../kernel/identity/own-passkey.ts'
import { credentialHash, requestOptions, usePasskey } from '../../kernel/identity/passkeys.ts'
import { byBreakGlass, tellOfBreakGlass } from '../../kernel/sign-on/break-glass.ts'
import { boundBy, openTo } from '../../kernel/sign-on/enforcement.ts'
import { arrive, heldBackOnArrival, homeOf } from './arriving.ts'
import { continueAs } from './commands.ts'
import { nextAfterProof } from './next.ts'

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
  if (found?.state !== 'active') throw refused()
  const { person_id: personId } = found
  const bound = await boundBy(context, personId)
  const open = openTo(found.org_ids, bound, 'passkey')
  // Where nothing is open the passkey is still looked at first: only whoever has it learns why.
  const home = await homeOf({ person_id: personId, org_ids: open.length === 0 ? found.org_ids : open }, context)
  if (!home) throw refused()
  const { orgId } = home
  const entered = enter(orgId, personId)
  const used = await usePasskey(entered, personId, passkey, { use: 'sign_in' }, context)
  if (used.verdict === 'copied') tellOfCopy(services, { orgId, personId, passkeyId: used.id, origin, requestId })
  if (used.verdict !== 'accepted') throw refused()
  if (open.length === 0) throw fail('sso_required', 'Your organisation signs in by single sign-on only.')
  const breakGlass = bound.has(orgId)
  if (breakGlass) await tellOfBreakGlass(entered, { personId, now, origin: context.origin, publicUrl: services.publicUrl })
  const amr = ['pop', 'user', 'mfa', ...(breakGlass ? [byBreakGlass] : [])]
  const started = { personId, orgId, restricted: false, amr, mfaAt: now, method: 'passkey' as const }
  const id = await arrive(entered, started, 'a passkey', context)
  return { id, next: heldBackOnArrival(home, 'passkey', context) ?? ('done' as const) }
})

/** The second factor, at sign-in and again before a risky operation, by a passkey (C2). */
export const confirmPasskey = handle(session.confirmPasskey, async ({ passkey }, context) => {
  const { fail, now } = context
  if (!(await ownPasskeyAnswers(context, passkey, { use: 'confirm' })))
    throw fail('passkey_refused', 'It was not accepted: it is not a passkey of yours, or the page waited too long.')
  const proved = { restricted: false, mfaAt: now, authTime: now, amr: ['pop', 'user', 'mfa'], shown: 'passkey' as const }
  const id = await continueAs(context, proved)
  return { id, next: await nextAfterProof(context, id), recoveryCodesLeft: await recoveryCodesLeft(context, context.person()) }
})

import { factor } from '@holdfast/contract'
import { createSoftPasskey, type SoftPasskey } from '../src/kernel/identity/soft-passkey.ts'
import { relyingPartyOf } from '../src/kernel/identity/webauthn.ts'
import type { Caller, Callers } from './callers.ts'
import { publicUrl } from './platform.ts'

/** A passkey that nobody has enrolled yet. */
export const newPasskey = (): SoftPasskey => createSoftPasskey(relyingPartyOf(publicUrl))

/** Enrols a passkey for a signed-in caller. */
export const enrolPasskey = async ({ call }: Pick<Callers, 'call'>, caller: Caller, label = 'Laptop') => {
  const passkey = newPasskey()
  const { challenge } = await call(factor.enrolPasskey, {}, caller)
  const enrolled = await call(factor.confirmPasskey, { label, passkey: passkey.register(challenge, { counter: 1 }) }, caller)
  return { ...enrolled, passkey: counting(passkey) }
}

/** An authenticator that counts, as they should: each assertion a higher number unless it says otherwise. */
const counting = (passkey: SoftPasskey): SoftPasskey => {
  let counter = 1
  return { ...passkey, assert: (challenge, said) => passkey.assert(challenge, { counter: ++counter, ...said }) }
}

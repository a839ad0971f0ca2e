/** Samples of passkeys (C2): what an authenticator of ours answers, to challenges that were given or used up. */
import { factor } from '@holdfast/contract'
import { createSoftPasskey } from '../../packages/server/src/kernel/identity/soft-passkey.ts'
import { relyingPartyOf } from '../../packages/server/src/kernel/identity/webauthn.ts'
import type { Ground, Person } from './ground.ts'
import { once, type Make } from './sample.ts'

const softPasskey = ({ system }: Ground) => createSoftPasskey(relyingPartyOf(system.url))

/** A person with a passkey, signed in by password again. */
const withPasskey = async (ground: Ground, { browser, renew }: Person) => {
  const passkey = softPasskey(ground)
  const { challenge } = await ground.call(factor.enrolPasskey, {}, browser())
  await ground.call(factor.confirmPasskey, { label: 'Attacked', passkey: passkey.register(challenge) }, browser())
  await renew() // enrolling has ended the session that we know
  return { passkey, challenge }
}

/** Right but for its challenge, which was used: the credential is looked up. */
const stale: Make = async (ground, who) => {
  const { passkey, challenge } = await withPasskey(ground, who)
  return once({ passkey: passkey.assert(challenge) })
}

export const passkeySamples: Record<string, Make> = {
  'session.signInWithPasskey': stale,
  'session.confirmPasskey': stale,
  'factor.confirmPasskey': async (ground, { browser }) => {
    const { challenge } = await ground.call(factor.enrolPasskey, {}, browser())
    return once({ label: 'Attacked', passkey: softPasskey(ground).register(challenge) })
  },
  'factor.passkeyOptions': async (ground, who) => {
    await withPasskey(ground, who)
    const input = JSON.stringify({ id: 'gr_01m841fb3rf609mnm1nq5y13xf', requestHash: 'a'.repeat(64) })
    return once({ act: { operation: 'grant.approve', input } })
  },
}

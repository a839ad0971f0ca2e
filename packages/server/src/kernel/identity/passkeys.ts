import { createHash } from 'node:crypto'
import type { PasskeyAssertion, PersonId } from '@holdfast/contract'
import type { Context, Entered } from '../handle.ts'
import type { Services } from '../services.ts'
import { challengeMinutes, newChallenge, takeChallenge, type Ceremony } from './passkey-challenges.ts'
import { minutes } from './lifetimes.ts'
import { challengeIn, checkAssertion, relyingPartyOf, type Credential } from './webauthn.ts'
import './tables.ts'

export const passkeysAtMost = 10
export const passkeyPlace = (column: 'credential_sealed' | 'label_sealed', row: string) => ({ table: 'passkey', column, row })

/** By this a credential is found; its id itself is sealed. */
export const credentialHash = (credentialId: string): Buffer =>
  createHash('sha256').update(Buffer.from(credentialId, 'base64url')).digest()

/** What an authenticator keeps to know whose passkey it is: opaque, no personal data. */
export const userHandleOf = (personId: PersonId): string => Buffer.from(personId, 'utf8').toString('base64url')

const open = async ({ vault }: Entered, personId: PersonId, id: string, sealed: Buffer): Promise<Credential> =>
  JSON.parse(await vault.openText({ person: personId }, passkeyPlace('credential_sealed', id), sealed)) as Credential

/** A person's passkeys as browsers want them named. */
export const descriptorsOf = async (entered: Entered, personId: PersonId) => {
  const rows = await entered.tx
    .selectFrom('passkey')
    .select(['id', 'credentialSealed'])
    .where('personId', '=', personId)
    .orderBy('id')
    .limit(passkeysAtMost)
    .execute()
  return Promise.all(
    rows.map(async (row) => {
      const { id, transports } = await open(entered, personId, row.id, row.credentialSealed)
      return { id, transports, type: 'public-key' as const }
    }),
  )
}

/** Null before set-up. */
export const requestOptions = async (
  { secrets, publicUrl }: Pick<Services, 'secrets' | 'publicUrl'>,
  ceremony: Ceremony,
  now: Date,
  allowCredentials: Awaited<ReturnType<typeof descriptorsOf>> = [],
) => {
  const challenge = await newChallenge(secrets, ceremony, now)
  if (challenge === null) return null
  const rpId = relyingPartyOf(publicUrl).id
  return { challenge, rpId, timeout: minutes(challengeMinutes), userVerification: 'required' as const, allowCredentials }
}

/** `copied`: the signature is right, but its counter went back: two devices hold the same key (WebAuthn Level 3 §6.1.1). */
export type PasskeyUse = { verdict: 'accepted' } | { verdict: 'refused' } | { verdict: 'copied'; id: string }

/** Authenticators that do not count always say 0, and so do most that synchronise. */
export const wentBack = (known: number, counter: number): boolean => (known > 0 || counter > 0) && counter <= known

/** Checks an assertion of one of the person's own passkeys and notes its use. Takes one challenge and one lock, each once. */
export const usePasskey = async (
  { tx, vault }: Entered,
  personId: PersonId,
  assertion: PasskeyAssertion,
  ceremony: Ceremony,
  { services, gate, now }: Pick<Context, 'services' | 'gate' | 'now'>,
): Promise<PasskeyUse> => {
  const { userHandle, clientDataJSON } = assertion.response
  if (userHandle !== undefined && userHandle !== userHandleOf(personId)) return { verdict: 'refused' }
  const row = await tx
    .selectFrom('passkey')
    .select(['id', 'credentialSealed', 'signCount'])
    .where('personId', '=', personId)
    .where('credentialHash', '=', credentialHash(assertion.id))
    .forUpdate()
    .executeTakeFirst()
  if (!row) return { verdict: 'refused' }
  const challenge = challengeIn(clientDataJSON)
  if (!(await takeChallenge({ secrets: services.secrets, gate, now }, challenge, ceremony))) return { verdict: 'refused' }
  const credential = await open({ tx, vault }, personId, row.id, row.credentialSealed)
  const asserted = await checkAssertion(assertion, credential, { ...relyingPartyOf(services.publicUrl), challenge })
  if (!asserted) return { verdict: 'refused' }
  if (wentBack(Number(row.signCount), asserted.counter)) return { verdict: 'copied', id: row.id }
  await tx
    .updateTable('passkey')
    .set({ signCount: String(asserted.counter), backedUp: asserted.backedUp, lastUsedAt: now })
    .where('personId', '=', personId)
    .where('id', '=', row.id)
    .execute()
  return { verdict: 'accepted' }
}

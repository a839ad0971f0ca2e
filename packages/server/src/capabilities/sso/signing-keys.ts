import { signingKeyRenewal, sso, type SsoConnectionId } from '@holdfast/contract'
import { createSigningPair, readCertificate } from '@holdfast/saml'
import { handle, handleOutside, type OutsideContext } from '../../kernel/handle.ts'
import { otherSecretPlace, secretPlace } from '../../kernel/sign-on/connection.ts'
import { lockConnection, readConnection } from './rows.ts'
import { keyNamed } from './rules.ts'

/** The clock of our own key: it runs out with its certificate, since some providers look at that. */
export const signingClock = (id: SsoConnectionId, name: string, certificatePem: string) => {
  const certificate = readCertificate(certificatePem)
  if (!certificate) throw new Error('our own certificate cannot be read')
  return { subject: id, label: `Single sign-on “${name}”`, role: 'owner', due: certificate.notAfter } as const
}

/** Making a key takes a good part of a second: nothing of ours waits for it. */
const makePair = (_: unknown, { services, now }: OutsideContext<typeof sso.renewSigningKey>) =>
  createSigningPair(services.publicUrl, { notBefore: now })

/** Nothing is signed with it yet: a provider that was not told of it would refuse everybody. */
export const renewSigningKey = handleOutside(sso.renewSigningKey, makePair, async ({ id }, context, pair) => {
  const { tx, vault, services, now, fail, obligations } = context
  const { name, signingCertificate, otherCertificate } = await lockConnection(context, id, fail)
  if (signingCertificate === null) throw fail('not_saml', 'Only SAML requests are signed with a key of ours.')
  if (otherCertificate !== null)
    throw fail('renewal_running', 'There are two keys already. Withdraw the one that is not used first.')
  await tx
    .updateTable('ssoConnection')
    .set({
      otherCertificate: pair.certificatePem,
      otherSecretSealed: await vault.seal('org', otherSecretPlace(id), pair.privateKeyPem),
      ...{ otherIs: 'next', otherSince: now, otherTestedAt: null, changedAt: now },
    })
    .where('id', '=', id)
    .execute()
  await obligations.open(signingKeyRenewal, signingClock(id, name, signingCertificate))
  return readConnection(context, id, services)
})

/** The two change places, with what is known of each; so a provider that was not ready is gone back on with one more call. */
export const switchSigningKey = handle(sso.switchSigningKey, async ({ id, fingerprint }, context) => {
  const { tx, vault, services, now, fail, obligations } = context
  const row = await lockConnection(context, id, fail)
  const which = keyNamed(row, fingerprint)
  if (which === 'current') throw fail('key_in_use', 'Requests are signed with it already.')
  const { name, signingCertificate, secretSealed, otherCertificate, otherSecretSealed } = row
  if (which === null || !otherCertificate || !otherSecretSealed || !secretSealed)
    throw fail('no_such_key', 'It was withdrawn, or never made. Look at the page again.')
  // A value is sealed to its place, so each is opened where it was and sealed where it goes.
  const [before, after] = await Promise.all([
    vault.openText('org', secretPlace(id), secretSealed),
    vault.openText('org', otherSecretPlace(id), otherSecretSealed),
  ])
  await tx
    .updateTable('ssoConnection')
    .set({
      signingCertificate: otherCertificate,
      secretSealed: await vault.seal('org', secretPlace(id), after),
      otherCertificate: signingCertificate,
      otherSecretSealed: await vault.seal('org', otherSecretPlace(id), before),
      otherIs: row.otherIs === 'next' ? 'previous' : 'next',
      ...{ otherSince: now, testedAt: row.otherTestedAt, otherTestedAt: row.testedAt, changedAt: now },
    })
    .where('id', '=', id)
    .execute()
  await obligations.meet(signingKeyRenewal, { subject: id })
  await obligations.open(signingKeyRenewal, signingClock(id, name, otherCertificate))
  return readConnection(context, id, services)
})

export const withdrawSigningKey = handle(sso.withdrawSigningKey, async ({ id, fingerprint }, context) => {
  const { tx, services, now, fail } = context
  const which = keyNamed(await lockConnection(context, id, fail), fingerprint)
  if (which === 'current') throw fail('key_in_use', 'Requests are signed with it. Switch to the other key first.')
  if (which === null) throw fail('no_such_key', 'It is withdrawn already, or was never made.')
  await tx
    .updateTable('ssoConnection')
    .set({
      ...{
        otherCertificate: null,
        otherSecretSealed: null,
        otherIs: null,
        otherSince: null,
        otherTestedAt: null,
        changedAt: now,
      },
    })
    .where('id', '=', id)
    .execute()
  return readConnection(context, id, services)
})

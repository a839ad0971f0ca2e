import { grant, GrantId, PersonId } from '@holdfast/contract'
import { fingerprintOf, grantKeyId, hostPrincipalOf, parsePublicKey, SshError } from '@holdfast/crypto/ssh'
import { KeyServerRefused } from '@holdfast/keyserver/client'
import type { Policy } from '../../kernel/access/policies.ts'
import { randomSerial } from '../../kernel/access/serial.ts'
import { handle } from '../../kernel/handle.ts'
import { sshKeysOf } from '../../kernel/ssh-authorities.ts'
import { confirmPresence, requireCleared, type Ctx } from './people.ts'
import { hostFor, policyById } from './requesting.ts'
import { certificateSeconds, certificatesPerGrant, mayAsk, mayDecide, stateAt } from './rules.ts'
import { approvalsOf, lockGrant, rolesOf, type GrantRow } from './rows.ts'

type Refuse = Parameters<Parameters<typeof handle<typeof grant.certificate>>[1]>[1]['fail']

/** An approval stands as long as whoever gave it may still give it. */
const checkPeople = async (context: Ctx, row: GrantRow, policy: Policy, refuse: Refuse): Promise<void> => {
  const { tx } = context
  const approvals = (await approvalsOf(tx, [row.id])).filter(
    ({ personId, requestHash }) => personId !== row.personId && requestHash === row.requestHash,
  )
  const roles = await rolesOf(tx, [row.personId, ...approvals.map(({ personId }) => personId)])
  const somebody = (personId: string) => ({ personId, role: roles.get(personId) ?? null })
  if (!mayAsk(policy, somebody(row.personId))) throw refuse('not_entitled')
  const standing = approvals.filter(({ personId }) => mayDecide(policy, somebody(personId)))
  if (standing.length < policy.approvals)
    throw refuse('approver_not_entitled', 'Who approved it may not approve it any more. Ask anew.')
  await requireCleared(context, PersonId.parse(row.personId), refuse)
}

const checkGrant = async (context: Ctx, id: string, refuse: Refuse): Promise<GrantRow & { startsAt: Date; endsAt: Date }> => {
  const { tx, now } = context
  const row = await lockGrant(tx, id)
  if (!row) throw refuse('grant_not_found')
  if (row.personId !== context.person()) throw refuse('not_yours')
  const { startsAt, endsAt } = row
  if (stateAt(row, now) !== 'approved' || startsAt === null || endsAt === null) throw refuse('grant_not_live')
  if (startsAt > now) throw refuse('not_started', `It begins at ${startsAt.toISOString()}.`)
  const { count } = await tx
    .selectFrom('grantCertificate')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('grantId', '=', id)
    .executeTakeFirstOrThrow()
  if (Number(count) >= certificatesPerGrant) throw refuse('too_many_certificates')
  return { ...row, startsAt, endsAt }
}

const keyOf = (line: string, refuse: Refuse) => {
  try {
    return parsePublicKey(line)
  } catch (error) {
    if (error instanceof SshError)
      throw refuse('key_refused', 'Send one public key as OpenSSH writes it, of Ed25519, ECDSA or RSA.')
    throw error
  }
}

/** The key server goes by its own clock: where that says the grant is over, it is. */
const signed = async <T>(signing: Promise<T>, refuse: Refuse): Promise<T> =>
  signing.catch((error: unknown) => {
    if (error instanceof KeyServerRefused && error.code === 'certificate_refused')
      throw refuse('grant_not_live', 'The grant is over, or about to be.', { cause: error })
    throw error
  })

/**
 * The one place where a right becomes a credential. All of it is checked again under the lock of the grant, and the certificate leaves only
 * after its entry is in the ledger: where that cannot be written there is none.
 */
export const certificate = handle(grant.certificate, async ({ id, publicKey, code }, context) => {
  const { tx, now, orgId, services, fail } = context
  const row = await checkGrant(context, id, fail)
  const policy = await policyById(tx, row.policyId)
  if (policy.state !== 'active') throw fail('policy_changed')
  await checkPeople(context, row, policy, fail)
  const host = await hostFor(tx, row.hostId, () => fail('host_not_enrolled'))
  const key = keyOf(publicKey, fail)
  const confirmation = await confirmPresence(context, code, { apiKeysMayAsk: policy.apiKeysMayAsk, earlier: row }, fail)

  const { keyServer } = services.ground
  const serial = randomSerial()
  const keyId = grantKeyId({ grant: row.id, person: row.personId })
  const signing = keyServer.signCertificate({
    ...{
      kind: 'user',
      org: orgId,
      host: host.id,
      login: row.login,
      publicKey,
      serial,
      keyId,
      lifetimeSeconds: certificateSeconds,
    },
    endsAt: Math.floor(row.endsAt.getTime() / 1000),
    extensions: ['permit-pty', ...row.extensions],
    ...(row.sourceNetworks.length > 0 && { sourceAddresses: row.sourceNetworks }),
  })
  const [made, { knownHosts }] = await Promise.all([signed(signing, fail), sshKeysOf(keyServer, orgId)])
  const validBefore = new Date(made.validBefore * 1000)
  const values = { serial: String(serial), grantId: id, keyFingerprint: fingerprintOf(key), issuedAt: now, validBefore }
  await tx.insertInto('grantCertificate').values(values).execute()
  const { confirmedAt, confirmedBy } = confirmation
  await tx.updateTable('accessGrant').set({ confirmedAt, confirmedBy }).where('id', '=', id).execute()
  return {
    id: GrantId.parse(row.id),
    certificate: made.certificate,
    serial: String(serial),
    validAfter: new Date(made.validAfter * 1000).toISOString(),
    validBefore: validBefore.toISOString(),
    endsAt: row.endsAt.toISOString(),
    ...{ login: row.login, address: host.address, port: host.port, knownHosts },
    hostKeyAlias: hostPrincipalOf({ org: orgId, host: host.id }),
  }
})

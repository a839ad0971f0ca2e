import { agent, AgentId, HostId, type OrgId } from '@holdfast/contract'
import { createApiKey, hashToken } from '@holdfast/crypto'
import { isHostName, parsePublicKey, SshError } from '@holdfast/crypto/ssh'
import { announceAccess, newestChange } from '../../kernel/access/sequence.ts'
import { advanceRotation } from '../../kernel/access/rotation.ts'
import { randomSerial } from '../../kernel/access/serial.ts'
import { signingVersion } from '../../kernel/access/signing.ts'
import { handle, handlePublic, type Context } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import type { Problem } from '../../kernel/problem.ts'
import type { Services } from '../../kernel/services.ts'
import { sshKeysOf } from '../../kernel/ssh-authorities.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { freshBundle } from './bundles.ts'
import { hostCertificateSeconds } from './rules.ts'
import { agentStateOf } from './state.ts'

const checkKey = (line: string, refuse: (code: 'key_refused', detail: string) => Problem): void => {
  try {
    parsePublicKey(line)
  } catch (error) {
    if (error instanceof SshError) throw refuse('key_refused', 'Send the public key of the host as OpenSSH writes it.')
    throw error
  }
}

/** Signs the host's certificate, and notes by which authority: an old one is retired when no host shows a certificate of it. */
const signFor = async (
  { ground }: Services,
  tx: OrgTx,
  host: { id: HostId; name: string; address: string },
  publicKey: string,
) => {
  const names = [...new Set([host.name, host.address])].filter(isHostName)
  const version = await signingVersion(tx, 'host')
  const signed = await ground.keyServer.signCertificate({
    ...{
      kind: 'host',
      org: tx.orgId,
      host: host.id,
      names,
      publicKey,
      serial: randomSerial(),
      keyId: `host:${host.id}`,
      version,
    },
    lifetimeSeconds: hostCertificateSeconds,
  })
  const certificateEndsAt = new Date(signed.validBefore * 1000)
  await tx.updateTable('host').set({ hostAuthority: version, certificateEndsAt }).where('id', '=', host.id).execute()
  return { ...signed, validBefore: certificateEndsAt.toISOString() }
}

/** The registered host of a token, which is used up: of two who come with it at once, the second finds it used. */
const hostByToken = async (tx: OrgTx, tokenHash: Buffer, now: Date) => {
  const used = await tx
    .updateTable('hostEnrolment')
    .set({ usedAt: now })
    .where('tokenHash', '=', tokenHash)
    .where('usedAt', 'is', null)
    .where('expiresAt', '>', now)
    .returning('hostId')
    .executeTakeFirst()
  if (!used) return null
  const host = await tx
    .selectFrom('host')
    .select(['id', 'name', 'address', 'state', 'agentId', 'recorderLogin'])
    .where('id', '=', used.hostId)
    .forUpdate()
    .executeTakeFirstOrThrow()
  return host.state === 'retired' ? null : { ...host, id: HostId.parse(host.id) }
}

/**
 * A host comes in by its one-time token. It gets a key of its own, of which only the hash is kept; an earlier agent of the host is dead with
 * this commit. Nothing tells an unknown token from a used or an old one.
 */
export const enrol = handlePublic(agent.enrol, async ({ token, hostPublicKey, agentVersion }, context) => {
  const { gate, enter, fail, now, services } = context
  checkKey(hostPublicKey, fail)
  const tokenHash = hashToken(token)
  const [found] = await gate.ask<{ org_id: OrgId }>('gate_enrolment', [tokenHash])
  if (!found) throw fail('enrolment_refused')
  const { tx } = enter(found.org_id, null)
  const host = await hostByToken(tx, tokenHash, now)
  if (!host) throw fail('enrolment_refused')

  const agentId = newIdOf(AgentId, 'ag')
  const { key, secretHash } = createApiKey(agentId)
  await tx
    .updateTable('host')
    .set({
      state: 'enrolled',
      enrolledAt: now,
      agentId,
      agentSecretHash: secretHash,
      hostPublicKey,
      agentVersion,
      lastSeenAt: now,
    })
    .where('id', '=', host.id)
    .execute()
  const { revocationAuthorities } = await sshKeysOf(services.ground.keyServer, found.org_id)
  const { certificate } = await signFor(services, tx, host, hostPublicKey)
  // The agent before it is let go. A first one is nobody's business: a thousand that enrol would have each other ask a million times.
  const before = host.agentId === null ? null : AgentId.parse(host.agentId)
  if (before !== null || (await newestChange(tx)).sequence === 0) await announceAccess(tx, before)
  return {
    ...{
      hostId: host.id,
      orgId: found.org_id,
      name: host.name,
      recorderLogin: host.recorderLogin,
      agentKey: key,
      hostCertificate: certificate,
      revocationAuthorities,
    },
    state: await agentStateOf(services, tx, host.id, now, freshBundle),
  }
})

export const hostOf = ({ principal }: Pick<Context, 'principal'>): HostId => {
  if (principal.kind !== 'agent') throw new Error('only an agent has a host')
  return principal.hostId
}

export const renewHostCertificate = handle(agent.renewHostCertificate, async ({ hostPublicKey }, context) => {
  const { tx, now, services, fail } = context
  checkKey(hostPublicKey, fail)
  const id = hostOf(context)
  const host = await tx
    .selectFrom('host')
    .select(['name', 'address'])
    .where('id', '=', id)
    .where('state', '=', 'enrolled')
    .forUpdate()
    .executeTakeFirstOrThrow()
  await tx.updateTable('host').set({ hostPublicKey }).where('id', '=', id).execute()
  const { certificate, validBefore } = await signFor(services, tx, { id, ...host }, hostPublicKey)
  await advanceRotation(tx, 'host', now)
  return { hostId: id, hostCertificate: certificate, validBefore }
})

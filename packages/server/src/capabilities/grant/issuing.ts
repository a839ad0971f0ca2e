import { grant, GrantId, recording, RecordingId, type CodesOf, type SshExtension } from '@holdfast/contract'
import { recordingRoot } from '@holdfast/ledger'
import { fingerprintOf, grantKeyId, hostPrincipalOf, parsePublicKey, SshError } from '@holdfast/crypto/ssh'
import { KeyServerRefused } from '@holdfast/keyserver/client'
import type { z } from 'zod'
import type { Policy } from '../../kernel/access/policies.ts'
import { randomSerial } from '../../kernel/access/serial.ts'
import { signingVersion } from '../../kernel/access/signing.ts'
import { recordedCommandPlace } from '../../kernel/access/recordings.ts'
import { handle } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import type { Problem, ProblemExtras } from '../../kernel/problem.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { sshKeysOf } from '../../kernel/ssh-authorities.ts'
import { proofOf } from '../../kernel/identity/fresh-code.ts'
import { askerNow, requireAnswered } from './answering.ts'
import { holdersOf } from './machines.ts'
import { askerOf, confirmPresence, isOwn, type Ctx } from './people.ts'
import { policyById } from './requesting.ts'
import { mayAsk, mayDecide } from '../../kernel/access/entitled.ts'
import { certificateSeconds, certificatesPerGrant, stateAt } from './rules.ts'
import { hostFor, requireRightClock, riskOf } from './targets.ts'
import { approvalsOf, lockGrant, rolesOf, type GrantRow } from './rows.ts'

type Extension = z.infer<typeof SshExtension>
/** Codes that both operations here declare. */
type RefuseCertificate = (
  code: Extract<CodesOf<typeof recording.open>, CodesOf<typeof grant.certificate>>,
  detail?: string,
  extras?: ProblemExtras,
) => Problem
/** What whoever makes a credential of a grant refuses, of whatever kind. */
type Refuse = (
  code: Extract<CodesOf<typeof recording.open>, CodesOf<typeof grant.databaseCredentials>>,
  detail?: string,
  extras?: ProblemExtras,
) => Problem
/** Refuses a grant that is none of the caller's business. */
type Mine = (row: GrantRow) => void

/** An approval stands as long as whoever gave it may still give it: has the right, and was shown no secret of the service account meanwhile. */
export const checkPeople = async (context: Ctx, row: GrantRow, policy: Policy, refuse: Refuse): Promise<void> => {
  const { tx, now } = context
  const asker = await askerNow(context, row)
  if (!mayAsk(policy, asker)) throw refuse('not_entitled')
  const own = row.serviceAccountId === null ? [row.requesterId] : await holdersOf(tx, row.serviceAccountId, now)
  const approvals = (await approvalsOf(tx, [row.id])).filter(
    ({ personId, requestHash }) => !own.includes(personId) && requestHash === row.requestHash,
  )
  const roles = await rolesOf(
    tx,
    approvals.map(({ personId }) => personId),
  )
  const standing = approvals.filter(({ personId }) => mayDecide(policy, { personId, role: roles.get(personId) ?? null }))
  if (standing.length < policy.approvals)
    throw refuse('approver_not_entitled', 'Who approved it may not approve it any more. Ask anew.')
  await requireAnswered(context, asker, riskOf(row), refuse)
}

type Running = GrantRow & { startsAt: Date; endsAt: Date }

/** A grant that runs, locked. */
export const lockRunning = async ({ tx, now }: Ctx, id: string, mine: Mine, refuse: Refuse): Promise<Running> => {
  const row = await lockGrant(tx, id)
  if (!row) throw refuse('grant_not_found')
  mine(row)
  const { startsAt, endsAt } = row
  if (stateAt(row, now) !== 'approved' || startsAt === null || endsAt === null) throw refuse('grant_not_live')
  if (startsAt > now) throw refuse('not_started', `It begins at ${startsAt.toISOString()}.`)
  return { ...row, startsAt, endsAt }
}

const checkGrant = async (context: Ctx, id: string, mine: Mine, refuse: RefuseCertificate) => {
  const row = await lockRunning(context, id, mine, refuse)
  const { hostId } = row
  if (hostId === null) throw new Error(`${id} is no access to a server`)
  const { count } = await context.tx
    .selectFrom('grantCertificate')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('grantId', '=', id)
    .executeTakeFirstOrThrow()
  if (Number(count) >= certificatesPerGrant) throw refuse('too_many_certificates')
  return { ...row, hostId }
}

const keyOf = (line: string, refuse: RefuseCertificate) => {
  try {
    return parsePublicKey(line)
  } catch (error) {
    if (error instanceof SshError)
      throw refuse('key_refused', 'Send one public key as OpenSSH writes it, of Ed25519, ECDSA or RSA.')
    throw error
  }
}

/** The key server goes by its own clock: where that says the grant is over, it is. */
const signed = async <T>(signing: Promise<T>, refuse: RefuseCertificate): Promise<T> =>
  signing.catch((error: unknown) => {
    if (error instanceof KeyServerRefused && error.code === 'certificate_refused')
      throw refuse('grant_not_live', 'The grant is over, or about to be.', { cause: error })
    throw error
  })

/** Which account a certificate opens, and what it may carry. */
interface Door {
  host: Awaited<ReturnType<typeof hostFor>>
  login: string
  extensions: readonly Extension[]
  sourceNetworks: readonly string[]
}

/** Signs, and notes what was signed, so that it is revoked when the grant ends. */
const issue = async (context: Ctx, row: Running, door: Door, publicKey: string, refuse: RefuseCertificate) => {
  const { tx, now, orgId, services } = context
  const { keyServer } = services.ground
  const { host, login, extensions, sourceNetworks } = door
  const key = keyOf(publicKey, refuse)
  const serial = randomSerial()
  const keyId = grantKeyId({ grant: row.id, person: row.requesterId })
  const signing = keyServer.signCertificate({
    ...{ kind: 'user', org: orgId, host: host.id, login, publicKey, serial, keyId, lifetimeSeconds: certificateSeconds },
    version: await signingVersion(tx, 'user'),
    endsAt: Math.floor(row.endsAt.getTime() / 1000),
    extensions: ['permit-pty', ...extensions],
    ...(sourceNetworks.length > 0 && { sourceAddresses: [...sourceNetworks] }),
  })
  const [made, { knownHosts }] = await Promise.all([signed(signing, refuse), sshKeysOf(keyServer, orgId)])
  const validBefore = new Date(made.validBefore * 1000)
  const values = { serial: String(serial), grantId: row.id, keyFingerprint: fingerprintOf(key), issuedAt: now, validBefore }
  await tx.insertInto('grantCertificate').values(values).execute()
  return {
    certificate: made.certificate,
    serial: String(serial),
    validAfter: new Date(made.validAfter * 1000).toISOString(),
    validBefore: validBefore.toISOString(),
    ...{ login, address: host.address, port: host.port, knownHosts },
    hostKeyAlias: hostPrincipalOf({ org: orgId, host: host.id }),
  }
}

const checkAll = async (context: Ctx, id: string, mine: Mine, refuse: RefuseCertificate) => {
  const row = await checkGrant(context, id, mine, refuse)
  const policy = await policyById(context.tx, row.policyId)
  if (policy.state !== 'active') throw refuse('policy_changed')
  await checkPeople(context, row, policy, refuse)
  const host = await hostFor(context.tx, row.hostId, () => refuse('host_not_enrolled'))
  requireRightClock(host, refuse)
  return { row, policy, host }
}

/** Where the policy has sessions recorded, a person is let in to the bastion only, and there to nothing but its recorder. */
const doorOf = async (
  { tx }: Ctx,
  row: Running,
  { bastionId }: Policy,
  host: Door['host'],
  refuse: RefuseCertificate,
): Promise<Door> => {
  const { login, extensions, sourceNetworks } = row
  if (bastionId === null) return { host, login, extensions, sourceNetworks }
  const bastion = await hostFor(tx, bastionId, () => refuse('host_not_enrolled', 'The bastion that records it is not there.'))
  requireRightClock(bastion, refuse)
  if (bastion.recorderLogin === null) throw new Error(`${bastionId} is no bastion`)
  return { host: bastion, login: bastion.recorderLogin, extensions: [], sourceNetworks }
}

/**
 * Here a right becomes a credential, and in `openRecording` for a recorder. All of it is checked again under the lock of the grant, and the
 * certificate leaves only after its entry is in the ledger: where that cannot be written there is none.
 */
export const certificate = handle(grant.certificate, async (input, context) => {
  const { id, publicKey } = input
  const { tx, fail } = context
  const mine: Mine = (row) => {
    if (!isOwn(askerOf(context), row)) throw fail('not_yours')
    if (row.hostId === null) throw fail('not_a_server', 'It is access to a database.')
  }
  const { row, policy, host } = await checkAll(context, id, mine, fail)
  const door = await doorOf(context, row, policy, host, fail)
  keyOf(publicKey, fail)
  const confirmation = await confirmPresence(
    context,
    proofOf(grant.certificate, input),
    { apiKeysMayAsk: policy.apiKeysMayAsk, earlier: row },
    fail,
  )
  const issued = await issue(context, row, door, publicKey, fail)
  const { confirmedAt, confirmedBy } = confirmation
  await tx.updateTable('accessGrant').set({ confirmedAt, confirmedBy }).where('id', '=', id).execute()
  const recordedBy = policy.bastionId === null ? null : door.host.name
  return { id: GrantId.parse(row.id), ...issued, endsAt: row.endsAt.toISOString(), recordedBy }
})

/**
 * Whether the agent has said that this session runs here, by this grant, and not that it is over. What is recorded then stands beside a session in the grant’s
 * page, and one that is never said to have ended keeps the end of the grant from being proved.
 */
const isLive = async (tx: OrgTx, id: string, hostId: string, grantId: string): Promise<boolean> => {
  const session = tx.selectFrom('liveSession').select('id').where('id', '=', id).where('hostId', '=', hostId)
  return (await session.where('grantId', '=', grantId).where('endedAt', 'is', null).executeTakeFirst()) !== undefined
}

/**
 * A bastion begins to record a session of somebody whom it has let in, and gets a certificate for the server: without a recording there is
 * none. The second factor was asked for when the person's own certificate was made.
 */
export const openRecording = handle(recording.open, async (input, context) => {
  const { tx, vault, now, principal, fail } = context
  if (principal.kind !== 'agent') throw new Error('only an agent has a host')
  const { grantId, publicKey, command, ...facts } = input
  const behind = await tx
    .selectFrom('accessGrant as g')
    .innerJoin('accessPolicy as p', 'p.id', 'g.policyId')
    .select('g.id')
    .where('g.id', '=', grantId)
    .where('p.bastionId', '=', principal.hostId)
    .executeTakeFirst()
  // Of other grants a bastion is told nothing, not even that they exist.
  if (!behind) throw fail('grant_not_found')
  const { row, host } = await checkAll(context, grantId, () => undefined, fail)
  if (!(await isLive(tx, facts.sessionId, principal.hostId, grantId)))
    throw fail('session_not_reported', 'Report first that this session runs.')
  const door = { host, login: row.login, extensions: [], sourceNetworks: [] }
  const { certificate: line, login, address, port, hostKeyAlias, knownHosts } = await issue(context, row, door, publicKey, fail)
  const id = newIdOf(RecordingId, 'rc')
  const commandSealed = command === null ? null : await vault.seal('org', recordedCommandPlace(id), command)
  const begun = { startedAt: now, lastAt: now, endedAt: null, exitCode: null, head: recordingRoot(id) }
  await tx
    .insertInto('recording')
    .values({ ...facts, ...begun, id, grantId, bastionId: principal.hostId, commandSealed })
    .execute()
  return { id, certificate: line, login, address, port, hostKeyAlias, knownHosts }
})

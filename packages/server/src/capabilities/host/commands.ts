import { hashToken, randomToken } from '@holdfast/crypto'
import { AgentId, host, HostId, hostKnowsEnds } from '@holdfast/contract'
import { endGrants } from '../../kernel/access/ending.ts'
import { announceAccess } from '../../kernel/access/sequence.ts'
import { handle } from '../../kernel/handle.ts'
import { newId, newIdOf } from '../../kernel/identifier.ts'
import { after, minutes } from '../../kernel/identity/lifetimes.ts'
import type { Problem } from '../../kernel/problem.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { enrolmentOf, readHost } from './rows.ts'
import { tokenMinutes } from './rules.ts'

/** Earlier tokens die; the new one works once, within the hour. Only its hash is kept. */
const issueToken = async (tx: OrgTx, hostId: string, now: Date): Promise<{ token: string; expiresAt: Date }> => {
  const token = randomToken()
  const expiresAt = after(now, minutes(tokenMinutes))
  await tx
    .updateTable('hostEnrolment')
    .set({ expiresAt: now })
    .where('hostId', '=', hostId)
    .where('expiresAt', '>', now)
    .execute()
  await tx
    .insertInto('hostEnrolment')
    .values({ id: newId('he'), tokenHash: hashToken(token), hostId, expiresAt, usedAt: null, createdAt: now })
    .execute()
  return { token, expiresAt }
}

/** The host as it is now; it was there a moment ago in this transaction. */
const known = async (tx: OrgTx, id: string, now: Date) => {
  const found = await readHost(tx, id, now)
  if (!found) throw new Error('the host is gone')
  return found
}

type Refuse = (code: 'host_not_found' | 'host_retired') => Problem

/** The host, locked until commit; what is retired stays as it is. */
const lockHost = async (tx: OrgTx, id: string, refuse: Refuse) => {
  const row = await tx.selectFrom('host').select(['id', 'state', 'agentId']).where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw refuse('host_not_found')
  if (row.state === 'retired') throw refuse('host_retired')
  return row
}

export const register = handle(host.register, async (input, { tx, now, services, fail }) => {
  const taken = await tx
    .selectFrom('host')
    .select('id')
    .where('name', '=', input.name)
    .where('state', '!=', 'retired')
    .executeTakeFirst()
  if (taken) throw fail('name_taken')
  const id = newIdOf(HostId, 'ho')
  const nothingYet = {
    agentId: null,
    agentSecretHash: null,
    hostPublicKey: null,
    enrolledAt: null,
    retiredAt: null,
    leftAt: null,
    hostAuthority: null,
    certificateEndsAt: null,
  }
  const unheard = { agentVersion: null, acknowledged: null, acknowledgedAt: null, lastSeenAt: null, clockSkewSeconds: null }
  await tx
    .insertInto('host')
    .values({ ...input, ...nothingYet, ...unheard, id, createdAt: now })
    .execute()
  const { token, expiresAt } = await issueToken(tx, id, now)
  return enrolmentOf(services, await known(tx, id, now), token, expiresAt)
})

export const renewToken = handle(host.renewToken, async ({ id }, { tx, now, services, fail }) => {
  await lockHost(tx, id, fail)
  const { token, expiresAt } = await issueToken(tx, id, now)
  return enrolmentOf(services, await known(tx, id, now), token, expiresAt)
})

export const update = handle(host.update, async ({ id, ...changes }, { tx, now, fail }) => {
  await lockHost(tx, id, fail)
  const set = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
  if (Object.keys(set).length > 0) await tx.updateTable('host').set(set).where('id', '=', id).execute()
  await announceAccess(tx) // what it does when it is cut off may have changed
  return known(tx, id, now)
})

/** Its grants end, its agent's key and any token die with this commit; a stream that its agent holds open is closed. */
export const retire = handle(host.retire, async ({ id, reason }, context) => {
  const { tx, now, fail, person, because, obligations } = context
  const { agentId } = await lockHost(tx, id, fail)
  await tx.updateTable('hostEnrolment').set({ expiresAt: now }).where('hostId', '=', id).where('expiresAt', '>', now).execute()
  await tx.updateTable('host').set({ state: 'retired', retiredAt: now }).where('id', '=', id).execute()
  await endGrants(context, { hostId: id }, { reason: 'host_retired', by: person(), now, why: reason })
  // What it never said stays without proof, and the grants say so.
  await obligations.withdraw(hostKnowsEnds, { subject: id }, 'The server was retired.')
  await announceAccess(tx, agentId === null ? null : AgentId.parse(agentId))
  because(reason)
  return known(tx, id, now)
})

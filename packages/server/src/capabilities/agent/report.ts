import { agent, BreakGlassId, breakGlassReview, hostKnowsEnds, type HostId, type ParsedInputOf } from '@holdfast/contract'
import { createAcknowledging } from '../../kernel/access/acknowledging.ts'
import { fromPlace } from '../../kernel/access/break-glass.ts'
import { advanceRotation } from '../../kernel/access/rotation.ts'
import { newestChange } from '../../kernel/access/sequence.ts'
import { handleOutside, type Context, type OutsideContext } from '../../kernel/handle.ts'
import { newId, newIdOf } from '../../kernel/identifier.ts'
import { queueMail } from '../../kernel/mail.ts'
import { peopleOf } from '../../kernel/people.ts'
import type { Services } from '../../kernel/services.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { hostOf } from './enrol.ts'
import { onGround } from './on-ground.ts'

type Report = ParsedInputOf<typeof agent.report>
type ReportContext = Context<typeof agent.report>

/** By how much what a host says lies in a time to come: it happened now at the latest. */
const aheadMs = (at: string, now: Date): number => Math.max(0, Date.parse(at) - now.getTime())

/** Sessions that began; those of a grant that is not of this host, or was never given, are left out. Reporting one twice changes nothing. */
const begin = async (tx: OrgTx, hostId: HostId, sessions: Report['sessions'], now: Date): Promise<number> => {
  if (sessions.length === 0) return 0
  const ids = [...new Set(sessions.map(({ grantId }) => grantId))]
  const ours = await tx
    .selectFrom('accessGrant as g')
    .innerJoin('accessPolicy as p', 'p.id', 'g.policyId')
    .leftJoin('host as b', 'b.id', 'p.bastionId')
    .select(['g.id', 'g.hostId', 'g.login', 'b.recorderLogin'])
    .where(({ or, eb }) => or([eb('g.hostId', '=', hostId), eb('p.bastionId', '=', hostId)]))
    .where('g.state', 'in', ['approved', 'ended'])
    .where('g.id', 'in', ids)
    .execute()
  const loginOf = new Map<string, string | null>(
    ours.map((row) => [row.id, row.hostId === hostId ? row.login : row.recorderLogin]),
  )
  const known = sessions.filter(({ grantId, login }) => loginOf.get(grantId) === login)
  const values = known.map(({ id, grantId, login, startedAt }) => ({
    ...{
      id,
      hostId,
      grantId,
      login,
      startedAt: new Date(Date.parse(startedAt) - aheadMs(startedAt, now)),
      toldAt: null,
      endedAt: null,
      endReason: null,
      survivors: null,
    },
  }))
  if (values.length > 0)
    await tx
      .insertInto('liveSession')
      .values(values)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  return sessions.length - known.length
}

/** Ends of sessions that this host reported before. */
const end = async (tx: OrgTx, hostId: HostId, ended: Report['ended'], now: Date): Promise<number> => {
  let ignored = 0
  for (const { id, at, toldAt, reason, survivors } of ended) {
    const done = await tx
      .updateTable('liveSession')
      .set({
        endedAt: new Date(Date.parse(at) - aheadMs(at, now)),
        // Moved with it, so that how long it took stays what was measured.
        toldAt: toldAt === null ? null : new Date(Date.parse(toldAt) - aheadMs(at, now)),
        ...{ endReason: reason, survivors },
      })
      .where('id', '=', id)
      .where('hostId', '=', hostId)
      .where('endedAt', 'is', null)
      .returning('id')
      .executeTakeFirst()
    const again = done
      ? true
      : await tx.selectFrom('liveSession').select('id').where('id', '=', id).where('hostId', '=', hostId).executeTakeFirst()
    if (!again) ignored++
  }
  return ignored
}

/**
 * The host says which state is in force: of every grant that ended up to it, it was told by now. Nobody acknowledges what is still to come.
 * Returns what it has acknowledged, and whether it was told of an end by that.
 */
const acknowledge = async (
  tx: OrgTx,
  hostId: HostId,
  acknowledged: number,
  itself: Pick<Report, 'agentVersion' | 'clockSkewSeconds'>,
  now: Date,
): Promise<{ upTo: string; ofEnd: boolean }> => {
  const { sequence } = await newestChange(tx)
  const upTo = String(Math.min(acknowledged, sequence))
  const said = Object.fromEntries(Object.entries(itself).filter(([, value]) => value !== undefined))
  await tx
    .updateTable('host')
    .set({ acknowledged: upTo, acknowledgedAt: now, lastSeenAt: now, ...said })
    .where('id', '=', hostId)
    .execute()
  const told = await tx
    .updateTable('accessGrant')
    .set({ toldAt: now })
    .where('hostId', '=', hostId)
    .where('state', '=', 'ended')
    .where('toldAt', 'is', null)
    .where('endSequence', '<=', upTo)
    .returning('id')
    .execute()
  return { upTo, ofEnd: told.length > 0 }
}

const noteRefusals = async (tx: OrgTx, hostId: HostId, refused: Report['refused']): Promise<void> => {
  const values = refused.map(({ at, login, keyId, reason }) => ({
    id: newId('hr'),
    hostId,
    at: new Date(at),
    login,
    keyId,
    reason,
  }))
  if (values.length > 0) await tx.insertInto('hostRefusal').values(values).execute()
}

const ownersOf = async ({ tx, vault }: ReportContext) => {
  const rows = await tx.selectFrom('membership').select('personId').where('role', '=', 'owner').limit(20).execute()
  return peopleOf(
    { tx, vault },
    rows.map(({ personId }) => personId),
  )
}

/** Somebody used emergency access: the Owners hear of it at once, and owe a review within a day. */
const alarm = async (context: ReportContext, hostId: HostId, uses: Report['breakGlass']): Promise<void> => {
  const { tx, vault, now, obligations, services } = context
  if (uses.length === 0) return obligations.unneeded(breakGlassReview)
  const { name } = await tx.selectFrom('host').select('name').where('id', '=', hostId).executeTakeFirstOrThrow()
  const owners = await ownersOf(context)
  for (const { at, from, keyId } of uses) {
    const id = newIdOf(BreakGlassId, 'bg')
    const fromSealed = from === null ? null : await vault.seal('org', fromPlace(id), from)
    const unreviewed = { reviewedAt: null, reviewedBy: null, findingSealed: null }
    await tx
      .insertInto('breakGlassUse')
      .values({ ...unreviewed, id, hostId, at: new Date(at), reportedAt: now, fromSealed, keyId })
      .execute()
    await obligations.open(breakGlassReview, { subject: id, label: `host ${name}`, role: 'owner' })
    for (const { id: personId, name: owner, email } of owners.values()) {
      const text = `Hello ${owner},\n\nsomebody logged in to ${name} by emergency access, which asks nobody’s leave, at ${at}. Find out who and why, and\nreview it within 24 hours:\n\n${services.publicUrl}/access/break-glass/${id}\n`
      await queueMail(context, { to: email, subject: `Emergency access to ${name}`, text, personId })
    }
  }
}

/** The last word of a retired host: it lets nobody in any more, and nobody is in. Before it is retired this means nothing. */
const leave = async (tx: OrgTx, hostId: HostId, now: Date): Promise<void> => {
  const left = await tx
    .updateTable('host')
    .set({ leftAt: now })
    .where('id', '=', hostId)
    .where('state', '=', 'retired')
    .where('leftAt', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!left) return
  const told = tx.updateTable('accessGrant').set({ toldAt: now }).where('hostId', '=', hostId)
  await told.where('state', '=', 'ended').where('endSequence', 'is not', null).where('toldAt', 'is', null).execute()
}

/** What sshd honours there. Where the host’s clock is ahead, it was looked at now. */
const notePosture = async (tx: OrgTx, hostId: HostId, posture: Report['posture'], now: Date): Promise<void> => {
  if (!posture) return
  const sshdCheckedAt = new Date(Math.min(Date.parse(posture.at), now.getTime()))
  const found = { sshdCheckedAt, sshdAccounts: posture.accounts, sshdWays: posture.ways }
  await tx.updateTable('host').set(found).where('id', '=', hostId).execute()
}

/** A thousand hosts acknowledge each change of access, and most have nothing else to say. */
const saysMore = ({ sessions, ended, refused, breakGlass, posture, clockSkewSeconds, leaving }: Report): boolean =>
  [sessions, ended, refused, breakGlass].some(({ length }) => length > 0) ||
  posture !== undefined ||
  clockSkewSeconds !== undefined ||
  leaving

const acknowledging = onGround(({ ground, clock }: Services) => createAcknowledging(ground, clock))

/** Whether all that is told was noted together with what other hosts tell. */
const noteTogether = async (
  told: Report,
  { services, principal, orgId }: OutsideContext<typeof agent.report>,
): Promise<boolean> => {
  if (saysMore(told) || principal.kind !== 'agent' || principal.leaving) return false
  const { acknowledged: sequence, agentVersion = null } = told
  return acknowledging(services).note({ orgId, agentId: principal.agentId, sequence, agentVersion })
}

/**
 * What the agent tells: one entry, whatever it holds, and none where it only says that it is there and knows what it knew. The host's row is locked first, so that two reports of one host follow each other; without
 * its key, which whoever ends a grant of this host may have to look at while we wait for that grant.
 */
export const report = handleOutside(agent.report, noteTogether, async (told, context, noted) => {
  const { acknowledged, agentVersion, sessions, ended, refused, breakGlass, posture, clockSkewSeconds, leaving } = told
  const { tx, now, obligations } = context
  const hostId = hostOf(context)
  if (noted) {
    obligations.unneeded(breakGlassReview)
    obligations.unneeded(hostKnowsEnds)
    return { hostId, ignored: 0 }
  }
  const before = await tx
    .selectFrom('host')
    .select('acknowledged')
    .where('id', '=', hostId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
  const ignored = (await begin(tx, hostId, sessions, now)) + (await end(tx, hostId, ended, now))
  await noteRefusals(tx, hostId, refused)
  await alarm(context, hostId, breakGlass)
  const known = await acknowledge(tx, hostId, acknowledged, { agentVersion, clockSkewSeconds }, now)
  if (known.ofEnd) await obligations.meet(hostKnowsEnds, { subject: hostId })
  else obligations.unneeded(hostKnowsEnds)
  if (known.upTo !== before.acknowledged) await advanceRotation(tx, 'any', now)
  await notePosture(tx, hostId, posture, now)
  if (leaving) await leave(tx, hostId, now)
  return { hostId, ignored }
})

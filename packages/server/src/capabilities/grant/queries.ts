import { grant, GrantId, PersonId } from '@holdfast/contract'
import { decisionPlace } from '../../kernel/access/ending.ts'
import { leftUnheard } from '../../kernel/access/leaving.ts'
import { liveSessionsOf } from '../../kernel/access/live-sessions.ts'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle } from '../../kernel/handle.ts'
import { holds } from '../../kernel/permit.ts'
import { presentRole, rolesOfGrant } from './database-rows.ts'
import { askerOf, isOwn } from './people.ts'
import { readGrant, readGrants } from './rows.ts'

export const list = handle(grant.list, async ({ limit, after, ...wanted }, context) => {
  const caller = askerOf(context)
  const cursor = cursorOf(GrantId, after)
  const own = !holds(context.principal, 'access:oversee')
  const rows = await readGrants(context, wanted, { caller, own, after: cursor, limit: limit + 1, now: context.now })
  const shown = rows.slice(0, limit)
  return { rows: shown, next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
})

type Sessions = Awaited<ReturnType<typeof liveSessionsOf>>
type Row = NonNullable<Awaited<ReturnType<typeof readGrant>>>['row']

/** Who was told when, and what was left: as far as the host has said. */
const proofOf = (row: Row, sessions: Sessions, now: Date) => {
  const { endSequence, toldAt } = row
  const open = sessions.filter(({ endedAt }) => endedAt === null)
  const counted = sessions.map(({ survivors }) => survivors).filter((count) => count !== null)
  const ends = sessions.flatMap(({ endedAt }) => (endedAt === null ? [] : [endedAt])).toSorted()
  return {
    announcedAs: endSequence === null ? null : Number(endSequence),
    toldAt: toldAt?.toISOString() ?? null,
    deadAt: open.length > 0 ? null : (ends.at(-1) ?? null),
    openSessions: open.length,
    unheard: row.endReason === 'host_retired' && leftUnheard(row, now),
    survivors: counted.length === 0 ? null : counted.reduce((sum, count) => sum + count, 0),
  }
}

export const read = handle(grant.read, async ({ id }, context) => {
  const { tx, vault, now, fail } = context
  const caller = askerOf(context)
  const found = await readGrant(context, id, caller, now)
  if (!found || (!isOwn(caller, found.row) && !holds(context.principal, 'access:oversee'))) throw fail('grant_not_found')
  const { shown, row } = found
  const certificates = await tx
    .selectFrom('grantCertificate')
    .select(['serial', 'keyFingerprint', 'issuedAt', 'validBefore'])
    .where('grantId', '=', id)
    .orderBy('issuedAt', 'desc')
    .limit(50)
    .execute()
  const sessions = await liveSessionsOf(tx, { grantId: id })
  return {
    ...shown,
    policyName: row.policyName,
    decisionReason: row.decisionSealed && (await vault.openText('org', decisionPlace(id), row.decisionSealed)),
    endedBy: row.endedBy === null ? null : PersonId.parse(row.endedBy),
    certificates: certificates.map(({ issuedAt, validBefore, ...rest }) => ({
      ...{ ...rest, issuedAt: issuedAt.toISOString(), validBefore: validBefore.toISOString() },
    })),
    sessions,
    databaseRoles: shown.databaseId === null ? [] : (await rolesOfGrant(tx, id)).map(presentRole),
    proof: shown.state === 'ended' && shown.hostId !== null ? proofOf(row, sessions, now) : null,
  }
})

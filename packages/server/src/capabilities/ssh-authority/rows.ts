import { HostId, PersonId, SshRotationId } from '@holdfast/contract'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { rotationState, unnotedCertificateMs, type RotationRow } from './rules.ts'

const columns = [
  ...(['id', 'purpose', 'fromVersion', 'toVersion', 'startedAt', 'startedBy', 'sequence', 'madeAt'] as const),
  ...(['movesAt', 'movedAt', 'leftOut', 'retiredAt'] as const),
] as const

export const rotations = (tx: OrgTx) => tx.selectFrom('sshRotation').select(columns)

/** Locks it until commit, so that each step is taken once. */
export const lockRotation = (tx: OrgTx, id: string): Promise<RotationRow | undefined> =>
  rotations(tx).where('id', '=', id).forUpdate().executeTakeFirst()

/** Enrolled hosts that a rotation waits for: at most a thousand. */
export const hostsNotThrough = async (tx: OrgTx, row: RotationRow, now: Date) => {
  const { sequence, movedAt, purpose } = row
  const state = rotationState(row)
  if (sequence === null || state === 'done' || (purpose === 'host' && movedAt === null)) return []
  let query = tx.selectFrom('host').select(['id', 'name', 'lastSeenAt']).where('state', '=', 'enrolled')
  if (purpose !== 'host')
    query = query.where(({ or, eb }) => or([eb('acknowledged', 'is', null), eb('acknowledged', '<', sequence)]))
  else if (movedAt !== null) {
    const unnotedIsOver = now.getTime() - movedAt.getTime() >= unnotedCertificateMs
    query = query
      .where('hostAuthority', 'is distinct from', row.toVersion)
      .where(({ or, eb }) =>
        or([eb('certificateEndsAt', '>', now), ...(unnotedIsOver ? [] : [eb('certificateEndsAt', 'is', null)])]),
      )
  }
  return query.orderBy('name').limit(1000).execute()
}

const countHosts = async (tx: OrgTx): Promise<number> => {
  const query = tx.selectFrom('host').select(({ fn }) => fn.countAll<string>().as('count'))
  return Number((await query.where('state', '=', 'enrolled').executeTakeFirstOrThrow()).count)
}

const present = async (tx: OrgTx, row: RotationRow, servers: number, now: Date) => {
  const waiting = await hostsNotThrough(tx, row, now)
  return {
    id: SshRotationId.parse(row.id),
    purpose: row.purpose,
    fromVersion: row.fromVersion,
    toVersion: row.toVersion,
    state: rotationState(row),
    startedAt: row.startedAt.toISOString(),
    startedBy: PersonId.parse(row.startedBy),
    movesAt: row.movesAt.toISOString(),
    movedAt: row.movedAt?.toISOString() ?? null,
    retiredAt: row.retiredAt?.toISOString() ?? null,
    servers,
    waitingFor: waiting.slice(0, 100).map(({ id, name, lastSeenAt }) => ({
      ...{ id: HostId.parse(id), name, lastSeenAt: lastSeenAt?.toISOString() ?? null },
    })),
    leftOut: row.leftOut.map((id) => HostId.parse(id)),
  }
}

export const showRotation = async (tx: OrgTx, id: string, now: Date) => {
  const row = await rotations(tx).where('id', '=', id).executeTakeFirstOrThrow()
  return present(tx, row, await countHosts(tx), now)
}

/** The newest twenty; of those, at most three run and look at the hosts. */
export const showRotations = async (tx: OrgTx, now: Date) => {
  const rows = await rotations(tx).orderBy('id', 'desc').limit(20).execute()
  const servers = rows.length === 0 ? 0 : await countHosts(tx)
  const shown = []
  for (const row of rows) shown.push(await present(tx, row, servers, now))
  return shown
}

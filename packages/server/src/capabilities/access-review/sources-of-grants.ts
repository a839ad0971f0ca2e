import '../../kernel/access/emergency-key.ts'
import '../../kernel/access/tables.ts'
import { latest, plain, roleOf, which, type Source } from './reading.ts'

interface Who {
  roles?: readonly string[] | undefined
  personIds?: readonly string[] | undefined
  serviceAccountIds?: readonly string[] | undefined
}
const named = ({ roles = [], personIds = [], serviceAccountIds = [] }: Who): string =>
  [
    ...roles,
    ...(personIds.length > 0 ? [`${personIds.length} people by name`] : []),
    ...(serviceAccountIds.length > 0 ? [`${serviceAccountIds.length} service accounts`] : []),
  ].join(', ')

/** Rules by which access to servers and databases is given. They are used when somebody asks by them. */
export const accessRules: Source = async (tx, wanted) => {
  const { where, limit, hold } = which(wanted, 'r.id')
  let query = tx
    .selectFrom('accessPolicy as r')
    .select(['r.id', 'r.name', 'r.kind', 'r.version', 'r.logins', 'r.requesters', 'r.approvers', 'r.approvals', 'r.createdAt'])
    .select((rule) =>
      rule
        .selectFrom('accessGrant as g')
        .select(({ fn }) => fn.max('g.requestedAt').as('at'))
        .whereRef('g.policyId', '=', 'r.id')
        .as('usedAt'),
    )
    .where(where)
    .where('r.state', '=', 'active')
  if (hold) query = query.forUpdate('r')
  const rows = await query.orderBy('r.id').limit(limit).execute()
  return rows.map(({ id, name, kind, version, logins, requesters, approvers, approvals, createdAt, usedAt }) => ({
    ...{ ...plain, kind: 'access_rule' as const, ref: id, label: name, since: createdAt, lastUsedAt: usedAt, terms: [version] },
    detail: `${kind === 'host' ? 'servers' : 'databases'} as ${logins.join(', ')}; asked for by ${named(requesters)}; approved by ${named(approvers)} (${approvals})`,
  }))
}

/** Access that runs, or has been given for a time to come. Used: a session, or a role in the database, was opened under it. */
export const grants =
  (kind: 'server_grant' | 'database_grant'): Source =>
  async (tx, wanted, now) => {
    const { where, limit, hold } = which(wanted, 'g.id')
    let query = tx
      .selectFrom('accessGrant as g')
      .leftJoin('host as h', 'h.id', 'g.hostId')
      .leftJoin('managedDatabase as d', 'd.id', 'g.databaseId')
      .leftJoin('serviceAccount as a', 'a.id', 'g.serviceAccountId')
      .select([
        'g.id',
        'g.personId',
        'a.name as account',
        'a.ownerId',
        'g.login',
        'g.startsAt',
        'g.endsAt',
        'g.requestHash',
        'h.name as host',
        'd.name as database',
      ])
      .select((grant) => [
        grant
          .selectFrom('liveSession as s')
          .select(({ fn }) => fn.max('s.startedAt').as('at'))
          .whereRef('s.grantId', '=', 'g.id')
          .as('sessionAt'),
        grant
          .selectFrom('databaseRole as r')
          .select(({ fn }) => fn.max('r.createdAt').as('at'))
          .whereRef('r.grantId', '=', 'g.id')
          .as('roleAt'),
      ])
      .where(where)
      .where('g.state', '=', 'approved')
      .where('g.endsAt', '>', now)
      .where(kind === 'server_grant' ? 'g.hostId' : 'g.databaseId', 'is not', null)
    if (hold) query = query.forUpdate('g')
    const rows = await query.orderBy('g.id').limit(limit).execute()
    return rows.map((row) => ({
      ...{ ...plain, kind, ref: row.id, personId: row.personId ?? row.ownerId, terms: [row.requestHash] },
      label: `${row.login} on ${row.host ?? row.database ?? ''}`,
      detail: row.account === null ? 'access for a time' : `access for a time, of the service account ${row.account}`,
      ...{ since: row.startsAt ?? now, expiresAt: row.endsAt, lastUsedAt: latest(row.sessionAt, row.roleAt) },
    }))
  }

export const staffPolicies: Source = async (tx, wanted) => {
  const { where, limit, hold } = which(wanted, 's.id')
  let query = tx
    .selectFrom('staffPolicy as s')
    .select(['s.id', 's.role', 's.maxSeconds', 's.ticketRequired', 's.setAt'])
    .select((allowed) =>
      allowed
        .selectFrom('staffGrant as g')
        .select(({ fn }) => fn.max('g.startsAt').as('at'))
        .whereRef('g.policyId', '=', 's.id')
        .as('usedAt'),
    )
    .where(where)
    .where('s.withdrawnAt', 'is', null)
  if (hold) query = query.forUpdate('s')
  const rows = await query.orderBy('s.id').limit(limit).execute()
  return rows.map(({ id, role, maxSeconds, ticketRequired, setAt, usedAt }) => ({
    ...{ ...plain, kind: 'staff_policy' as const, ref: id, label: 'The operator’s staff, without asking each time' },
    detail: `reading, for at most ${Math.round(maxSeconds / 60)} minutes${ticketRequired ? ', with a ticket' : ''}`,
    ...{ role: roleOf(role), since: setAt, lastUsedAt: usedAt, terms: [maxSeconds, ticketRequired] },
  }))
}

/** Records of who holds a key to the emergency accounts of servers. They end when somebody ends them, whatever their date. */
export const emergencyKeys: Source = async (tx, wanted) => {
  const { where, limit, hold } = which(wanted, 'k.id')
  let query = tx
    .selectFrom('emergencyKey as k')
    .leftJoin('membership as m', 'm.personId', 'k.personId')
    .select(['k.id', 'k.kind', 'k.personId', 'k.fingerprint', 'k.since', 'k.until', 'k.triedAt', 'm.personId as member'])
    .where(where)
    .where('k.endedAt', 'is', null)
  if (hold) query = query.forUpdate('k')
  const rows = await query.orderBy('k.id').limit(limit).execute()
  return rows.map(({ id, kind, personId, fingerprint, since, until, triedAt, member }) => ({
    ...{ ...plain, kind: 'emergency_key' as const, ref: id, personId, label: `Emergency ${kind} ${fingerprint.slice(0, 17)}…` },
    detail: 'opens the emergency accounts of servers; the key itself is destroyed by hand',
    ...{ since, lastUsedAt: triedAt, expiresAt: until, holderGone: member === null, terms: [kind, fingerprint] },
  }))
}

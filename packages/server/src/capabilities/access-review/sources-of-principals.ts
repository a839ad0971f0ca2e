import { sql } from 'kysely'
import '../../kernel/api-keys.ts'
import '../../kernel/service-accounts.ts'
import '../../kernel/sign-on/tables.ts'
import { latest, plain, roleOf, which, type Source } from './reading.ts'

/** Last seen by their sessions in this organisation, or by a key that acts as them. A role that groups gave says which. */
export const members: Source = async (tx, wanted) => {
  const { where, limit, hold } = which(wanted, 'm.person_id')
  let query = tx
    .selectFrom('membership as m')
    .innerJoin('person as p', 'p.id', 'm.personId')
    .select(['m.personId', 'm.role', 'm.roleBy', 'm.createdAt', 'p.mfaEnrolledAt'])
    .select((member) => [
      member
        .selectFrom('session as s')
        .select(sql<Date | null>`max(greatest(s.last_seen_at, s.attended_at))`.as('at'))
        .whereRef('s.personId', '=', 'm.personId')
        .where('s.orgId', '=', tx.orgId) // a session is its person's: no scope is added to it
        .as('seenAt'),
      member
        .selectFrom('apiKey as k')
        .select(({ fn }) => fn.max('k.lastUsedAt').as('at'))
        .whereRef('k.createdBy', '=', 'm.personId')
        .where('k.serviceAccountId', 'is', null)
        .as('keyAt'),
      member
        .selectFrom('directoryUser as u')
        .innerJoin('directoryGroupMember as gm', 'gm.userId', 'u.id')
        .innerJoin('directoryGroup as g', 'g.id', 'gm.groupId')
        .select(sql<string | null>`string_agg(g.display_name, ', ' order by g.display_name)`.as('names'))
        .whereRef('u.personId', '=', 'm.personId')
        .whereRef('g.role', '=', 'm.role')
        .as('groups'),
    ])
    .where(where)
  if (hold) query = query.forUpdate('m')
  const rows = await query.orderBy('m.personId').limit(limit).execute()
  return rows.map(({ personId, role, roleBy, createdAt, mfaEnrolledAt, seenAt, keyAt, groups }) => ({
    ...{ ...plain, kind: 'member' as const, ref: personId, personId, label: 'Member', role: roleOf(role), since: createdAt },
    detail: roleBy === 'person' ? 'role given by hand' : `role given by the directory${groups ? `: ${groups}` : ''}`,
    lastUsedAt: latest(seenAt, keyAt),
    secondFactor: mfaEnrolledAt !== null,
    terms: [roleBy],
  }))
}

const opens = (scopes: readonly string[] | null, networks: readonly string[] | null): string =>
  [
    scopes === null ? 'everything its role may' : scopes.join(', '),
    ...(networks === null ? [] : [`from ${networks.join(', ')}`]),
  ].join('; ')

/** Keys that act as a person, or those of service accounts, for which the account's owner answers. */
export const keys =
  (kind: 'api_key' | 'service_key'): Source =>
  async (tx, wanted, now) => {
    const { where, limit, hold } = which(wanted, 'k.id')
    let query = tx
      .selectFrom('apiKey as k')
      .leftJoin('serviceAccount as a', 'a.id', 'k.serviceAccountId')
      .leftJoin('membership as m', (join) => join.on('m.personId', '=', sql`coalesce(a.owner_id, k.created_by)`))
      .select(['k.id', 'k.name', 'k.role', 'k.scopes', 'k.networks', 'k.createdBy', 'k.createdAt', 'k.expiresAt', 'k.lastUsedAt'])
      .select(['k.rotatedAt', 'a.name as account', 'a.ownerId', 'm.personId as member'])
      .where(where)
      .where('k.revokedAt', 'is', null)
      .where((key) => key.or([key('k.expiresAt', 'is', null), key('k.expiresAt', '>', now)]))
      .where('k.serviceAccountId', kind === 'api_key' ? 'is' : 'is not', null)
    if (hold) query = query.forUpdate('k')
    const rows = await query.orderBy('k.id').limit(limit).execute()
    return rows.map((row) => ({
      ...{ ...plain, kind, ref: row.id, personId: row.ownerId ?? row.createdBy, role: roleOf(row.role), since: row.createdAt },
      label: row.account === null ? row.name : `${row.name} of ${row.account}`,
      detail: opens(row.scopes, row.networks),
      ...{ lastUsedAt: row.lastUsedAt, expiresAt: row.expiresAt, holderGone: row.member === null },
      terms: [row.scopes, row.networks, row.rotatedAt],
    }))
  }

export const serviceAccounts: Source = async (tx, wanted) => {
  const { where, limit, hold } = which(wanted, 'a.id')
  let query = tx
    .selectFrom('serviceAccount as a')
    .leftJoin('membership as m', 'm.personId', 'a.ownerId')
    .select(['a.id', 'a.name', 'a.purpose', 'a.role', 'a.ownerId', 'a.createdAt', 'm.personId as member'])
    .select((account) =>
      account
        .selectFrom('apiKey as k')
        .select(({ fn }) => fn.max('k.lastUsedAt').as('at'))
        .whereRef('k.serviceAccountId', '=', 'a.id')
        .as('usedAt'),
    )
    .where(where)
    .where('a.disabledAt', 'is', null)
  if (hold) query = query.forUpdate('a')
  const rows = await query.orderBy('a.id').limit(limit).execute()
  return rows.map(({ id, name, purpose, role, ownerId, createdAt, member, usedAt }) => ({
    ...{ ...plain, kind: 'service_account' as const, ref: id, personId: ownerId, label: name, detail: purpose },
    ...{ role: roleOf(role), since: createdAt, lastUsedAt: usedAt, holderGone: member === null, terms: [purpose] },
  }))
}

/** The one Owner who may sign in beside enforced single sign-on. */
export const breakGlass: Source = async (tx, wanted) => {
  const { where, limit, hold } = which(wanted, 'e.break_glass')
  let query = tx
    .selectFrom('ssoEnforcement as e')
    .innerJoin('person as p', 'p.id', 'e.breakGlass')
    .select(['e.breakGlass', 'e.enforcedAt', 'p.mfaEnrolledAt'])
    .where(where)
  if (hold) query = query.forUpdate('e')
  const rows = await query.orderBy('e.breakGlass').limit(limit).execute()
  return rows.map(({ breakGlass: personId, enforcedAt, mfaEnrolledAt }) => ({
    ...{
      ...plain,
      kind: 'break_glass' as const,
      ref: personId,
      personId,
      label: 'Emergency way in',
      since: enforcedAt,
      terms: [],
    },
    ...{ detail: 'signs in beside single sign-on', secondFactor: mfaEnrolledAt !== null },
  }))
}

/** What a directory writes people and groups with. */
export const directoryTokens: Source = async (tx, wanted, now) => {
  const { where, limit, hold } = which(wanted, 'c.id')
  let query = tx
    .selectFrom('directoryCredential as c')
    .innerJoin('directory as d', 'd.id', 'c.directoryId')
    .select(['c.id', 'c.kind', 'c.createdAt', 'c.expiresAt', 'd.name'])
    .select((credential) => [
      credential
        .selectFrom('directoryCredential as t')
        .select(({ fn }) => fn.max('t.lastUsedAt').as('at'))
        .where((used) => used.or([used('t.id', '=', used.ref('c.id')), used('t.clientId', '=', used.ref('c.id'))]))
        .as('usedAt'),
    ])
    .where(where)
    .where('c.kind', 'in', ['bearer', 'client'])
    .where('c.revokedAt', 'is', null)
    .where('c.expiresAt', '>', now)
  if (hold) query = query.forUpdate('c')
  const rows = await query.orderBy('c.id').limit(limit).execute()
  return rows.map(({ id, kind, createdAt, expiresAt, name, usedAt }) => ({
    ...{ ...plain, kind: 'directory_token' as const, ref: id, label: `${kind === 'bearer' ? 'Token' : 'Client'} of ${name}` },
    ...{ detail: 'adds, changes and removes people (SCIM)', since: createdAt, lastUsedAt: usedAt, expiresAt, terms: [kind] },
  }))
}

import { createHash } from 'node:crypto'
import { rolesWith } from '@holdfast/contract'
import { sql } from 'kysely'
import { invitationPlace } from '../../kernel/identity/invitations.ts'
import '../../kernel/identity/tables.ts'
import '../../kernel/sign-on/tables.ts'
import { plain, roleOf, which, type Source } from './reading.ts'

/*
 * What makes members, or gives them roles, by itself: nobody of ours says so each time.
 */

/** Open ones: whoever has the link comes in with the role. They are of an address, and nobody here holds them. */
export const invitations: Source = async (tx, wanted, now) => {
  const { where, limit, hold } = which(wanted, 'i.id')
  let query = tx
    .selectFrom('invitation as i')
    .leftJoin('membership as m', 'm.personId', 'i.invitedBy')
    .select(['i.id', 'i.emailSealed', 'i.role', 'i.createdAt', 'i.expiresAt', 'm.role as inviterRole'])
    .where(where)
    .where('i.acceptedAt', 'is', null)
    .where('i.revokedAt', 'is', null)
    .where('i.expiresAt', '>', now)
  if (hold) query = query.forUpdate('i')
  const rows = await query.orderBy('i.id').limit(limit).execute()
  return rows.map(({ id, emailSealed, role, createdAt, expiresAt, inviterRole }) => ({
    ...{
      ...plain,
      kind: 'invitation' as const,
      ref: id,
      label: 'Invitation',
      detail: 'joins with this role by the link',
      terms: [],
    },
    ...{ role: roleOf(role), since: createdAt, expiresAt },
    address: { place: invitationPlace(id), sealed: emailSealed },
    inviterGone: !rolesWith('member:invite').some((may) => may === inviterRole),
  }))
}

/** Active ones: who is signed in there is signed in here; where there is a role, whoever was not invited joins with it. */
export const connections: Source = async (tx, wanted) => {
  const { where, limit, hold } = which(wanted, 'c.id')
  let query = tx
    .selectFrom('ssoConnection as c')
    .select(['c.id', 'c.kind', 'c.name', 'c.settings', 'c.defaultRole', 'c.createdAt', 'c.lastUsedAt'])
    .where(where)
    .where('c.state', '=', 'active')
  if (hold) query = query.forUpdate('c')
  const rows = await query.orderBy('c.id').limit(limit).execute()
  return rows.map(({ id, kind, name, settings, defaultRole, createdAt, lastUsedAt }) => ({
    ...{
      ...plain,
      kind: 'sso_connection' as const,
      ref: id,
      label: name,
      role: roleOf(defaultRole),
      since: createdAt,
      lastUsedAt,
    },
    detail: `${kind === 'saml' ? 'SAML' : 'OpenID Connect'}; ${defaultRole === null ? 'signs members in' : 'signs members in, and lets others of your domains join'}`,
    terms: [createHash('sha256').update(JSON.stringify(settings)).digest('hex')],
  }))
}

/** Those that give a role, as long as the directory is enabled. Who is in them is the directory's to say, and no part of what is decided. */
export const directoryGroups: Source = async (tx, wanted) => {
  const { where, limit, hold } = which(wanted, 'g.id')
  let query = tx
    .selectFrom('directoryGroup as g')
    .innerJoin('directory as d', 'd.id', 'g.directoryId')
    .select(['g.id', 'g.displayName', 'g.role', 'g.createdAt'])
    .select((group) =>
      group
        .selectFrom('directoryGroupMember as m')
        .select(sql<number>`count(*)::int`.as('count'))
        .whereRef('m.groupId', '=', 'g.id')
        .as('members'),
    )
    .where(where)
    .where('g.role', 'is not', null)
    .where('d.disabledAt', 'is', null)
  if (hold) query = query.forUpdate('g')
  const rows = await query.orderBy('g.id').limit(limit).execute()
  return rows.map(({ id, displayName, role, createdAt, members }) => ({
    ...{
      ...plain,
      kind: 'directory_group' as const,
      ref: id,
      label: displayName,
      role: roleOf(role),
      since: createdAt,
      terms: [],
    },
    detail: `whoever the directory puts into it; ${members} now`,
    empty: members === 0,
  }))
}

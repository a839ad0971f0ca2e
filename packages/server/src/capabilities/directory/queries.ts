import {
  directory,
  DirectoryCredentialId,
  DirectoryDefaultRole,
  DirectoryGroupId,
  DirectoryId,
  DirectoryLogId,
  DirectoryRole,
  DirectoryUserId,
  PersonId,
  Role,
} from '@holdfast/contract'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle } from '../../kernel/handle.ts'
import { logPlace } from './log.ts'
import { nameOf, read as readDocument, textAt } from './scim/document.ts'
import { countUsers } from './scim/users.ts'
import './table.ts'

export const credentialColumns = ['id', 'kind', 'createdAt', 'expiresAt', 'lastUsedAt', 'revokedAt'] as const

interface CredentialRow {
  id: string
  kind: string
  createdAt: Date
  expiresAt: Date
  lastUsedAt: Date | null
  revokedAt: Date | null
}

export const presentCredential = (row: CredentialRow, now: Date) => {
  const state = row.revokedAt !== null ? ('revoked' as const) : row.expiresAt <= now ? ('expired' as const) : ('live' as const)
  return {
    id: DirectoryCredentialId.parse(row.id),
    kind: row.kind === 'client' ? ('client' as const) : ('bearer' as const),
    state,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  }
}

export const read = handle(directory.read, async (_, { tx, services, now }) => {
  const url = `${services.publicUrl}/scim/v2`
  const addresses = { url, tokenUrl: `${url}/oauth/token` }
  const row = await tx.selectFrom('directory').select(['id', 'name', 'defaultRole', 'createdAt', 'disabledAt']).executeTakeFirst()
  if (!row) return { directory: null, ...addresses }
  const credentials = await tx
    .selectFrom('directoryCredential')
    .select(credentialColumns)
    .where('kind', 'in', ['bearer', 'client'])
    .orderBy('id', 'desc')
    .limit(50)
    .execute()
  return {
    ...addresses,
    directory: {
      id: DirectoryId.parse(row.id),
      name: row.name,
      state: row.disabledAt === null ? ('enabled' as const) : ('disabled' as const),
      defaultRole: DirectoryDefaultRole.parse(row.defaultRole),
      createdAt: row.createdAt.toISOString(),
      disabledAt: row.disabledAt?.toISOString() ?? null,
      users: await countUsers(tx),
      credentials: credentials.map((credential) => presentCredential(credential, now)),
    },
  }
})

export const people = handle(directory.people, async ({ limit, after, state }, { tx, vault }) => {
  const cursor = cursorOf(DirectoryUserId, after)
  let query = tx
    .selectFrom('directoryUser')
    .leftJoin('membership', 'membership.personId', 'directoryUser.personId')
    .select(['directoryUser.id', 'directoryUser.active', 'directoryUser.personId', 'directoryUser.resourceSealed'])
    .select(['directoryUser.updatedAt', 'membership.role', 'membership.roleBy'])
    .where('directoryUser.marked', '=', false)
  if (cursor !== null) query = query.where('directoryUser.id', '>', cursor)
  if (state !== undefined) query = query.where('directoryUser.active', '=', state !== 'inactive')
  if (state === 'member') query = query.where('membership.role', 'is not', null)
  if (state === 'waiting') query = query.where('membership.role', 'is', null)
  const rows = await query
    .orderBy('directoryUser.id')
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit)
  await vault.warm(['org'])
  const present = async (row: (typeof rows)[number]) => {
    const place = { table: 'directory_user', column: 'resource_sealed', row: row.id }
    const document = readDocument(await vault.openText('org', place, row.resourceSealed))
    const member = row.role === null ? ('waiting' as const) : ('member' as const)
    return {
      id: DirectoryUserId.parse(row.id),
      name: nameOf(document),
      userName: textAt(document, 'userName') ?? '',
      state: row.active ? member : ('inactive' as const),
      personId: row.personId === null ? null : PersonId.parse(row.personId),
      role: row.role === null ? null : Role.parse(row.role),
      roleBy: row.roleBy,
      changedAt: row.updatedAt.toISOString(),
    }
  }
  return { rows: await Promise.all(shown.map(present)), next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
})

export const groups = handle(directory.groups, async ({ limit, after }, { tx }) => {
  const cursor = cursorOf(DirectoryGroupId, after)
  let query = tx
    .selectFrom('directoryGroup')
    .select(['directoryGroup.id', 'displayName', 'role'])
    .select((group) =>
      group
        .selectFrom('directoryGroupMember')
        .select(({ fn }) => fn.countAll<string>().as('count'))
        .whereRef('directoryGroupMember.groupId', '=', 'directoryGroup.id')
        .as('members'),
    )
    .where('marked', '=', false)
  if (cursor !== null) query = query.where('directoryGroup.id', '>', cursor)
  const rows = await query
    .orderBy('directoryGroup.id')
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit)
  return {
    rows: shown.map(({ id, displayName, role, members }) => ({
      id: DirectoryGroupId.parse(id),
      name: displayName,
      members: Number(members),
      role: role === null ? null : DirectoryRole.parse(role),
    })),
    next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
  }
})

/** Newest first. What came is opened here and nowhere else. */
export const log = handle(directory.log, async ({ limit, after, refused }, { tx, vault }) => {
  const cursor = cursorOf(DirectoryLogId, after)
  let query = tx.selectFrom('directoryLog').selectAll()
  if (cursor !== null) query = query.where('id', '<', cursor)
  if (refused !== undefined) query = query.where('code', 'is not', null)
  const rows = await query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit)
  await vault.warm(['org'])
  const present = async (row: (typeof rows)[number]) => {
    const detail = JSON.parse(await vault.openText('org', logPlace(row.id), row.detailSealed)) as {
      request: string
      said: string[]
    }
    const { requestId, operation, target, status, code } = row
    return {
      ...{ requestId, operation, target, status, code, ...detail },
      id: DirectoryLogId.parse(row.id),
      at: row.at.toISOString(),
      credentialId: DirectoryCredentialId.parse(row.credentialId),
    }
  }
  return { rows: await Promise.all(shown.map(present)), next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
})

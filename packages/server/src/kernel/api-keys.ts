import { createApiKey } from '@holdfast/crypto'
import { ApiKeyId, isOperatorPermission, PersonId, Role, rolesWith, type Scope, type ServiceAccountId } from '@holdfast/contract'
import type { Generated, GeneratedAlways } from 'kysely'
import { newIdOf } from './identifier.ts'
import { after, days } from './identity/lifetimes.ts'
import type { OrgTx } from './tenancy/org-tx.ts'

interface ApiKeyTable {
  id: string
  name: string
  secretHash: Buffer
  role: string
  createdBy: string
  createdAt: Generated<Date>
  expiresAt: Date | null
  lastUsedAt: Generated<Date | null>
  revokedAt: Generated<Date | null>
  scopes: string[] | null
  networks: string[] | null
  rotatedAt: Generated<Date | null>
  oldSecretHash: Generated<Buffer | null>
  oldUntil: Generated<Date | null>
  serviceAccountId: string | null
  /** Counts rotations; the database does. */
  generation: GeneratedAlways<number>
  /** Everybody who was shown one of its secrets; the database keeps it. */
  shownTo: GeneratedAlways<string[]>
  /** It does less, or ends sooner, than it was made for. */
  cutShortAt: Generated<Date | null>
  cutShortWhy: Generated<'role_lowered' | 'left' | null>
}
declare module './tenancy/schema.ts' {
  interface Database {
    apiKey: ApiKeyTable
  }
}

const columns = [
  ...(['id', 'name', 'role', 'scopes', 'networks', 'createdBy', 'serviceAccountId'] as const),
  ...(['createdAt', 'rotatedAt', 'oldUntil', 'expiresAt', 'lastUsedAt'] as const),
  ...(['cutShortAt', 'cutShortWhy'] as const),
] as const

interface Row {
  id: string
  name: string
  role: string
  scopes: string[] | null
  networks: string[] | null
  createdBy: string
  serviceAccountId: string | null
  createdAt: Date
  rotatedAt: Date | null
  oldUntil: Date | null
  expiresAt: Date | null
  lastUsedAt: Date | null
  cutShortAt: Date | null
  cutShortWhy: 'role_lowered' | 'left' | null
}
/** A key without a date of its own, from before there had to be one, shows this one. */
const forever = new Date('9999-12-31T00:00:00.000Z')

export const presentKey = (row: Row, now: Date) => {
  const { id, name, role, scopes, networks, createdBy, serviceAccountId, createdAt, rotatedAt, oldUntil, expiresAt, lastUsedAt } =
    row
  const { cutShortAt: at, cutShortWhy: why } = row
  return {
    ...{ id: id as ApiKeyId, name, role: Role.parse(role), scopes, networks: networks ?? [] },
    personId: PersonId.parse(createdBy),
    serviceAccountId: serviceAccountId as ServiceAccountId | null,
    createdAt: createdAt.toISOString(),
    rotatedAt: rotatedAt?.toISOString() ?? null,
    oldSecretUntil: oldUntil !== null && oldUntil > now ? oldUntil.toISOString() : null,
    expiresAt: (expiresAt ?? forever).toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    cutShort: at && why ? { at: at.toISOString(), why } : null,
  }
}
type ApiKeyId = ReturnType<typeof newKeyId>
export const newKeyId = () => newIdOf(ApiKeyId, 'ak')

export interface Limits {
  scopes?: Scope[] | undefined
  networks: string[]
  days: number
}

/** Whether a role can hold all of these here; a key names nothing that it could never use. */
export const holdsAll = (scopes: readonly Scope[] | undefined, role: Role, operator: boolean): boolean =>
  (scopes ?? []).every((scope) => rolesWith(scope).includes(role) && (operator || !isOperatorPermission(scope)))

export interface NewKey extends Limits {
  id: ApiKeyId
  secretHash: Buffer
  name: string
  role: Role
  createdBy: PersonId
  serviceAccountId: string | null
}

/** Null when the id exists anywhere: keys are found by it alone. */
export const insertKey = async (tx: OrgTx, { days: count, scopes, networks, ...key }: NewKey, now: Date) => {
  const confined = { scopes: scopes ? [...new Set(scopes)] : null, networks: networks.length > 0 ? networks : null }
  const row = await tx
    .insertInto('apiKey')
    .values({ ...key, ...confined, createdAt: now, expiresAt: after(now, days(count)) })
    .onConflict((conflict) => conflict.doNothing())
    .returning(columns)
    .executeTakeFirst()
  return row ? presentKey(row, now) : null
}

/** Makes a key of which only the hash stays here. The secret leaves in the answer; its SHA-256 is enough, since it is 256 random bits. */
export const makeKey = async (tx: OrgTx, wanted: Omit<NewKey, 'id' | 'secretHash'>, now: Date) => {
  const id = newKeyId()
  const { key, secretHash } = createApiKey(id)
  const made = await insertKey(tx, { ...wanted, id, secretHash }, now)
  if (!made) throw new Error('a random id was there already')
  return { ...made, key }
}

/** Keys neither revoked nor expired of one holder. */
export const countLiveKeys = async (tx: OrgTx, holder: { person: string } | { account: string }, now: Date): Promise<number> => {
  const all = tx
    .selectFrom('apiKey')
    .select(({ fn }) => fn.countAll<string>().as('live'))
    .where('revokedAt', 'is', null)
    .where((key) => key.or([key('expiresAt', 'is', null), key('expiresAt', '>', now)]))
  const theirs =
    'account' in holder
      ? all.where('serviceAccountId', '=', holder.account)
      : all.where('createdBy', '=', holder.person).where('serviceAccountId', 'is', null)
  return Number((await theirs.executeTakeFirstOrThrow()).live)
}

export const keyColumns = columns

import {
  ConnectionSettings,
  isEntitled,
  SsoConnectionId,
  SsoDefaultRole,
  type Plan,
  type PersonId,
  type SamlSettings,
} from '@holdfast/contract'
import { sql, type Selectable } from 'kysely'
import type { Entered } from '../../kernel/handle.ts'
import type { Problem } from '../../kernel/problem.ts'
import type { Services } from '../../kernel/services.ts'
import { readCertificate } from '@holdfast/saml'
import { entityIdOf, redirectUriOf } from '../../kernel/sign-on/connection.ts'
import type { Database } from '../../kernel/tenancy/schema.ts'
import { connectionsAtMost, domainsAtMost, graceEnds, recordNameOf, recordValueOf } from './rules.ts'
import '../../kernel/sign-on/tables.ts'

type SigningColumn = 'signingCertificate' | 'otherCertificate' | 'otherIs' | 'otherSince' | 'otherTestedAt'
type ConnectionRow = Pick<
  Selectable<Database['ssoConnection']>,
  | SigningColumn
  | ('id' | 'name' | 'state' | 'settings' | 'secretSealed' | 'secretExpiresAt' | 'defaultRole' | 'testedAt' | 'lastUsedAt')
> & { people: string | number | null; plan: string | null }

const connections = ({ tx }: Pick<Entered, 'tx'>) =>
  tx
    .selectFrom('ssoConnection as c')
    .select(['c.id', 'c.name', 'c.state', 'c.settings', 'c.secretSealed', 'c.secretExpiresAt', 'c.defaultRole'])
    .select([
      'c.testedAt',
      'c.lastUsedAt',
      'c.signingCertificate',
      'c.otherCertificate',
      'c.otherIs',
      'c.otherSince',
      'c.otherTestedAt',
    ])
    .select((row) => [
      row
        .selectFrom('ssoIdentity as i')
        .whereRef('i.connectionId', '=', 'c.id')
        .select(({ fn }) => fn.countAll<string>().as('count'))
        .as('people'),
      row.selectFrom('org').select('plan').limit(1).as('plan'),
    ])
    .orderBy('c.id')
    .limit(connectionsAtMost)

const presentCertificate = (pem: string | null) => {
  const { fingerprint, notBefore, notAfter } = readCertificate(pem ?? '') ?? {}
  return fingerprint && notBefore && notAfter
    ? { fingerprint, notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString() }
    : null
}

const presentCertificates = ({ provider }: SamlSettings) =>
  (provider?.certificates ?? []).flatMap((pem) => presentCertificate(pem) ?? [])

const presentSigning = (row: Pick<ConnectionRow, SigningColumn>) => {
  const current = presentCertificate(row.signingCertificate)
  const other = presentCertificate(row.otherCertificate)
  const { otherIs: is, otherSince: since, otherTestedAt: testedAt } = row
  return current
    ? {
        current,
        other:
          other && is && since ? { ...other, is, since: since.toISOString(), testedAt: testedAt?.toISOString() ?? null } : null,
      }
    : null
}

export const presentConnection = (row: ConnectionRow, { publicUrl }: Pick<Services, 'publicUrl'>) => {
  const id = SsoConnectionId.parse(row.id)
  const settings = ConnectionSettings.parse(row.settings)
  const frozen = row.state === 'active' && !isEntitled({ plan: row.plan as Plan }, 'sso')
  return {
    ...{ id, name: row.name, state: frozen ? ('frozen' as const) : row.state },
    settings,
    secretSet: row.secretSealed !== null,
    secretExpiresAt: row.secretExpiresAt?.toISOString() ?? null,
    defaultRole: row.defaultRole === null ? null : SsoDefaultRole.parse(row.defaultRole),
    redirectUri: redirectUriOf(publicUrl, id),
    entityId: settings.kind === 'saml' ? entityIdOf(publicUrl, id) : null,
    certificates: settings.kind === 'saml' ? presentCertificates(settings) : [],
    signing: presentSigning(row),
    testedAt: row.testedAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    people: Number(row.people ?? 0),
  }
}

export const listConnections = async (entered: Pick<Entered, 'tx'>, services: Pick<Services, 'publicUrl'>) =>
  (await connections(entered).execute()).map((row) => presentConnection(row, services))

/** As it is now, after a change in the same transaction. */
export const readConnection = async (entered: Pick<Entered, 'tx'>, id: SsoConnectionId, services: Pick<Services, 'publicUrl'>) =>
  presentConnection(await connections(entered).where('c.id', '=', id).executeTakeFirstOrThrow(), services)

/** Locked until commit. */
export const lockConnection = async (
  { tx }: Pick<Entered, 'tx'>,
  id: SsoConnectionId,
  refuse: (code: 'connection_not_found') => Problem,
) => {
  const row = await tx
    .selectFrom('ssoConnection')
    .select(['name', 'state', 'kind', 'settings', 'testedAt', 'secretExpiresAt', 'changedAt'])
    .select(['secretSealed', 'signingCertificate', 'otherCertificate', 'otherSecretSealed', 'otherIs', 'otherTestedAt'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw refuse('connection_not_found')
  return { ...row, settings: row.settings as ConnectionSettings }
}

const domainColumns = ['domain', 'connectionId', 'token', 'provedAt', 'checkedAt', 'lostAt'] as const
export type DomainRow = Pick<Selectable<Database['ssoDomain']>, (typeof domainColumns)[number]>

const stateOf = ({ provedAt, lostAt }: DomainRow): 'waiting' | 'proved' | 'lost' => {
  if (provedAt === null) return 'waiting'
  return lostAt === null ? 'proved' : 'lost'
}

export const presentDomain = (row: DomainRow) => ({
  domain: row.domain,
  connectionId: row.connectionId === null ? null : SsoConnectionId.parse(row.connectionId),
  record: { name: recordNameOf(row.domain), value: recordValueOf(row.token) },
  state: stateOf(row),
  provedAt: row.provedAt?.toISOString() ?? null,
  checkedAt: row.checkedAt?.toISOString() ?? null,
  until: graceEnds(row)?.toISOString() ?? null,
})

export const listDomains = ({ tx }: Pick<Entered, 'tx'>): Promise<DomainRow[]> =>
  tx.selectFrom('ssoDomain').select(domainColumns).orderBy('domain').limit(domainsAtMost).execute()

/** Locked until commit. */
export const lockDomain = ({ tx }: Pick<Entered, 'tx'>, domain: string): Promise<DomainRow | undefined> =>
  tx.selectFrom('ssoDomain').select(domainColumns).where('domain', '=', domain).forUpdate().executeTakeFirst()

/** The Owners who have a passkey. */
export const ownersWithPasskey = async ({ tx }: Pick<Entered, 'tx'>): Promise<ReadonlySet<PersonId>> => {
  const rows = await tx
    .selectNoFrom(sql<PersonId[] | null>`(select array_agg(person_id) from sso_owners_with_passkey())`.as('people'))
    .execute()
  return new Set(rows[0]?.people ?? [])
}

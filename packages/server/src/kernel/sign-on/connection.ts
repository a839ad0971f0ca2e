import { ConnectionSettings, Role, type OrgId, type SsoConnectionId } from '@holdfast/contract'
import type { Entered } from '../handle.ts'
import type { Gate } from '../gate.ts'
import type { Services } from '../services.ts'
import { readIn } from '../unit.ts'
import './tables.ts'

export const secretPlace = (row: string) => ({ table: 'sso_connection', column: 'secret_sealed', row })
/** Of the key that is not in use: while it is changed there are two. */
export const otherSecretPlace = (row: string) => ({ table: 'sso_connection', column: 'other_secret_sealed', row })

/** Where a provider sends people back to: one address a connection, so that no provider can answer for another (RFC 9700 §4.4.2). */
export const redirectUriOf = (publicUrl: string, id: SsoConnectionId): string => `${publicUrl}/sso/callback/${id}`

/** What we are called at the provider of a SAML connection; our metadata is there. */
export const entityIdOf = (publicUrl: string, id: SsoConnectionId): string => `${publicUrl}/sso/metadata/${id}`

/** A connection as signing in needs it. */
export interface Connection {
  id: SsoConnectionId
  orgId: OrgId
  name: string
  active: boolean
  settings: ConnectionSettings
  /** Of OpenID Connect the client's; of SAML the private key that our requests are signed with. */
  secret: string | null
  /** What our metadata names of SAML: of the key that requests are signed with, then of the other while there is one. */
  certificates: readonly string[]
  /** Of whom nobody invited; null: they are not let in. */
  defaultRole: Role | null
}

/** By the key in use, or by the other while there is one. */
export type SignedBy = 'current' | 'other'

/** A connection of the organisation entered, its secret opened; null when there is none. */
export const connectionIn = async (
  { tx, vault }: Entered,
  orgId: OrgId,
  id: SsoConnectionId,
  signedBy: SignedBy = 'current',
): Promise<Connection | null> => {
  const row = await tx
    .selectFrom('ssoConnection')
    .select(['name', 'state', 'settings', 'secretSealed', 'defaultRole'])
    .select(['signingCertificate', 'otherCertificate', 'otherSecretSealed'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return null
  const { secretSealed, otherSecretSealed, signingCertificate, otherCertificate } = row
  const [place, sealed] = signedBy === 'current' ? [secretPlace(id), secretSealed] : [otherSecretPlace(id), otherSecretSealed]
  return {
    ...{ id, orgId, name: row.name, active: row.state === 'active' },
    settings: ConnectionSettings.parse(row.settings),
    secret: sealed && (await vault.openText('org', place, sealed)),
    certificates: [signingCertificate, otherCertificate].filter((certificate) => certificate !== null),
    defaultRole: row.defaultRole === null ? null : Role.parse(row.defaultRole),
  }
}

/** A connection by its id alone, in whichever organisation; null when there is none. */
export const findConnection = async (
  { services, gate }: { services: Pick<Services, 'ground'>; gate: Gate },
  id: SsoConnectionId,
): Promise<Connection | null> => {
  const [found] = await gate.ask<{ org_id: OrgId }>('gate_sso_connection', [id])
  if (!found) return null
  return readIn(services.ground, found.org_id, null, (reading) => connectionIn(reading, found.org_id, id))
}

/** By which active connection the people of a proved domain sign in; null when by none. */
export const routeOf = async (
  gate: Gate,
  domain: string,
): Promise<{ orgId: OrgId; connectionId: SsoConnectionId; enforced: boolean } | null> => {
  const [found] = await gate.ask<{ org_id: OrgId; connection_id: SsoConnectionId; enforced: boolean }>('gate_sso_domain', [
    domain,
  ])
  return found ? { orgId: found.org_id, connectionId: found.connection_id, enforced: found.enforced } : null
}

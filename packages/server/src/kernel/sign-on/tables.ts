import type { Generated } from 'kysely'

interface SsoConnectionTable {
  id: string
  kind: 'oidc' | 'saml'
  name: string
  state: Generated<'draft' | 'active'>
  /** By kind; `ConnectionSettings` of the contract. */
  settings: unknown
  secretSealed: Buffer | null
  secretExpiresAt: Date | null
  signingCertificate: string | null
  otherCertificate: string | null
  otherSecretSealed: Buffer | null
  otherIs: 'next' | 'previous' | null
  otherSince: Date | null
  otherTestedAt: Date | null
  defaultRole: string | null
  changedAt: Date
  testedAt: Date | null
  lastUsedAt: Date | null
  createdBy: string
  createdAt: Generated<Date>
}
interface SsoDomainTable {
  domain: string
  connectionId: string | null
  token: string
  provedAt: Date | null
  checkedAt: Date | null
  lostAt: Date | null
  createdAt: Generated<Date>
}
interface SsoIdentityTable {
  connectionId: string
  subjectIndex: Buffer
  subjectSealed: Buffer
  /** Of SAML: what the provider said the subject is. Null: of OpenID Connect, or not heard since it is kept. */
  nameIdFormat: string | null
  personId: string
  createdAt: Generated<Date>
  lastUsedAt: Date | null
}
interface SsoEnforcementTable {
  breakGlass: string
  enforcedBy: string
  enforcedAt: Date
}

declare module '../tenancy/schema.ts' {
  interface Database {
    ssoConnection: SsoConnectionTable
    ssoDomain: SsoDomainTable
    ssoIdentity: SsoIdentityTable
    ssoEnforcement: SsoEnforcementTable
  }
}

import type { Generated } from 'kysely'

/** One device on which a person is signed in. `orgId`: where it works now; a session is its person's, so no scope is added to it. */
interface SessionTable {
  id: string
  personId: string
  orgId: Generated<string>
  createdAt: Generated<Date>
  lastSeenAt: Generated<Date>
  expiresAt: Date
  idleExpiresAt: Date
  refreshSeq: Generated<number>
  authTime: Generated<Date>
  amr: Generated<string[]>
  mfaAt: Date | null
  restricted: Generated<boolean>
  userAgentSealed: Buffer | null
  ipSealed: Buffer | null
  revokedAt: Date | null
  revokeReason: string | null
  staffGrantId: Generated<string | null>
  ssoConnectionId: Generated<string | null>
  signedInAt: Generated<Date>
  methods: string[]
  attendedAt: Generated<Date | null>
}
interface TotpFactorTable {
  personId: string
  id: string
  secretSealed: Buffer
  labelSealed: Buffer | null
  confirmedAt: Date | null
  lastStep: Generated<string>
  createdAt: Generated<Date>
}
interface PasskeyTable {
  personId: string
  id: string
  credentialHash: Buffer
  credentialSealed: Buffer
  labelSealed: Buffer
  signCount: string
  backedUp: boolean
  createdAt: Generated<Date>
  lastUsedAt: Date | null
}
interface RecoveryCodeTable {
  personId: string
  id: string
  codeHash: Buffer
  usedAt: Date | null
  createdAt: Generated<Date>
}
interface PasswordResetTable {
  id: string
  personId: string
  tokenHash: Buffer
  createdAt: Generated<Date>
  expiresAt: Date
  usedAt: Date | null
}
interface SigningKeyTable {
  kid: string
  publicJwk: unknown
  privateSealed: Buffer
  state: 'next' | 'signing' | 'retired'
  createdAt: Generated<Date>
  signingAt: Date | null
  retiredAt: Date | null
}
interface PlatformSecretTable {
  name: string
  version: number
  sealed: Buffer
  state: Generated<string>
  createdAt: Generated<Date>
}

declare module '../tenancy/schema.ts' {
  interface Database {
    session: SessionTable
    totpFactor: TotpFactorTable
    passkey: PasskeyTable
    recoveryCode: RecoveryCodeTable
    passwordReset: PasswordResetTable
    signingKey: SigningKeyTable
    platformSecret: PlatformSecretTable
  }
}

import { extensionNames, maxHostNames } from '@holdfast/crypto/ssh'
import { z } from 'zod'
import { maxItems } from '../requests.ts'
import { purposes } from './authorities.ts'

/** What the signer grants at most, whoever asks. */
export const maxUserSeconds = 15 * 60
export const maxHostSeconds = 30 * 86_400
const maxBundleSeconds = 86_400
const maxSerials = 100_000
const maxKeyIds = 10_000
const maxKeys = 1000

/** A part of a principal and the name of a file, so nothing else than these. */
const name = z.string().regex(/^[a-z0-9_-]{1,64}$/)
const serial = z
  .string()
  .regex(/^[1-9]\d{0,19}$/)
  .transform(BigInt)
  .refine((value) => value < 1n << 64n, 'not of 64 bits')
const keyId = z.string().regex(/^[\u0021-\u007e]{1,200}$/)
const publicKey = z.string().max(8192)
const version = z.int().positive()

const subject = { org: name, host: name, publicKey, serial, keyId, version: version.optional() }

/** Neither principals nor times nor bytes: the signer makes those itself. */
export const CertificateRequest = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('user'),
    ...subject,
    login: name,
    lifetimeSeconds: z.int().min(1).max(maxUserSeconds),
    /** Unix seconds: the end of the grant. */
    endsAt: z.int().nonnegative(),
    extensions: z.array(z.enum(extensionNames)).max(extensionNames.length).optional(),
    sourceAddresses: z.array(z.string().max(50)).min(1).max(32).optional(),
    forceCommand: z.string().max(1000).optional(),
  }),
  z.strictObject({
    kind: z.literal('host'),
    ...subject,
    /** DNS names and addresses by which clients may know it too. */
    names: z.array(z.string().max(253)).max(maxHostNames).optional(),
    lifetimeSeconds: z.int().min(1).max(maxHostSeconds),
  }),
])
export type CertificateRequest = z.output<typeof CertificateRequest>

/** Each is looked at and answered on its own. */
export const CertificatesRequest = z.strictObject({ items: z.array(z.unknown()).min(1).max(maxItems) })

export const RevocationsRequest = z.strictObject({
  org: name,
  kind: z.enum(['user', 'host']),
  version: serial,
  serials: z.array(serial).max(maxSerials),
  keyIds: z.array(keyId).max(maxKeyIds),
  publicKeys: z.array(publicKey).max(maxKeys),
  lifetimeSeconds: z.int().min(1).max(maxBundleSeconds),
})
export type RevocationsRequest = z.output<typeof RevocationsRequest>

export const OrganisationRequest = z.strictObject({ org: name })
export const AuthorityRequest = z.strictObject({ org: name, purpose: z.enum(purposes) })

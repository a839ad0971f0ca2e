import type { NameIdFormat } from './names.ts'

/** What is known of a connection when somebody comes back from its provider. Everything is compared as it stands: no case, no trimming. */
export interface Settings {
  /** The provider's entity id; the only Issuer that counts. */
  providerEntityId: string
  /** Certificates (PEM) the provider may sign with; more than one while it changes them. */
  certificates: readonly string[]
  /** Our entity id for this connection; must be among the audiences. */
  entityId: string
  /** Our assertion consumer service for this connection, and for no other. */
  acsUrl: string
  /** What our requests ask the NameID to be; null: they name no format. */
  nameIdFormat: NameIdFormat | null
}

/** The one request that is being answered. */
export interface Expected {
  requestId: string
  /** The person must have shown who they are after this moment: set where the request said ForceAuthn. */
  authenticatedAfter?: Date
}

export interface Attribute {
  name: string
  values: readonly string[]
}

/** What a response proves: the provider of these settings said this, just now, to us, in answer to our request. */
export interface Accepted {
  accepted: true
  /** The NameID. With the connection it is the identity; an e-mail address in it is only text. */
  subject: string
  nameIdFormat: string
  attributes: readonly Attribute[]
  sessionIndex: string | null
  assertionId: string
  /** Until then the assertion must not be accepted a second time. */
  notOnOrAfter: Date
  authnInstant: Date
  authnContext: string | null
}

export const checks = [
  'size',
  'encoding',
  'markup',
  'elements',
  'depth',
  'well_formed',
  'status',
  'encrypted',
  'structure',
  'signature_missing',
  'algorithm',
  'certificate',
  'signature',
  'issuer',
  'version',
  'confirmation',
  'destination',
  'recipient',
  'request',
  'expiry',
  'audience',
  'conditions',
  'authentication',
  'subject',
  'name_id_format',
  'time_limit',
  'busy',
] as const
export type Check = (typeof checks)[number]

/** For the administrator of the connection, never for the public page: it quotes what the response said. */
export interface Rejection {
  accepted: false
  check: Check
  /** What failed. */
  what: string
  /** What to change, and where. */
  change: string
}

export type Verdict = Accepted | Rejection

export const reject = (check: Check, what: string, change: string): Rejection => ({ accepted: false, check, what, change })

/** A value of the response as it may stand in a sentence: short, and on one line. */
export const quoted = (value: string | null | undefined): string => {
  if (value == null || value === '') return 'nothing'
  const line = value.replace(/[^\x20-\x7e\u00a0-\u024f]/g, '?')
  return `“${line.length > 200 ? `${line.slice(0, 200)}…` : line}”`
}

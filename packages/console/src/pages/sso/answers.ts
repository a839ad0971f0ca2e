import type { OutputOf, sso } from '@holdfast/contract'

export type Setup = OutputOf<typeof sso.read>
export type Connection = Setup['connections'][number]
export type Domain = Setup['domains'][number]
export type Check = Setup['needed'][number]

/** By what a provider is known, in one word. */
export const providerNameOf = ({ settings }: Connection): string =>
  settings.kind === 'oidc' ? settings.issuer : (settings.provider?.entityId ?? 'SAML 2.0, its provider is not known yet')

const missing = 'That connection was removed meanwhile.'

/** Refusals that several operations share. */
export const gone = { connection_not_found: missing } as const
export const unreachable = {
  provider_unavailable: 'The provider does not answer. Try again in a moment.',
} as const

/** What cannot change any more once people came: they are known by the provider's names for them. */
export const stays = {
  provider_stays: 'People came by this provider already. Add another connection for another provider.',
  format_stays: 'People came by names of another format already. Add another connection that asks for this one.',
} as const

export const formats = {
  persistent: 'persistent',
  unspecified: 'unspecified',
  none: 'none: what is set at the provider comes',
} as const

export const stateWords = {
  draft: ['quiet', 'draft'],
  active: ['good', 'active'],
  frozen: ['warn', 'frozen: the plan has ended'],
} as const

export const domainWords = {
  waiting: ['warn', 'waiting for its record'],
  proved: ['good', 'proved'],
  lost: ['bad', 'record missing'],
} as const

export type Signing = NonNullable<Connection['signing']>
export type OtherKey = NonNullable<Signing['other']>

/** Refusals of what is done to a signing key. */
export const keyRefusals = {
  ...gone,
  no_such_key: 'That key was withdrawn meanwhile. Look at the page again.',
  key_in_use: 'Requests are signed with that key already.',
} as const

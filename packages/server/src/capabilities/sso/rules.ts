import { domainToASCII } from 'node:url'
import type { ConnectionSettings } from '@holdfast/contract'
import { readCertificate } from '@holdfast/saml'

export const connectionsAtMost = 10
export const domainsAtMost = 50
/** So long a proved domain stays proved after its record is gone: a mistake in the DNS locks nobody out at once. */
export const graceDays = 7

/** Below the domain: it says nothing else there, and no other service reads it. */
export const recordNameOf = (domain: string): string => `_holdfast-challenge.${domain}`
export const recordValueOf = (token: string): string => `holdfast-domain=${token}`

/** Whether it is a name that somebody can own: not an address, nothing that resolves inside. */
export const isOwnable = (domain: string): boolean =>
  domainToASCII(domain) === domain && !/^[\d.]+$/.test(domain) && !/\.(local|localhost|internal|arpa|test-nowhere)$/.test(domain)

/** What makes a provider the same one: its subjects are kept, and another's would be taken for them. */
export const providerOf = (settings: ConnectionSettings): string =>
  `${settings.kind} ${settings.kind === 'oidc' ? settings.issuer : (settings.provider?.entityId ?? '')}`

/** Which of our signing keys a certificate is of; null: of neither. */
export const keyNamed = (
  { signingCertificate, otherCertificate }: { signingCertificate: string | null; otherCertificate: string | null },
  fingerprint: string,
): 'current' | 'other' | null => {
  const isOf = (pem: string | null): boolean => readCertificate(pem ?? '')?.fingerprint === fingerprint
  if (isOf(signingCertificate)) return 'current'
  return isOf(otherCertificate) ? 'other' : null
}

export interface DomainStanding {
  provedAt: Date | null
  lostAt: Date | null
}

/** When a domain whose record is missing stops being proved; null while it is there. */
export const graceEnds = ({ lostAt }: Pick<DomainStanding, 'lostAt'>): Date | null =>
  lostAt && new Date(lostAt.getTime() + graceDays * 86_400_000)

/** What a look into the DNS changes; null: nothing. */
export const afterLook = (
  { provedAt, lostAt }: DomainStanding,
  found: boolean,
  now: Date,
): { change: Partial<DomainStanding>; word: 'lost' | 'found' | 'released' } | null => {
  if (provedAt === null) return null
  if (found) return lostAt === null ? null : { change: { lostAt: null }, word: 'found' }
  if (lostAt === null) return { change: { lostAt: now }, word: 'lost' }
  const ends = graceEnds({ lostAt })
  return ends !== null && ends <= now ? { change: { provedAt: null, lostAt: null }, word: 'released' } : null
}

export interface Readiness {
  /** Domains that are proved, and those of them that lead to an active connection. */
  proved: number
  routed: number
  /** Who has signed in by an active connection. */
  people: number
  /** Owners with a passkey. */
  owners: number
}

/** What enforcing needs, in plain words. */
export const needsOf = ({ proved, routed, people, owners }: Readiness) => [
  {
    name: 'A proved domain',
    passed: proved > 0,
    detail: proved > 0 ? `${proved} proved.` : 'Add a domain and set its DNS record.',
  },
  {
    name: 'Each proved domain leads to an active connection',
    passed: proved > 0 && routed === proved,
    detail:
      proved === 0
        ? 'Prove a domain first, and say by which connection its people sign in.'
        : routed === proved
          ? 'Nobody is left without a way in.'
          : `Without one so far: ${proved - routed}.`,
  },
  {
    name: 'Somebody has signed in by single sign-on',
    passed: people > 0,
    detail: people > 0 ? `${people} have.` : 'Sign in once yourself, so that you know it works.',
  },
  {
    name: 'An Owner has a passkey, for the emergency way in',
    passed: owners > 0,
    detail: owners > 0 ? 'For the day the provider does not answer.' : 'Let an Owner enrol one on the page “Account”.',
  },
]

import type { SshExtension } from '@holdfast/contract'
import { authorizedPrincipalsLine, principalOf } from '@holdfast/crypto/ssh'
import type { z } from 'zod'

/** A host that has heard nothing for so long is cut off, and does what its settings say; a bundle lasts as long, and says so by itself. */
export const staleAfterSeconds = 600
export const bundleMaxAgeMs = 60_000
/** Clocks may differ: a revoked certificate stays on the list for so long after its end. */
export const clockMarginMs = 3_600_000
export const hostCertificateSeconds = 14 * 86_400
export const endedHours = 24

/** Characters of a signed list that is sent to each host unasked; a longer one is fetched, by hosts that come one after the other. */
export const longestPushed = 32_768
/** So long may a host for which nothing has changed wait before it says that it knows: well below the time after which it lags. */
const longestWaitMs = 5_000
/** A node takes some hundred acknowledgements a second beside its other work. */
export const acknowledgeWithin = (hosts: number): number => Math.min(hosts * 3, longestWaitMs)

interface Allowed {
  login: string
  extensions: readonly z.infer<typeof SshExtension>[]
}

/**
 * AuthorizedPrincipalsFile for each login that some grant opens: one line, one principal. It allows what any of the grants allows; each
 * certificate allows only what its own does.
 */
export const principalsOf = (org: string, host: string, grants: readonly Allowed[]) =>
  [...Map.groupBy(grants, ({ login }) => login)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([login, ofLogin]) => {
      const extensions = [...new Set(ofLogin.flatMap((grant) => grant.extensions))].toSorted()
      return { login, lines: [authorizedPrincipalsLine(principalOf({ org, host, login }), ['permit-pty', ...extensions])] }
    })

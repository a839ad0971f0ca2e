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

import { SshError } from './error.ts'
import { permissionOf, type Extension } from './options.ts'
import { parsePrincipal } from './principal.ts'
import { formatPublicKey, type PublicKey } from './public-key.ts'

/** Lines of files that sshd and ssh read, without their newlines. */

/**
 * For `AuthorizedPrincipalsFile`: `restrict,pty o:…`. What the line does not permit no certificate brings back, however much it permits itself
 * (sshd(8), `restrict`). Throws `principal_refused`.
 */
export const authorizedPrincipalsLine = (principal: string, permissions: readonly Extension[] = ['permit-pty']): string => {
  if (!parsePrincipal(principal)) throw new SshError('principal_refused', 'not the principal of an account')
  return `${['restrict', ...permissions.map((name) => permissionOf[name])].join(',')} ${principal}`
}

/** For `known_hosts`: believes an authority for the hosts of a pattern, such as `o:<org>:h:*` with `HostKeyAlias`. Throws `line_refused`. */
export const knownHostsAuthorityLine = (pattern: string, authority: PublicKey): string => {
  if (!/^[a-z0-9:_.*?,![\]-]{1,500}$/.test(pattern)) throw new SshError('line_refused', 'not a pattern of host names')
  return `@cert-authority ${pattern} ${formatPublicKey(authority)}`
}

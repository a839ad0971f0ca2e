import type { OidcProviders } from './oidc.ts'
import type { SamlProviders } from './saml.ts'

/** What single sign-on may reach outside. */
export interface SignOnPorts {
  oidc: OidcProviders
  saml: SamlProviders
  /** The texts of the TXT records of a name; empty when there are none. Throws when the DNS does not answer. */
  resolveTxt: (name: string) => Promise<string[]>
}

import { X509Certificate } from 'node:crypto'

/**
 * A server's certificate with our own authority behind it, where that signed it: an agent that enrols knows the authority by its fingerprint alone, and can
 * take it from nowhere else. What another authority signed brings its chain in its own file.
 */
export const withAuthority = (certificate: string, authority: string): string => {
  const issuer = new X509Certificate(authority)
  const own = new X509Certificate(certificate)
  return own.checkIssued(issuer) && own.verify(issuer.publicKey) ? `${certificate.trimEnd()}\n${issuer.toString()}` : certificate
}

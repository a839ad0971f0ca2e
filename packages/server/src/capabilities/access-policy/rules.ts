import { canonicalCidr } from '@holdfast/crypto/ssh'

/** The networks in canonical form, each once; null and which when one is none. */
export const canonicalNetworks = (given: readonly string[]): { networks: string[] } | { wrong: string } => {
  const networks = new Set<string>()
  for (const text of given) {
    const canonical = canonicalCidr(text)
    if (canonical === null) return { wrong: text }
    networks.add(canonical)
  }
  return { networks: [...networks] }
}

interface Kinded {
  kind: 'host' | 'database'
  selects: { hostIds: readonly string[]; databaseIds: readonly string[] }
  extensions: readonly string[]
  sourceNetworks: readonly string[]
  bastionId: string | null
}

/** What of a rule does not go with what it is for; a rule must not say what nothing holds to. Null when all of it does. */
export const mismatchOf = ({ kind, selects, extensions, sourceNetworks, bastionId }: Kinded): string | null => {
  if (kind === 'host') return selects.databaseIds.length > 0 ? 'A rule for servers names no databases.' : null
  if (selects.hostIds.length > 0) return 'A rule for databases names no servers.'
  if (extensions.length > 0) return 'Forwarding is of servers, not of databases.'
  if (bastionId !== null) return 'A bastion records sessions on servers, not in databases.'
  return sourceNetworks.length > 0 ? 'Networks are held to by servers only. Leave them out for databases.' : null
}

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

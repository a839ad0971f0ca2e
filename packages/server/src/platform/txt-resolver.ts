import { Resolver } from 'node:dns/promises'

const nothingThere = ['ENODATA', 'ENOTFOUND']

/** Asks for TXT records, three seconds and two tries each; `servers` empty: the system's. A name without any is an empty list; silence throws. */
export const createTxtResolver = (servers: readonly string[]): ((name: string) => Promise<string[]>) => {
  const resolver = new Resolver({ timeout: 3_000, tries: 2 })
  if (servers.length > 0) resolver.setServers(servers)
  return async (name) => {
    try {
      return (await resolver.resolveTxt(name)).map((pieces) => pieces.join(''))
    } catch (error) {
      if (error instanceof Error && 'code' in error && nothingThere.includes(String(error.code))) return []
      throw error
    }
  }
}

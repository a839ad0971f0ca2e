import { isDeepStrictEqual } from 'node:util'
import { parsePrincipal, parsePublicKey, verifyBundle, type Bundle, type PublicKey } from '@holdfast/crypto/ssh'
import type { AgentState, Grant } from './wire.ts'

/** What this host believes at the moment: a state of the server whose bundle was verified. */
export interface Belief {
  sequence: number
  bundle: Bundle
  principals: AgentState['principals']
  grants: ReadonlyMap<string, Grant>
  ended: ReadonlyMap<string, string>
  settings: AgentState['settings']
  /** Server's clock, milliseconds, when it was last heard. */
  heardAtMs: number
}

export interface Host {
  orgId: string
  hostId: string
}

/** A state of the server that cannot be right; nothing of it is used. */
export class StateRefused extends Error {
  override readonly name = 'StateRefused'
}

const isOwnLine = (line: string, login: string, { orgId, hostId }: Host): boolean => {
  const [options = '', principal = '', ...rest] = line.split(' ')
  const account = parsePrincipal(principal)
  const own = account?.org === orgId && account.host === hostId && account.login === login
  return own && rest.length === 0 && /^restrict(,[a-z0-9-]{1,40})*$/.test(options)
}

/**
 * Reads a state. Its bundle must be signed, for this organisation, and not older than the one held (`minVersion`); its sequence not lower;
 * its principals those of this host. Throws `SshError` and `StateRefused`.
 */
export const believe = (
  state: AgentState,
  {
    host,
    trusted,
    minVersion,
    minSequence,
    nowMs,
    stored = false,
  }: {
    host: Host
    trusted: readonly PublicKey[]
    minVersion: bigint
    minSequence: number
    nowMs: number
    /** From our own disk: what an expired bundle revokes stays revoked. */
    stored?: boolean
  },
): Belief => {
  const bundle = verifyBundle(Buffer.from(state.bundle, 'base64'), {
    ...{ trusted, org: host.orgId, kind: 'user', minVersion, nowSeconds: Math.floor(nowMs / 1000), allowExpired: stored },
  })
  if (state.sequence < minSequence) throw new StateRefused(`state ${state.sequence} is older than ${minSequence}`)
  if (bundle.authorities.length === 0) throw new StateRefused('no authority to believe')
  for (const { login, lines } of state.principals)
    for (const line of lines)
      if (!isOwnLine(line, login, host)) throw new StateRefused(`not a principal of ${login} on this host: ${line.slice(0, 200)}`)
  return {
    sequence: state.sequence,
    bundle,
    principals: state.principals,
    grants: new Map(state.grants.map((grant) => [grant.id, grant])),
    ended: new Map(state.ended.map(({ grantId, reason }) => [grantId, reason])),
    settings: state.settings,
    heardAtMs: nowMs,
  }
}

/** Whether two states say the same of this host itself: who is let in, and who no more. */
export const concernsAlike = (a: Belief, b: Belief): boolean =>
  isDeepStrictEqual([a.principals, a.grants, a.ended, a.settings], [b.principals, b.grants, b.ended, b.settings])

export const keysOf = (lines: readonly string[]): PublicKey[] => lines.map((line) => parsePublicKey(line))

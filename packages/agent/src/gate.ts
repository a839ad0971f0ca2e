import { isRevoked } from '@holdfast/crypto/ssh'
import type { Belief, Host } from './belief.ts'
import type { HostClock } from './clock.ts'
import { certificateIn, decide, mayBeNews, type Decision, type Refusal } from './decide.ts'
import type { Outbox } from './outbox.ts'
import { statOf } from './processes.ts'
import type { Sessions } from './sessions.ts'
import { trialGrant } from './trial.ts'

/** Opens or refuses the sessions that sshd wants to open. */
export interface GateOptions {
  host: Host
  clock: HostClock
  sessions: Sessions
  outbox: Outbox
  belief: () => Belief | null
  retired: () => boolean
  /** Fetches the state now; waits no longer than a login may. */
  refresh: () => Promise<void>
  /** There is something to report. */
  changed: () => void
  breakGlass: string | null
}

/** As the hook sends it: numbers of processes are claims until they are checked. */
export interface SessionRequest {
  login: string
  from: string
  authInfo: string
  /** sshd's process of this connection, the hook's parent. */
  monitor: number
  hook: number
}

export const parseSessionRequest = (fields: readonly string[]): SessionRequest | null => {
  const [login, from, monitor, hook, authInfo, ...rest] = fields
  if (authInfo === undefined || rest.length > 0 || login === undefined || from === undefined) return null
  const pids = [Number(monitor), Number(hook)]
  if (!pids.every((pid) => Number.isSafeInteger(pid) && pid > 1)) return null
  return { login, from, authInfo, monitor: pids[0] ?? 0, hook: pids[1] ?? 0 }
}

/** The hook waits for us, so its parent cannot have ended and its number cannot have been given away. */
const isParent = ({ monitor, hook }: SessionRequest): boolean => statOf(hook)?.parent === monitor

const printable = (text: string | undefined): string | null =>
  text === undefined ? null : text.replace(/[^\u0020-\u007e]/g, '?').slice(0, 200) || null
const loginOf = (text: string): string | null => (/^[a-z_][a-z0-9_-]{0,31}$/.test(text) ? text : null)

export const createGate = (options: GateOptions) => {
  const { host, clock, sessions, outbox } = options
  const iso = (ms: number) => new Date(ms).toISOString()

  const refuse = ({ login }: SessionRequest, reason: Refusal | 'not_the_parent' | 'not_contained', keyId?: string): string => {
    outbox.refused({ at: iso(clock.now()), login: loginOf(login), keyId: printable(keyId), reason })
    options.changed()
    return `deny ${reason}`
  }
  const judge = (request: SessionRequest): Decision => {
    const belief = options.belief()
    if (options.retired()) return { refused: 'host_retired' }
    return belief ? decide(request, belief, host, { nowMs: clock.now(), proved: clock.proved() }) : { refused: 'agent_not_ready' }
  }
  const judgeFreshly = async (request: SessionRequest): Promise<Decision> => {
    const first = judge(request)
    if (!mayBeNews(first)) return first
    await options.refresh()
    return judge(request)
  }
  /** By an authority of its own, which sshd has checked: there is no grant, and no end but a person's. */
  const breakGlass = (request: SessionRequest): string => {
    const from = /^[0-9a-fA-F.:]{2,64}$/.test(request.from) ? request.from : null
    outbox.brokeGlass({ at: iso(clock.now()), from, keyId: printable(certificateIn(request.authInfo)?.keyId) })
    options.changed()
    return 'allow'
  }

  /** `allow`, or `deny` and why. Whatever goes wrong here is a refusal. */
  return async (request: SessionRequest): Promise<string> => {
    if (options.breakGlass !== null && request.login === options.breakGlass) return breakGlass(request)
    const decision = await judgeFreshly(request)
    if ('refused' in decision) return refuse(request, decision.refused, decision.keyId)
    const { grant, certificate } = decision
    if (!isParent(request)) return refuse(request, 'not_the_parent', certificate.keyId)
    const session = (() => {
      try {
        return sessions.register(grant, request.monitor)
      } catch {
        return null
      }
    })()
    if (!session) return refuse(request, 'not_contained', certificate.keyId)
    if (grant.id !== trialGrant)
      outbox.started({ id: session.id, grantId: grant.id, login: grant.login, startedAt: iso(session.startedAtMs) })
    options.changed()
    // Again, now that it can be found and ended: whatever was revoked meanwhile either finds it registered or is seen here.
    const again = judge(request)
    const revoked = options.belief()?.bundle.revoked
    if ('refused' in again || (revoked && isRevoked(revoked, certificate))) {
      const reason = 'refused' in again ? again.refused : 'certificate_revoked'
      void sessions.end(session.id, 'refused', clock.now())
      return refuse(request, reason, certificate.keyId)
    }
    return 'allow'
  }
}

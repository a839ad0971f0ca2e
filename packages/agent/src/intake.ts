import { believe, concernsAlike, keysOf, type Belief, type Host } from './belief.ts'
import type { HostClock } from './clock.ts'
import type { Layout } from './paths.ts'
import type { ServerClient } from './server-client.ts'
import type { LiveSession, Sessions } from './sessions.ts'
import { writeSshdFiles } from './sshd-files.ts'
import { readStoredState, storeState } from './stored-state.ts'
import type { AgentState, Change } from './wire.ts'

/** How states of the server come into force here: fetched, or sent along with the news of a change; one after the other. */
export interface Intake {
  /** Null before the server was ever heard. */
  belief(): Belief | null
  /** The newest state that is in force: files written, sessions ended. */
  acknowledged(): number
  /** Asks for the state, which also teaches the time. Throws where it is not answered, or not to be believed. */
  fetch(): Promise<void>
  /** Applies what came along. False where that takes a fetch; throws where it is not to be believed. */
  take(change: Change | null): Promise<boolean>
  /** Ends what is over by what was stored; for an agent that starts. */
  resume(): Promise<void>
}

export interface IntakeOptions {
  layout: Layout
  host: Host
  /** Lines of the keys that were trusted at enrolment. */
  authorities: readonly string[]
  clock: HostClock
  client: Pick<ServerClient, 'state'>
  sessions: Sessions
  /** A trial login at the installation: one more grant. */
  trial: (belief: Belief) => Belief
  /** The server says that it knows this agent no more. */
  dismissed: () => boolean
  /** The server answered. */
  answered: () => void
  /** A state is in force. `withinMs`: nothing has changed for this host, and saying so has time. */
  inForce: (state: AgentState, withinMs: number) => void
}

/** Seconds */
const maxWatchdogDrift = 0.2

export const createIntake = (options: IntakeOptions): Intake => {
  const { layout, host, clock, client, sessions, trial } = options
  let belief: Belief | null = readStoredState(layout.stateFile, host, clock.now())
  let acknowledged = 0
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work)
    turn = done.catch(() => undefined)
    return done
  }

  /** Ends what no longer has a grant, and moves deadlines. In memory first: a kill waits for no disk. */
  const enforce = ({ grants, ended }: Belief, extended: Belief, toldAtMs: number): Promise<unknown>[] =>
    sessions.all().flatMap((session: LiveSession) => {
      const grant = extended.grants.get(session.grantId) ?? grants.get(session.grantId)
      if (!grant || ended.has(session.grantId)) {
        const over = ended.get(session.grantId) === 'expired' || session.endsAtMs <= toldAtMs
        return [sessions.end(session.id, over ? 'expired' : 'revoked', over ? session.endsAtMs : toldAtMs)]
      }
      const endsAtMs = Date.parse(grant.endsAt)
      // Also when our idea of the server's clock has moved, which the watchdog goes by.
      const moved = Math.abs(clock.uptimeAt(endsAtMs) - session.watchdog.deadline) > maxWatchdogDrift
      if (endsAtMs !== session.endsAtMs || moved) sessions.reschedule(session.id, endsAtMs)
      return []
    })
  const believed = (state: AgentState, nowMs: number): Belief => {
    const trusted = belief?.bundle.signers ?? keysOf(options.authorities)
    const [minVersion, minSequence] = [belief?.bundle.version ?? 0n, belief?.sequence ?? 0]
    return believe(state, { host, trusted, minVersion, minSequence, nowMs })
  }
  const putInForce = async (state: AgentState, fresh: Belief, withinMs: number): Promise<void> => {
    const before = belief
    belief = fresh
    const ends = enforce(fresh, trial(fresh), clock.now())
    await writeSshdFiles(layout, fresh)
    await storeState(layout.stateFile, state, fresh, clock.snapshot())
    await Promise.all(ends)
    acknowledged = fresh.sequence
    options.inForce(state, before && ends.length === 0 && concernsAlike(before, fresh) ? withinMs : 0)
  }

  return {
    belief: () => belief,
    acknowledged: () => acknowledged,
    async fetch() {
      const before = belief?.sequence ?? 0
      const { state, roundTripMs } = await client.state()
      await inTurn(async () => {
        const { sequence } = state
        // A newer one came along while this was on its way.
        const overtaken = belief !== null && sequence < belief.sequence && sequence >= before
        if (!overtaken) {
          const fresh = believed(state, Date.parse(state.now) + roundTripMs / 2)
          clock.learn(Date.parse(state.now), roundTripMs)
          options.answered()
          await putInForce(state, fresh, 0)
        }
      })
    },
    take: async (change) =>
      inTurn(async () => {
        if (!change || !belief || options.dismissed()) return false
        if (change.sequence <= belief.sequence) return true
        // How long it was on its way nobody knows. What time it is, only an answer to a question says.
        if (!change.state || change.state.sequence !== change.sequence || !clock.proved()) return false
        const saidAtMs = Date.parse(change.state.now)
        const fresh = believed(change.state, Math.max(clock.now(), saidAtMs))
        await putInForce(change.state, { ...fresh, heardAtMs: Math.max(belief.heardAtMs, saidAtMs) }, change.acknowledgeWithinMs)
        return true
      }),
    async resume() {
      if (belief) await Promise.all(enforce(belief, trial(belief), clock.now()))
    },
  }
}

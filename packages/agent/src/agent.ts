import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import type { Belief, Host } from './belief.ts'
import { createClock } from './clock.ts'
import { findCgroups, hasAuditSessions } from './containment.ts'
import { createGate, parseSessionRequest } from './gate.ts'
import { listen } from './hook-socket.ts'
import { createIntake } from './intake.ts'
import { openOutbox, type Outbox } from './outbox.ts'
import type { Layout } from './paths.ts'
import { openDesk, type Desk } from './recording/desk.ts'
import { postureMs, watchPosture } from './posture.ts'
import { startRenewal } from './renewal.ts'
import { startReporter } from './reporter.ts'
import { connectServer, ServerRefused } from './server-client.ts'
import { createSessions } from './sessions.ts'
import { readSettings } from './settings.ts'
import { storedClock } from './stored-state.ts'
import { startSync } from './sync.ts'
import { trialGrant } from './trial.ts'
import { agentVersion } from './version.ts'

export interface RunningAgent {
  /** Everything that an operator may ask: no secret in it. */
  status(): AgentStatus
  /** Fetches the state now. */
  refresh(): Promise<void>
  /** Sessions go on to their deadlines, held by their watchdogs; no login is let in meanwhile. */
  stop(): Promise<void>
  /** Resolves when the agent was asked to stop. */
  stopped: Promise<void>
}

export interface AgentStatus {
  hostId: string
  orgId: string
  name: string
  server: string
  agentVersion: string
  pid: number
  /** Null before the server was ever heard. */
  sequence: number | null
  heardAt: string | null
  streaming: boolean
  retired: boolean
  lastFailure: string | null
  clockSkewSeconds: number
  sessions: { id: string; grantId: string; login: string; startedAt: string; endsAt: string }[]
  unreported: number
}

export interface AgentOptions {
  layout: Layout
  /** One line a time, for the journal: ids and reasons, nothing personal. */
  log: (line: string) => void
  /** A trial login at the installation: one more grant, and who signs for it. */
  trial?: (belief: Belief) => Belief
  pollMs?: number
}

/** Break-glass logins while there was no agent: the hook left a byte for each. */
const reportMissedUses = ({ breakGlassUses }: Layout, outbox: Outbox): void => {
  if (!existsSync(breakGlassUses)) return
  const { size, mtime } = statSync(breakGlassUses)
  for (let n = 0; n < Math.min(size, 100); n += 1) outbox.brokeGlass({ at: mtime.toISOString(), from: null, keyId: null })
  rmSync(breakGlassUses)
}

const reapMs = 1000
/** A login waits for a newer state no longer than this. */
const loginWaitsMs = 4000
const skewWorthTelling = 30

const heardOf = (belief: Belief | null) => ({
  sequence: belief?.sequence ?? null,
  heardAt: belief && new Date(belief.heardAtMs).toISOString(),
})

/** Runs until `stop`. Throws when another agent runs already, or when there is nothing that could hold sessions together. */
export const startAgent = async ({ layout, log, trial = (belief) => belief, pollMs }: AgentOptions): Promise<RunningAgent> => {
  const settings = readSettings(layout)
  const host: Host = { orgId: settings.orgId, hostId: settings.hostId }
  const authority = settings.ownAuthority ? readFileSync(layout.serverAuthority, 'utf8') : null
  const client = connectServer({ server: settings.server, authority, agentKey: settings.agentKey })
  const cgroups = findCgroups(settings.cgroup)
  if (cgroups === null && !hasAuditSessions()) throw new Error('neither control groups (cgroup v2) nor audit session ids here')
  mkdirSync(layout.state, { recursive: true, mode: 0o700 })

  const clock = createClock(storedClock(layout.stateFile))
  const outbox = openOutbox(layout.outbox)
  /** How often in a row the server, whose certificate was checked, said that it knows this agent no more. */
  let unknownThere = 0
  const failures = new Map<string, string>()
  let skewTold = false

  let desk: Desk | null = null
  const sessions = createSessions({
    ...{ directory: layout.sessions, cgroups, clock, warnBefore: settings.warnBefore },
    async onEnded(ended, { grantId }) {
      if (grantId === trialGrant) return
      desk?.sessionEnded(ended.id, ended.reason)
      log(`session ${ended.id} ended: ${ended.reason}, ${ended.survivors} survivors`)
      outbox.ended(ended)
      reporter.wake()
      await outbox.settle()
    },
  })
  const posture = watchPosture(layout, { ...settings, now: () => clock.now(), changed: () => reporter.wake() })
  const reporter = startReporter({
    client,
    outbox,
    acknowledged: () => intake.acknowledged(),
    posture: () => posture.found(),
    skewSeconds: () => (clock.proved() ? clock.skewSeconds() : null),
    outcome: (error) => outcome('report', error),
  })

  /** At the first word nobody is let in; at the second, some seconds later, whoever is in has to leave. */
  const retire = (): void => {
    unknownThere += 1
    if (unknownThere < 2) return
    const ends = sessions.all().map(({ id }) => sessions.end(id, 'revoked', clock.now()))
    void Promise.all(ends).then(() => sessions.all().length === 0 && reporter.sayGoodbye())
  }
  /** Null for a success, which forgets the failure before it. */
  const outcome = (what: string, error: unknown): void => {
    if (error === null) return void failures.delete(what)
    const text = `${what}: ${error instanceof Error ? error.message : 'failed'}`.slice(0, 500)
    if (text !== failures.get(what)) log(text)
    failures.set(what, text)
    if (what === 'state' && error instanceof ServerRefused && error.status === 401) retire()
  }
  const intake = createIntake({
    ...{ layout, host, clock, client, sessions, trial, authorities: settings.revocationAuthorities },
    dismissed: () => unknownThere > 0,
    answered() {
      unknownThere = 0
      if (Math.abs(clock.skewSeconds()) <= skewWorthTelling || skewTold) return
      skewTold = true
      log(`this host's clock is ${clock.skewSeconds()} s ahead of the server's; sshd judges certificates by it`)
    },
    inForce(state, withinMs) {
      reporter.wake({ now: withinMs === 0, withinMs })
      if (state.hostCertificateDue) renewal.asked()
    },
  })
  const renewal = startRenewal({
    ...{ layout, host, client, clock, log },
    outcome: (error) => outcome('host certificate', error),
  })

  const gate = createGate({
    ...{ host, clock, sessions, outbox, breakGlass: settings.breakGlass },
    belief: () => {
      const belief = intake.belief()
      return belief && trial(belief)
    },
    retired: () => unknownThere > 0,
    refresh: () => Promise.race([sync.now(), new Promise<void>((resolve) => setTimeout(resolve, loginWaitsMs).unref())]),
    changed: () => reporter.wake(),
  })
  const status = (): AgentStatus => ({
    ...heardOf(intake.belief()),
    ...{ hostId: host.hostId, orgId: host.orgId, name: settings.name, server: settings.server, agentVersion, pid: process.pid },
    lastFailure: [...failures.values()][0] ?? null,
    ...{
      streaming: sync.streaming(),
      retired: unknownThere > 0,
      clockSkewSeconds: clock.skewSeconds(),
      unreported: outbox.size(),
    },
    sessions: sessions.all().map(({ id, grantId, login, startedAtMs, endsAtMs }) => ({
      ...{ id, grantId, login },
      ...{ startedAt: new Date(startedAtMs).toISOString(), endsAt: new Date(endsAtMs).toISOString() },
    })),
  })
  let stopAsked: () => void = () => undefined
  const stopped = new Promise<void>((resolve) => (stopAsked = resolve))
  const answer = async ([verb, ...fields]: string[]): Promise<string> => {
    if (verb === 'ping') return 'pong'
    if (verb === 'status') return JSON.stringify(status())
    if (verb === 'stop') {
      stopAsked()
      return 'stopping'
    }
    const request = verb === 'open' ? parseSessionRequest(fields) : null
    if (!request) return 'deny malformed'
    const verdict = await gate(request)
    log(`login ${JSON.stringify(request.login)}: ${verdict}`)
    return verdict
  }

  reportMissedUses(layout, outbox)
  const socket = await listen(layout.socket, answer)
  await sessions.resume()
  await intake.resume()
  const told = (session: string): Promise<void> => {
    reporter.wake({ now: true })
    return outbox.whenTold(session)
  }
  if (settings.recorder !== null) desk = await openDesk({ layout, login: settings.recorder, client, sessions, told, log })
  const sync = startSync({
    client,
    fetch: () => intake.fetch(),
    take: (change) => intake.take(change),
    outcome: (error) => outcome('state', error),
    ...(pollMs === undefined ? {} : { pollMs }),
  })
  await sync.now()
  const every = (ms: number, what: string, work: () => Promise<void>) => {
    const run = () =>
      void work().then(
        () => outcome(what, null),
        (error: unknown) => outcome(what, error),
      )
    return { run, timer: setInterval(run, ms) }
  }
  const reaping = every(reapMs, 'sessions', () => sessions.reap())
  const looking = every(postureMs, 'sshd', posture.look)
  looking.run()
  void renewal.look()

  return {
    status,
    refresh: () => sync.now(),
    stopped,
    async stop() {
      for (const { timer } of [reaping, looking]) clearInterval(timer)
      renewal.stop()
      await socket.close()
      await sync.stop()
      await desk?.close()
      sessions.stop()
      await reporter.stop()
      await outbox.settle()
      client.close()
    },
  }
}

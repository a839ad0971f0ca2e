import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bootId, type HostClock } from './clock.ts'
import { contain, endAll, isEmpty, membersOf, orphansIn, release, type Contained } from './containment.ts'
import { readIfThere } from './files.ts'
import { newSessionId } from './identifier.ts'
import { warnTerminals, type Warning } from './warning.ts'
import { createWatchdogs, hasActed, readNote, stopWatchdog, type Watchdog } from './watchdog.ts'
import type { EndedSession, EndReason, Grant } from './wire.ts'

/** A login that sshd opened, with everything that it began. */
export interface LiveSession extends Contained {
  id: string
  grantId: string
  login: string
  /** Server's clock, milliseconds. */
  startedAtMs: number
  endsAtMs: number
  boot: string
  watchdog: Watchdog
  /** Why it is being ended, from the moment that it is. */
  ending?: { reason: EndReason; toldAtMs: number | null }
}

export interface SessionsOptions {
  /** Of the records, one file a session. */
  directory: string
  /** Below which the control groups are made; null for none. */
  cgroups: string | null
  clock: HostClock
  /** Seconds before the end. */
  warnBefore: readonly number[]
  /** Resolves when it is kept where a crash does not lose it. */
  onEnded: (ended: EndedSession, session: Pick<LiveSession, 'grantId'>) => Promise<void>
}

interface Running {
  session: LiveSession
  timers: NodeJS.Timeout[]
  ending: Promise<EndedSession> | null
}

export interface Sessions {
  /** Holds a process and all its children to the end of a grant. */
  register(grant: Pick<Grant, 'id' | 'login' | 'endsAt'>, pid: number): LiveSession
  all(): readonly LiveSession[]
  ofGrant(grantId: string): readonly LiveSession[]
  /** Kills everything; resolves when it is dead and counted. The first reason stands. */
  end(id: string, reason: EndReason, toldAtMs: number | null): Promise<EndedSession | null>
  /** The grant was extended, or shortened. */
  reschedule(id: string, endsAtMs: number): void
  /** Looks who has left by themselves. */
  reap(): Promise<void>
  /** Takes up what an earlier agent left: its sessions, and groups that have no record. */
  resume(): Promise<void>
  /** Stops the timers; sessions go on, held by their watchdogs. */
  stop(): void
}

/** `setTimeout` takes no more than 2^31 - 1 ms. */
const maxTimerMs = 2 ** 31 - 1

export const createSessions = (options: SessionsOptions): Sessions => {
  const { directory, cgroups, clock, warnBefore, onEnded } = options
  const running = new Map<string, Running>()
  const watchdogs = createWatchdogs()
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const recordOf = (id: string) => join(directory, `${id}.json`)
  const noteOf = (id: string) => join(directory, `${id}.note`)
  const iso = (ms: number) => new Date(ms).toISOString()
  const save = (session: LiveSession) => writeFileSync(recordOf(session.id), JSON.stringify(session), { mode: 0o600 })

  /** Nothing holds it any more; its record stays until its end is kept elsewhere. */
  const letGo = ({ session, timers }: Running) => {
    for (const timer of timers) clearTimeout(timer)
    stopWatchdog(session.watchdog)
    release(session)
    running.delete(session.id)
  }
  const keep = async (ended: EndedSession, session: LiveSession) => {
    await onEnded(ended, session)
    for (const file of [recordOf(session.id), noteOf(session.id)]) rmSync(file, { force: true })
  }
  const kill = async (entry: Running, reason: EndReason, toldAtMs: number | null): Promise<EndedSession> => {
    try {
      // Were this agent killed in the next millisecond, the next one knows why.
      save({ ...entry.session, ending: { reason, toldAtMs } })
    } catch {
      // A full disk holds up no kill.
    }
    const survivors = await endAll(entry.session)
    const ended = {
      id: entry.session.id,
      at: iso(clock.now()),
      toldAt: toldAtMs === null ? null : iso(toldAtMs),
      reason,
      survivors,
    }
    letGo(entry)
    keep(ended, entry.session).catch(() => undefined) // the record is still there, for the next start
    return ended
  }
  const end: Sessions['end'] = async (id, reason, toldAtMs) => {
    const entry = running.get(id)
    if (!entry) return null
    entry.ending ??= kill(entry, reason, toldAtMs)
    return entry.ending
  }
  /** Runs at a time by the server's clock, however far off, and again when that clock was corrected meanwhile. */
  const at = (entry: Running, whenMs: number, work: () => void): void => {
    const wait = Math.min(Math.max(0, whenMs - clock.now()), maxTimerMs)
    const timer = setTimeout(() => {
      entry.timers = entry.timers.filter((other) => other !== timer)
      if (clock.now() < whenMs - 1) at(entry, whenMs, work)
      else work()
    }, wait)
    entry.timers.push(timer)
  }
  const schedule = (entry: Running): void => {
    const { session } = entry
    for (const timer of entry.timers) clearTimeout(timer)
    entry.timers = []
    at(entry, session.endsAtMs, () => void end(session.id, 'expired', session.endsAtMs))
    for (const seconds of warnBefore) {
      const whenMs = session.endsAtMs - seconds * 1000
      const warning: Warning = { endsAtMs: session.endsAtMs, seconds }
      if (whenMs > clock.now()) at(entry, whenMs, () => warnTerminals(membersOf(session), warning))
    }
  }
  const begin = (session: LiveSession): Running => {
    const entry: Running = { session, timers: [], ending: null }
    running.set(session.id, entry)
    schedule(entry)
    return entry
  }
  /** How a session ended while there was no agent. */
  const past = (session: LiveSession): EndedSession => {
    const note = readNote(readIfThere(noteOf(session.id)))
    const told = { id: session.id, survivors: 0 }
    if (session.ending) {
      const { reason, toldAtMs } = session.ending
      return { ...told, at: iso(clock.now()), toldAt: toldAtMs === null ? null : iso(toldAtMs), reason }
    }
    if (session.boot !== bootId()) return { ...told, at: iso(clock.now()), toldAt: null, reason: 'unknown' }
    if (!note) return { ...told, at: iso(clock.now()), toldAt: null, reason: 'closed' }
    const endedAtMs = clock.now() - (clock.uptimeAt(clock.now()) - note.endedAtUptime) * 1000
    return { ...told, at: iso(endedAtMs), toldAt: iso(session.endsAtMs), reason: 'expired' }
  }

  return {
    register(grant, pid) {
      const id = newSessionId()
      const contained = contain(cgroups, id, pid)
      const endsAtMs = Date.parse(grant.endsAt)
      try {
        const watchdog = watchdogs.start(contained, clock.uptimeAt(endsAtMs), noteOf(id))
        const times = { startedAtMs: clock.now(), endsAtMs, boot: bootId() }
        const session = { id, grantId: grant.id, login: grant.login, ...contained, ...times, watchdog }
        save(session)
        return begin(session).session
      } catch (error) {
        // Nobody may be held by nothing.
        void endAll(contained).then(() => release(contained))
        throw error
      }
    },
    all: () => [...running.values()].map(({ session }) => session),
    ofGrant: (grantId) => [...running.values()].flatMap(({ session }) => (session.grantId === grantId ? [session] : [])),
    end,
    reschedule(id, endsAtMs) {
      const entry = running.get(id)
      if (!entry || entry.ending) return
      const { session } = entry
      // The new one first: there is no moment without a watchdog.
      const former = session.watchdog
      session.watchdog = watchdogs.start(session, clock.uptimeAt(endsAtMs), noteOf(id))
      session.endsAtMs = endsAtMs
      save(session)
      stopWatchdog(former)
      schedule(entry)
    },
    async reap() {
      for (const entry of running.values()) {
        if (entry.ending || !isEmpty(entry.session)) continue
        // Its watchdog may have been quicker than an agent that was held up.
        const late = entry.session.endsAtMs <= clock.now() || hasActed(entry.session.watchdog)
        await end(entry.session.id, late ? 'expired' : 'closed', late ? entry.session.endsAtMs : null)
      }
    },
    async resume() {
      const records = readdirSync(directory).filter((name) => name.endsWith('.json'))
      const sessions = records.map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as LiveSession)
      for (const session of sessions) {
        if (session.boot === bootId() && !isEmpty(session)) {
          begin(session)
          if (session.ending) await end(session.id, session.ending.reason, session.ending.toldAtMs)
        } else {
          const ended = past(session)
          letGo({ session, timers: [], ending: null })
          await keep(ended, session)
        }
      }
      if (cgroups === null) return
      for (const orphan of orphansIn(cgroups, new Set(running.keys()))) {
        await endAll(orphan)
        release(orphan)
      }
    },
    stop() {
      watchdogs.close()
      for (const { timers } of running.values()) for (const timer of timers) clearTimeout(timer)
    },
  }
}

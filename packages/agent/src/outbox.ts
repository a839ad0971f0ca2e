import { readIfThere, replaceFile } from './files.ts'
import type { EndedSession, Report } from './wire.ts'

export type Events = Pick<Report, 'sessions' | 'ended' | 'refused' | 'breakGlass'>

/** What the server has not confirmed yet, kept on disk: a start or an end is reported once the server is back, and again until it answers. */
export interface Outbox {
  started(session: Report['sessions'][number]): void
  ended(session: EndedSession): void
  refused(refusal: Report['refused'][number]): void
  brokeGlass(use: Report['breakGlass'][number]): void
  /** What is to be reported now, at most `maxEvents` of each kind; null when nothing is. */
  next(): Events | null
  /** The server has these. */
  confirm(events: Events): void
  size(): number
  /** Resolves once the server has heard that a session began: at once where that was confirmed long ago. */
  whenTold(session: string): Promise<void>
  /** Waits for the disk. */
  settle(): Promise<void>
}

const maxEvents = 100
const maxUses = 20
/** Refusals cost an attacker nothing; what is over is dropped, oldest first. */
const maxRefusals = 1000

const none = (): Events => ({ sessions: [], ended: [], refused: [], breakGlass: [] })

export const openOutbox = (file: string): Outbox => {
  const stored = readIfThere(file)
  const events: Events = stored === null ? none() : { ...none(), ...(JSON.parse(stored) as Partial<Events>) }
  let writing: Promise<void> | null = null
  let dirty = false
  /** Who waits for a session to be told of. */
  const waiting: { session: string; told: () => void }[] = []
  const persist = async (): Promise<void> => {
    while (dirty) {
      dirty = false
      await replaceFile(file, JSON.stringify(events))
    }
  }
  const changed = () => {
    dirty = true
    writing ??= persist().finally(() => void (writing = null))
    // A disk that is full must not end sessions; the next change tries again.
    writing.catch(() => void (dirty = true))
  }
  const whenTold: Outbox['whenTold'] = (session) =>
    new Promise((told) => {
      if (events.sessions.some(({ id }) => id === session)) waiting.push({ session, told })
      else told()
    })
  return {
    whenTold,
    started(session) {
      events.sessions.push(session)
      changed()
    },
    ended(session) {
      events.ended.push(session)
      changed()
    },
    refused(refusal) {
      events.refused.push(refusal)
      events.refused.splice(0, events.refused.length - maxRefusals)
      changed()
    },
    brokeGlass(use) {
      events.breakGlass.push(use)
      changed()
    },
    next() {
      const some = Object.values(events).some((list) => list.length > 0)
      if (!some) return null
      const part = <T>(list: readonly T[]) => list.slice(0, maxEvents)
      const { sessions, ended, refused, breakGlass } = events
      return { sessions: part(sessions), ended: part(ended), refused: part(refused), breakGlass: breakGlass.slice(0, maxUses) }
    },
    confirm({ sessions, ended, refused, breakGlass }) {
      events.sessions = events.sessions.filter((session) => !sessions.includes(session))
      events.ended = events.ended.filter((session) => !ended.includes(session))
      events.refused = events.refused.filter((refusal) => !refused.includes(refusal))
      events.breakGlass = events.breakGlass.filter((use) => !breakGlass.includes(use))
      changed()
      for (const { session, told } of waiting.splice(0)) void whenTold(session).then(told)
    },
    size: () => Object.values(events).reduce((sum, list: readonly unknown[]) => sum + list.length, 0),
    async settle() {
      await writing
    },
  }
}

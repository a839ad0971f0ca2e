import { randomUUID } from 'node:crypto'
import type { Events, Outbox } from './outbox.ts'
import { ServerRefused, type ServerClient } from './server-client.ts'
import { agentVersion } from './version.ts'
import type { Posture, Report } from './wire.ts'

/** Sends what happened, in order, until the server has it. */
export interface Reporter {
  /**
   * There is something to tell. `now`: the server answers, so nothing is waited for. `withinMs`: at some moment within this time, or with whatever else is
   * to be told before; news that comes meanwhile does not put it off.
   */
  wake(how?: { now?: boolean; withinMs?: number }): void
  /** The host was retired and nobody is in: once everything else was told, that. The server hears nothing of us afterwards. */
  sayGoodbye(): void
  /** After a last attempt. */
  stop(): Promise<void>
}

const firstRetryMs = 500
const maxRetryMs = 30_000
/** Seconds: clocks drift and are put right again by less. */
const skewWorthTelling = 5
/** A thousand hosts that were refused at once do not come back at once. */
const spread = (ms: number): number => ms * (0.5 + Math.random())
/** As far off as the server takes it: what is more is as wrong. */
const skewBound = 2_000_000_000
/** What comes together goes together. */
const gatherMs = 20

/** The server does not understand it, and would not the next time either. What stands between us and it may answer so too, and counts for nothing. */
const isRefusedAsItIs = (error: unknown): boolean => error instanceof ServerRefused && error.code === 'invalid_input'

const none: Events = { sessions: [], ended: [], refused: [], breakGlass: [] }
/** Each alone, so that one that is never taken holds up no other. */
const apart = ({ sessions, ended, refused, breakGlass }: Events): Events[] => [
  ...sessions.map((one) => ({ ...none, sessions: [one] })),
  ...ended.map((one) => ({ ...none, ended: [one] })),
  ...refused.map((one) => ({ ...none, refused: [one] })),
  ...breakGlass.map((one) => ({ ...none, breakGlass: [one] })),
]

export const startReporter = ({
  client,
  outbox,
  acknowledged,
  posture,
  skewSeconds,
  outcome,
}: {
  client: Pick<ServerClient, 'report'>
  outbox: Pick<Outbox, 'next' | 'confirm'>
  acknowledged: () => number
  /** What was found last; told once. */
  posture: () => Posture | null
  /** How wrong this host's clock is; told when that has changed. Null while it is not known. */
  skewSeconds: () => number | null
  /** Null for a success. */
  outcome: (error: unknown) => void
}): Reporter => {
  let timer: NodeJS.Timeout | null = null
  /** The timer only lets others go first. */
  let idle = false
  let sending: Promise<void> | null = null
  let told = -1
  let postureTold: Posture | null = null
  let skewTold: number | null = null
  /** Sent again as it was until it is confirmed, under the same key: the server may have it already. */
  let batch: { key: string | null; report: Report; events: ReturnType<Outbox['next']> } | null = null
  let retryMs = firstRetryMs
  let stopped = false
  let leaving: 'no' | 'to say' | 'said' = 'no'

  const skewWithin = (skew: number | null) => skew && Math.max(-skewBound, Math.min(skewBound, skew))
  const nextBatch = (): typeof batch => {
    const events = outbox.next()
    const sequence = acknowledged()
    const found = posture() === postureTold ? null : posture()
    const skew = skewWithin(skewSeconds())
    const moved = skew !== null && (skewTold === null || Math.abs(skew - skewTold) >= skewWorthTelling)
    if (!events && !found && !moved && sequence === told && leaving !== 'to say') return null
    const report = {
      acknowledged: sequence,
      agentVersion,
      ...(events ?? { sessions: [], ended: [], refused: [], breakGlass: [] }),
      ...(found && { posture: found }),
      ...(moved && { clockSkewSeconds: skew }),
      ...(!events && leaving === 'to say' ? { leaving: true } : {}),
    }
    // What the server knows already, or what only says how things are, may be told twice.
    return { key: events ? randomUUID() : null, report, events }
  }
  /** That emergency access was used is told with less about it rather than not at all; another event that is refused is left out. */
  const sendOne = async (sequence: number, one: Events): Promise<void> => {
    const bare = one.breakGlass.map(({ at }) => ({ at, from: null, keyId: null }))
    for (const said of bare.length > 0 ? [one, { ...none, breakGlass: bare }] : [one]) {
      try {
        return await client.report({ acknowledged: sequence, ...said }, randomUUID())
      } catch (error) {
        if (!isRefusedAsItIs(error)) throw error
        outcome(error)
      }
    }
  }
  const canBeToldApart = ({ report, events }: NonNullable<typeof batch>): boolean =>
    events !== null || report.posture !== undefined || report.clockSkewSeconds !== undefined
  const sendApart = async ({ report, events }: NonNullable<typeof batch>): Promise<void> => {
    batch = null
    postureTold = report.posture ?? postureTold
    skewTold = report.clockSkewSeconds ?? skewTold
    for (const one of events ? apart(events) : []) {
      await sendOne(report.acknowledged, one)
      outbox.confirm(one)
    }
  }
  const sendAll = async (): Promise<void> => {
    for (;;) {
      batch ??= nextBatch()
      if (!batch) return
      try {
        await client.report(batch.report, batch.key)
      } catch (error) {
        if (!isRefusedAsItIs(error) || !canBeToldApart(batch)) throw error
        outcome(error)
        await sendApart(batch)
        continue
      }
      if (batch.events) outbox.confirm(batch.events)
      told = batch.report.acknowledged
      postureTold = batch.report.posture ?? postureTold
      skewTold = batch.report.clockSkewSeconds ?? skewTold
      if (batch.report.leaving) leaving = 'said'
      batch = null
      retryMs = firstRetryMs
      outcome(null)
    }
  }
  const later = (ms: number, letting = false) => {
    if (stopped || timer) return
    idle = letting
    timer = setTimeout(run, ms)
  }
  const cancel = () => {
    if (timer) clearTimeout(timer)
    timer = null
  }
  const run = () => {
    timer = null
    sending ??= sendAll()
      .catch((error: unknown) => {
        outcome(error)
        later(spread(retryMs))
        retryMs = Math.min(retryMs * 2, maxRetryMs)
      })
      .finally(() => (sending = null))
  }
  return {
    wake: ({ now = false, withinMs = 0 } = {}) => {
      if (withinMs > gatherMs) return later(gatherMs + Math.random() * (withinMs - gatherMs), true)
      if (now || idle) cancel()
      later(gatherMs)
    },
    sayGoodbye: () => {
      if (leaving === 'no') leaving = 'to say'
      if (idle) cancel()
      later(gatherMs)
    },
    async stop() {
      stopped = true
      cancel()
      await sending
      await sendAll().catch(outcome)
    },
  }
}

import { operations } from '@holdfast/contract'
import { Failed, Interrupted, type Io } from '../io.ts'
import { plain } from '../print.ts'
import { createProgress } from '../progress.ts'
import { clockTime, durationWords, secondsUntil } from './duration.ts'
import { untilSignal } from './interrupt.ts'
import { followNews } from './news.ts'
import { approversOf } from './people.ts'
import { factsOf } from './report.ts'
import type { Asking } from './request.ts'
import type { Grant } from './types.ts'

/**
 * Every look at a grant is in the access log: often at first, when somebody may be at hand, then less; and hardly ever while the server tells what
 * changes.
 */
const calmMs = 30_000
const pauseMs = (waitedMs: number): number => (waitedMs < 60_000 ? 2000 : 5000)

const why: Partial<Record<Grant['state'], string>> = {
  denied: 'was denied',
  cancelled: 'was cancelled',
  lapsed: 'lapsed: nobody answered in time',
  ended: 'has ended',
}

/** Ctrl-C: nobody waits any more, so the request may go, or stay for the next run of the same command. */
const offerToCancel = async ({ io, connection, report }: Asking, grant: Grant): Promise<void> => {
  const stays = `The request stays until ${clockTime(grant.requestExpiresAt)}; the same command goes on waiting. To take it back: holdfast grant cancel --id ${grant.id}`
  const answer = io.ask ? await io.ask('\nTake the request back? [Y/n] ') : 'n'
  if (/^n/i.test(answer)) return report('waiting_ended', stays, factsOf(grant))
  const { value } = await connection.call(operations.grant.cancel, { id: grant.id })
  report('cancelled', 'The request is taken back.', factsOf(value))
}

const left = (io: Io, grant: Grant): string => {
  const rest = secondsUntil(grant.requestExpiresAt)
  const width = io.columns ?? 200
  const count = grant.approvalsNeeded > 1 ? ` (${grant.approvals.length} of ${grant.approvalsNeeded})` : ''
  const stop = io.ask ? ', Ctrl-C to stop' : ''
  return `Waiting for approval${count}: ${durationWords(rest)} left${stop}`.slice(0, width - 1)
}

const poll = async ({ io, connection }: Asking, first: Grant, leaving: AbortSignal): Promise<Grant> => {
  const progress = createProgress(io)
  const started = Date.now()
  const news = followNews(io, connection)
  leaving.addEventListener('abort', news.stop, { once: true })
  try {
    for (let grant = first; ;) {
      if (grant.state === 'approved') return grant
      if (grant.state !== 'requested') {
        const { decisionReason = null } = grant as { decisionReason?: string | null }
        const reason = decisionReason ? `: ${plain(decisionReason)}` : ''
        throw new Failed(`the request ${grant.id} ${why[grant.state] ?? `is ${grant.state}`}${reason}`)
      }
      const now = grant
      progress.show(() => left(io, now))
      await news.next(pauseMs(Date.now() - started), calmMs)
      // The person is being asked something else on that line by now.
      if (leaving.aborted) return grant
      grant = (await connection.call(operations.grant.read, { id: grant.id })).value
    }
  } finally {
    news.stop()
    progress.clear()
  }
}

/** Waits until somebody approved. Throws {@link Failed} when it was denied or lapsed, {@link Interrupted} at Ctrl-C. */
export const awaitApproval = async (asking: Asking, grant: Grant): Promise<Grant> => {
  if (grant.state === 'approved') return grant
  const { io, connection, report } = asking
  const wait = async (leaving: AbortSignal): Promise<Grant> => {
    const who = await approversOf(connection, grant.policyId)
    const page = `${connection.server.origin}/access/grants/${grant.id}`
    const until = clockTime(grant.requestExpiresAt)
    const words = `Waiting until ${until} for ${who} to approve it:\n  ${page}\n  holdfast approve ${grant.id}`
    report('waiting', words, { ...factsOf(grant), approvers: who, page })
    return poll(asking, grant, leaving)
  }
  try {
    const approved = await untilSignal(io, wait)
    report('approved', `Approved; ends at ${clockTime(approved.endsAt ?? '')}.`, factsOf(approved))
    return approved
  } catch (error) {
    if (error instanceof Interrupted && error.message === 'SIGINT') await offerToCancel(asking, grant)
    throw error
  }
}

/** What a connection that we started leaves to be said: that its end comes, and what became of the access. */
import { operations, ProblemError } from '@holdfast/contract'
import { say, type Io } from '../io.ts'
import { plain } from '../print.ts'
import { clockTime, durationWords, secondsUntil } from './duration.ts'
import { factsOf } from './report.ts'
import type { Asking } from './request.ts'
import type { Grant, GrantDetail } from './types.ts'

const warnAtMinutes = [5, 1]

/** Says shortly before the end that it comes, and how to get more time. Returns how to stop. */
export const warnBeforeEnd = (io: Io, endsAt: string, id: string): (() => void) => {
  if (!io.interactive) return () => undefined
  const timers = warnAtMinutes.flatMap((minutes) => {
    const inMs = (secondsUntil(endsAt) - minutes * 60) * 1000
    const words = `holdfast: access ends in ${durationWords(minutes * 60)}. For more time: holdfast grant extend --id ${id}`
    return inMs > 0 && inMs < 2 ** 31 ? [setTimeout(() => say(io, words), inMs)] : []
  })
  return () => timers.forEach((timer) => clearTimeout(timer))
}

const endings: Record<NonNullable<Grant['endReason']>, string> = {
  expired: 'its time was over',
  returned: 'you gave it back',
  revoked: 'it was revoked',
  host_retired: 'the server was retired',
  database_retired: 'the database was retired',
  policy_retired: 'its policy was retired',
  not_entitled: 'you may not have it any more',
  account_ended: 'the service account was disabled, or the secret that asked was revoked or replaced',
}

const describeEnd = ({ endReason, decisionReason }: GrantDetail): string => {
  const reason = decisionReason ? ` (${plain(decisionReason)})` : ''
  return `Access has ended: ${endings[endReason ?? 'expired']}${reason}.`
}

/** What is with the grant when the program has ended; given back where that was asked for. A server out of reach does not change the exit code. */
export const afterwards = async ({ io, connection, report }: Asking, id: Grant['id'], giveBack: boolean): Promise<void> => {
  const hint = `holdfast grant return --id ${id}`
  try {
    const { value } = await connection.call(operations.grant.read, { id })
    if (value.state !== 'approved') return report('ended', describeEnd(value), factsOf(value))
    if (!giveBack)
      return report('kept', `Still yours until ${clockTime(value.endsAt ?? '')}. To give it back: ${hint}`, factsOf(value))
    const { value: returned, ledgerSeq } = await connection.call(operations.grant.return, { id })
    report('returned', `Given back. Recorded as #${ledgerSeq ?? '?'}.`, { ...factsOf(returned), ledgerSeq })
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'grant_not_live') return
    say(io, `holdfast: what became of the access is not known (${(error as Error).message}). To give it back: ${hint}`)
  }
}

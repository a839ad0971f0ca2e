import { operations } from '@holdfast/contract'
import { connect, type Connection } from '../call.ts'
import type { Io } from '../io.ts'
import { render } from '../print.ts'
import type { ServerOptions } from '../server.ts'
import { clockTime, durationWords, secondsUntil } from './duration.ts'
import { requestersOf } from './people.ts'
import type { Grant } from './types.ts'

export interface OverviewOptions extends ServerOptions {
  json?: true
}

const most = 1000

const everyGrant = async (
  connection: Connection,
  wanted: { show: 'mine' | 'to_approve'; state?: Grant['state'] },
): Promise<Grant[]> => {
  const rows: Grant[] = []
  for (let after: string | undefined; rows.length < most;) {
    const { value } = await connection.call(operations.grant.list, {
      limit: 100,
      ...wanted,
      ...(after !== undefined && { after }),
    })
    rows.push(...value.rows)
    if (value.next === null || value.next === after) break
    after = value.next
  }
  return rows
}

const until = (grant: Grant): string => {
  const end = grant.state === 'approved' ? grant.endsAt : grant.requestExpiresAt
  return end === null ? '' : `${clockTime(end)} (${durationWords(secondsUntil(end))})`
}

const stateWords = (grant: Grant): string => {
  const extension = grant.extendsId === null ? '' : ', more time'
  if (grant.state === 'approved') return 'runs'
  const count = grant.approvalsNeeded > 1 ? ` (${grant.approvals.length} of ${grant.approvalsNeeded})` : ''
  return `waits for approval${count}${extension}`
}

const mineRow = (grant: Grant): Record<string, unknown> => ({
  ...{ to: grant.targetName, as: grant.login, state: stateWords(grant), until: until(grant), id: grant.id },
})

const askedRow = (grant: Grant, who: string): Record<string, unknown> => ({
  ...{ who, to: grant.targetName, as: grant.login, for: durationWords(grant.seconds), reason: grant.reason },
  ...{ until: until(grant), id: grant.id },
})

const section = (io: Io, title: string, rows: Record<string, unknown>[], none: string): string =>
  rows.length === 0 ? `${none}\n` : `${title}\n${render({ rows, next: null }, io.columns)}`

/** `access`: what one has, what one asked for, and what waits for one's approval. */
export const overview = async (io: Io, options: OverviewOptions): Promise<void> => {
  const connection = await connect(io, options)
  const [approved, requested, toApprove] = await Promise.all([
    everyGrant(connection, { show: 'mine', state: 'approved' }),
    everyGrant(connection, { show: 'mine', state: 'requested' }),
    everyGrant(connection, { show: 'to_approve' }),
  ])
  const mine = [...approved, ...requested]
  if (options.json) return void io.stdout.write(`${JSON.stringify({ mine, toApprove }, null, 2)}\n`)
  const requesterOf = await requestersOf(connection, toApprove)
  const parts = [
    section(io, 'Yours', mine.map(mineRow), 'You have no access to any server or database, and asked for none.'),
    section(
      ...([io, 'Waiting for you: holdfast approve ID'] as const),
      toApprove.map((grant) => askedRow(grant, requesterOf(grant))),
      'Nothing waits for your approval.',
    ),
  ]
  io.stdout.write(parts.join('\n'))
}

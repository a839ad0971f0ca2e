import { GrantId, operations } from '@holdfast/contract'
import { connect, type Connection } from '../call.ts'
import { Failed, say, UsageError, type Io } from '../io.ts'
import { plain, render } from '../print.ts'
import type { ServerOptions } from '../server.ts'
import { clockTime, durationWords } from './duration.ts'
import { requestersOf } from './people.ts'
import { asPerson } from './person.ts'
import type { Grant, GrantDetail } from './types.ts'

interface DecisionOptions extends ServerOptions {
  json?: true
}

const idOf = (text: string): Grant['id'] => {
  const parsed = GrantId.safeParse(text)
  if (!parsed.success) throw new UsageError(`${plain(text)} is no id of a request (gr_…)`)
  return parsed.data
}

/** Everything that an approval is bound to, and nothing left out. */
const exactly = (grant: GrantDetail, requester: string): Record<string, unknown> => ({
  request: grant.id,
  who: requester,
  server: `${grant.targetName} (${grant.environment})`,
  login: grant.login,
  for: `${durationWords(grant.seconds)}, ${grant.notBefore === null ? 'from the approval on' : `from ${clockTime(grant.notBefore)} on`}`,
  reason: grant.reason,
  ticket: grant.ticket,
  'beyond a terminal': grant.extensions,
  'only from': grant.sourceNetworks,
  'more time for': grant.extendsId,
  policy: `${grant.policyName}, version ${grant.policyVersion}`,
  approvals: `${grant.approvals.length} of ${grant.approvalsNeeded}`,
  lapses: clockTime(grant.requestExpiresAt),
  hash: grant.requestHash,
})

const readRequest = async (io: Io, connection: Connection, id: Grant['id']): Promise<GrantDetail> => {
  const { value } = await connection.call(operations.grant.read, { id })
  const requesterOf = await requestersOf(connection, [value])
  const { ticket, extensions, sourceNetworks, extendsId } = value
  const empty = {
    ticket,
    'beyond a terminal': extensions.length || null,
    'only from': sourceNetworks.length || null,
    'more time for': extendsId,
  }
  const shown = Object.entries(exactly(value, requesterOf(value))).filter(([name]) => empty[name as keyof typeof empty] !== null)
  say(io, render(Object.fromEntries(shown), io.columns).trimEnd())
  return value
}

const print = (io: Io, value: Grant, words: string, { json }: DecisionOptions, ledgerSeq: number | null): void => {
  if (json) io.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
  say(io, words)
  if (ledgerSeq !== null) say(io, `Recorded as #${ledgerSeq}.`)
}

const outcomeOf = ({ state, approvals, approvalsNeeded, endsAt }: Grant): string => {
  if (state === 'requested')
    return `Approved by you; ${approvals.length} of ${approvalsNeeded}: another person must approve as well.`
  if (state === 'applied') return 'Approved; the end of the grant has moved.'
  return `Approved${endsAt === null ? '' : `; ends at ${clockTime(endsAt)}`}.`
}

/** `approve ID`: shows exactly what is approved; a key may never approve, so the person signs in for this one act. */
export const approve = async (io: Io, given: string, options: DecisionOptions): Promise<void> => {
  const id = idOf(given)
  const connection = await connect(io, options)
  const page = `${connection.server.origin}/access/grants/${id}`
  const { ask } = io
  if (!ask) throw new UsageError(`approving needs a person at a terminal, or in the console: ${page}`)
  const request = await readRequest(io, connection, id)
  if (request.state !== 'requested') throw new Failed(`it is ${request.state} already`)
  say(io, '\nTo approve it, sign in; Ctrl-C approves nothing.')
  const { value, ledgerSeq } = await asPerson(io, connection, ask, async (session) => {
    const code = await ask('Your next code (a new one comes every 30 s), to approve: ')
    return session.call(operations.grant.approve, { id, requestHash: request.requestHash, code })
  })
  print(io, value, outcomeOf(value), options, ledgerSeq)
}

/** `deny ID`: a key is enough, since it gives nobody anything. */
export const deny = async (io: Io, given: string, options: DecisionOptions & { reason?: string }): Promise<void> => {
  const id = idOf(given)
  const connection = await connect(io, options)
  let { reason } = options
  if (reason === undefined) {
    if (!io.ask) throw new UsageError('missing --reason')
    await readRequest(io, connection, id)
    reason = await io.ask('Reason, which the person will read: ')
  }
  const { value, ledgerSeq } = await connection.call(operations.grant.deny, { id, reason })
  print(io, value, 'Denied.', options, ledgerSeq)
}

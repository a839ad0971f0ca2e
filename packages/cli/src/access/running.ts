import { HostName, operations } from '@holdfast/contract'
import { Failed, UsageError } from '../io.ts'
import { plain } from '../print.ts'
import { durationWords, secondsUntil } from './duration.ts'
import { factsOf } from './report.ts'
import { requestAccess, type Asking } from './request.ts'
import type { Grant } from './types.ts'
import { awaitApproval } from './wait.ts'

const everyOwn = async ({ connection }: Asking, state: 'approved' | 'requested', host: string): Promise<Grant[]> => {
  const rows: Grant[] = []
  for (let after: string | undefined; ;) {
    const page = { limit: 100, show: 'mine', state, ...(after !== undefined && { after }) } as const
    const { value } = await connection.call(operations.grant.list, page)
    rows.push(...value.rows)
    if (value.next === null || value.next === after) break
    after = value.next
  }
  // An extension is no access of its own, but more time for another grant.
  return rows.filter(({ kind, targetName, extendsId }) => kind === 'host' && targetName === host && extendsId === null)
}

const fits =
  ({ options: { login, extension = [] } }: Asking) =>
  (grant: Grant): boolean =>
    (login === undefined || grant.login === login) &&
    extension.every((each) => (grant.extensions as readonly string[]).includes(each))

/** The one that is meant. Throws {@link UsageError} when there are several logins to choose from. */
const pick = (grants: readonly Grant[]): Grant | undefined => {
  const logins = [...new Set(grants.map(({ login }) => login))]
  if (logins.length > 1)
    throw new UsageError(`you have access under several logins; choose one: --login ${logins.map(plain).join(', ')}`)
  return grants.toSorted((a, b) => (b.endsAt ?? '').localeCompare(a.endsAt ?? ''))[0]
}

const running = async (asking: Asking, host: string): Promise<Grant | undefined> => {
  const approved = (await everyOwn(asking, 'approved', host)).filter(fits(asking))
  // Whether it still runs is the server's to say: the clock of this machine may be wrong.
  const grant = pick(approved)
  if (!grant?.endsAt) return undefined
  const words = `Access to ${plain(host)} as ${plain(grant.login)} runs already (${grant.id})`
  asking.report('reused', `${words}: ${durationWords(secondsUntil(grant.endsAt))} left.`, factsOf(grant))
  return grant
}

const waiting = async (asking: Asking, host: string): Promise<Grant | undefined> => {
  const grant = pick((await everyOwn(asking, 'requested', host)).filter(fits(asking)))
  if (grant) asking.report('requested_already', `You have asked already, as ${grant.id}.`, factsOf(grant))
  return grant
}

const ask = async (asking: Asking, name: string): Promise<Grant> => {
  const { value } = await asking.connection.call(operations.grant.options, { name: HostName.parse(name) })
  const choice = value.rows.find(({ hostName }) => hostName === name)
  if (!choice) {
    const advice = '`holdfast grant options` lists those that you may ask for'
    throw new Failed(`there is no server ${name} for you; it may be unknown, not enrolled, or in no policy of yours. ${advice}`)
  }
  return requestAccess(asking, choice)
}

/** Access to a server that runs now: what one has already, else what one asked for already, else by a new request that somebody approves. */
export const accessTo = async (asking: Asking, name: string): Promise<Grant> => {
  if (!HostName.safeParse(name).success)
    throw new UsageError(`${plain(name)} is no name of a server (small letters, digits, hyphens)`)
  const own = await running(asking, name)
  if (own) return own
  return awaitApproval(asking, (await waiting(asking, name)) ?? (await ask(asking, name)))
}

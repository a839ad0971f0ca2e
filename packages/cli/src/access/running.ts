import { HostName, operations } from '@holdfast/contract'
import { Failed, UsageError } from '../io.ts'
import { plain } from '../print.ts'
import { durationWords, secondsUntil } from './duration.ts'
import { factsOf } from './report.ts'
import { requestAccess, type Asking } from './request.ts'
import { databaseChoice, serverChoice, type Choice, type Grant, type Kind } from './types.ts'
import { awaitApproval } from './wait.ts'

/** What is meant: a server or a database, by its name. */
export interface Wanted {
  kind: Kind
  name: string
}

const everyOwn = async ({ connection }: Asking, state: 'approved' | 'requested', wanted: Wanted): Promise<Grant[]> => {
  const rows: Grant[] = []
  for (let after: string | undefined; ;) {
    const page = { limit: 100, show: 'mine', state, ...(after !== undefined && { after }) } as const
    const { value } = await connection.call(operations.grant.list, page)
    rows.push(...value.rows)
    if (value.next === null || value.next === after) break
    after = value.next
  }
  // An extension is no access of its own, but more time for another grant.
  return rows.filter(
    ({ kind, targetName, extendsId }) => kind === wanted.kind && targetName === wanted.name && extendsId === null,
  )
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

const running = async (asking: Asking, wanted: Wanted): Promise<Grant | undefined> => {
  const approved = (await everyOwn(asking, 'approved', wanted)).filter(fits(asking))
  // Whether it still runs is the server's to say: the clock of this machine may be wrong.
  const grant = pick(approved)
  if (!grant?.endsAt) return undefined
  const words = `Access to ${plain(wanted.name)} as ${plain(grant.login)} runs already (${grant.id})`
  asking.report('reused', `${words}: ${durationWords(secondsUntil(grant.endsAt))} left.`, factsOf(grant))
  return grant
}

const waiting = async (asking: Asking, wanted: Wanted): Promise<Grant | undefined> => {
  const grant = pick((await everyOwn(asking, 'requested', wanted)).filter(fits(asking)))
  if (grant) asking.report('requested_already', `You have asked already, as ${grant.id}.`, factsOf(grant))
  return grant
}

const choiceOf = async ({ connection }: Asking, { kind, name }: Wanted): Promise<Choice> => {
  const word = HostName.parse(name)
  if (kind === 'host') {
    const { value } = await connection.call(operations.grant.options, { name: word })
    const found = value.rows.find(({ hostName }) => hostName === name)
    if (found) return serverChoice(found)
    const advice = '`holdfast grant options` lists those that you may ask for'
    throw new Failed(`there is no server ${name} for you; it may be unknown, not enrolled, or in no policy of yours. ${advice}`)
  }
  const { value } = await connection.call(operations.grant.databaseOptions, { name: word })
  const found = value.rows.find(({ databaseName }) => databaseName === name)
  if (found) return databaseChoice(found)
  const advice = '`holdfast grant database-options` lists those that you may ask for'
  throw new Failed(`there is no database ${name} for you; it may be unknown, retired, or in no policy of yours. ${advice}`)
}

/** Access that runs now: what one has already, else what one asked for already, else by a new request that somebody approves. */
export const accessTo = async (asking: Asking, wanted: Wanted): Promise<Grant> => {
  const { kind, name } = wanted
  if (!HostName.safeParse(name).success)
    throw new UsageError(
      `${plain(name)} is no name of a ${kind === 'host' ? 'server' : 'database'} (small letters, digits, hyphens)`,
    )
  const own = await running(asking, wanted)
  if (own) return own
  const asked = (await waiting(asking, wanted)) ?? (await requestAccess(asking, await choiceOf(asking, wanted)))
  return awaitApproval(asking, asked)
}

import type { DatabaseId, grant, HostId, InputOf } from '@holdfast/contract'
import { durationsUpTo, type Option, type Terms } from '../grantWords.ts'

type Input = InputOf<typeof grant.request>

/** What the form holds: the input of the request, all of it but what may stay away. */
export interface Asked {
  hostId: HostId | undefined
  databaseId: DatabaseId | undefined
  policyId: Terms['id'] | undefined
  login: string
  seconds: number
  reason: string
  ticket: string | undefined
  extensions: NonNullable<Input['extensions']>
  sourceNetworks: string[]
  notBefore: string | undefined
  code: string
}

/** What is asked for, a server or a database. */
export const targetOf = ({ hostId, databaseId }: Pick<Asked, 'hostId' | 'databaseId'>): string | null =>
  hostId ?? databaseId ?? null

/** The terms chosen, or the only ones there are. */
export const termsOf = (
  options: readonly Option[],
  asked: Pick<Asked, 'hostId' | 'databaseId' | 'policyId'>,
): Terms | undefined => options.find(({ id }) => id === targetOf(asked))?.policies.find(({ id }) => id === asked.policyId)

/** Keeps of what was filled in what the new terms allow. */
const under = (asked: Asked, terms: Terms): Asked => ({
  ...asked,
  policyId: terms.id,
  login: terms.logins.includes(asked.login) ? asked.login : (terms.logins[0] ?? ''),
  seconds: durationsUpTo(terms.maxSeconds).includes(asked.seconds) ? asked.seconds : Math.min(3600, terms.maxSeconds),
  ticket: terms.ticketPattern === null ? undefined : asked.ticket,
  extensions: asked.extensions.filter((each) => terms.extensions.includes(each)),
})

export const withPolicy = (options: readonly Option[], asked: Asked, policyId: string): Asked => {
  const terms = options.flatMap(({ policies }) => policies).find(({ id }) => id === policyId)
  return terms ? under(asked, terms) : asked
}

export const withTarget = (options: readonly Option[], asked: Asked, id: string): Asked => {
  const option = options.find((each) => each.id === id)
  const first = option?.policies[0]
  if (!option || !first) return asked
  const target =
    option.kind === 'host'
      ? { hostId: id as HostId, databaseId: undefined }
      : { hostId: undefined, databaseId: id as DatabaseId, sourceNetworks: [] }
  return under({ ...asked, ...target }, first)
}

/** An empty form, with what was asked for, or the only one there is. */
export const startOf = (options: readonly Option[], target: string | undefined): Asked => {
  const empty: Asked = {
    ...{ hostId: undefined, databaseId: undefined, policyId: undefined, login: '', seconds: 3600, reason: '', ticket: undefined },
    ...{ extensions: [], sourceNetworks: [], notBefore: undefined, code: '' },
  }
  const wanted = target ?? (options.length === 1 ? options[0]?.id : undefined)
  return wanted === undefined ? empty : withTarget(options, empty, wanted)
}

import type { grant, HostId, InputOf } from '@holdfast/contract'
import { durationsUpTo, type Option, type Terms } from './words.ts'

type Input = InputOf<typeof grant.request>

/** What the form holds: the input of the request, all of it but what may stay away. */
export interface Asked {
  hostId: HostId | ''
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

/** The terms chosen, or the only ones there are. */
export const termsOf = (
  options: readonly Option[],
  { hostId, policyId }: Pick<Asked, 'hostId' | 'policyId'>,
): Terms | undefined => options.find((option) => option.hostId === hostId)?.policies.find(({ id }) => id === policyId)

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

export const withHost = (options: readonly Option[], asked: Asked, hostId: HostId): Asked => {
  const first = options.find((option) => option.hostId === hostId)?.policies[0]
  return first ? under({ ...asked, hostId }, first) : asked
}

/** An empty form, with the server that was asked for, or the only one there is. */
export const startOf = (options: readonly Option[], hostId: HostId | undefined): Asked => {
  const empty: Asked = {
    ...{ hostId: '', policyId: undefined, login: '', seconds: 3600, reason: '', ticket: undefined },
    ...{ extensions: [], sourceNetworks: [], notBefore: undefined, code: '' },
  }
  const wanted = hostId ?? (options.length === 1 ? options[0]?.hostId : undefined)
  return wanted ? withHost(options, empty, wanted) : empty
}

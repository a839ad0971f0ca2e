import { roles as order, type accessPolicy, type OutputOf } from '@holdfast/contract'
import { roleNames } from '../kit/index.ts'
import { durationInWords, extensionWords } from './accessWords.ts'

export type Policy = OutputOf<typeof accessPolicy.read>
export type People = Policy['approvers'] & Partial<Pick<Policy['requesters'], 'serviceAccountIds'>>
export type Selection = Policy['selects']

/** "a, b or c". */
export const either = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`

/** "every Member or Admin, or Ada Byron": roles first. */
export const peopleInWords = (
  { roles, personIds, serviceAccountIds = [] }: People,
  nameOf: (id: string) => string | null,
): string => {
  const named = [
    ...personIds.map((id) => nameOf(id) ?? 'somebody who left'),
    ...serviceAccountIds.map((id) => `the service account ${nameOf(id) ?? 'that is gone'}`),
  ]
  const held =
    roles.length > 0 ? [`any ${either(order.filter((role) => roles.includes(role)).map((role) => roleNames[role]))}`] : []
  return [...held, ...(named.length > 0 ? [either(named)] : [])].join(', or ')
}

const nouns = { host: 'server', database: 'database' }

/** Which servers or databases, in words; ids by name. */
export const targetsInWords = (
  { kind, selects: { hostIds, databaseIds, environments, labels } }: Pick<Policy, 'kind' | 'selects'>,
  nameOf: (id: string) => string | null,
): string => {
  const marks = [
    ...(environments.length > 0 ? [`in ${either(environments)}`] : []),
    ...(labels.length > 0 ? [`labelled ${labels.join(' and ')}`] : []),
  ]
  const named = [...hostIds, ...databaseIds].map((id) => nameOf(id) ?? `a ${nouns[kind]} that is gone`)
  return [
    ...(marks.length > 0 ? [`every ${nouns[kind]} ${marks.join(' and ')}`] : []),
    ...(named.length > 0 ? [either(named)] : []),
  ].join(', or ')
}

/** A server or a database, as rules see it. */
export interface TargetFacts {
  kind: Policy['kind']
  id: string
  environment: string
  labels: readonly string[]
}

/** Whether a policy covers it: of its kind, by id, or in one of its environments with all of its labels. */
export const covers = (
  { kind, selects: { hostIds, databaseIds, environments, labels } }: Pick<Policy, 'kind' | 'selects'>,
  { kind: ownKind, id, environment, labels: own }: TargetFacts,
): boolean => {
  if (kind !== ownKind) return false
  if ([...hostIds, ...databaseIds].some((each) => each === id)) return true
  if (environments.length + labels.length === 0) return false
  return (environments.length === 0 || environments.includes(environment)) && labels.every((label) => own.includes(label))
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

export const hoursInWords = (hours: Policy['hours']): string =>
  hours === null
    ? 'at any time'
    : `${hours.weekdays.map((day) => weekdays[day - 1] ?? '').join(' ')}, ${hours.from} to ${hours.to} (${hours.timeZone})`

/** The rules in one sentence, as somebody would say them. */
export const ruleInWords = (
  rules: Pick<Policy, 'kind' | 'selects' | 'logins' | 'requesters' | 'approvers' | 'approvals' | 'maxSeconds'>,
  personName: (id: string) => string | null,
  targetName: (id: string) => string | null,
): string => {
  const count = rules.approvals === 2 ? 'Two different people approve' : 'One other person approves'
  return (
    `${capital(peopleInWords(rules.requesters, personName) || 'nobody yet')} may ask to log in as ` +
    `${either(rules.logins) || '…'} on ${targetsInWords(rules, targetName) || '…'}, for at most ` +
    `${durationInWords(rules.maxSeconds).replaceAll(' ', '\u00a0')}. ${count}: ${peopleInWords(rules.approvers, personName) || 'nobody yet'}.`
  )
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

export const extrasInWords = (extensions: Policy['extensions']): string =>
  extensions.map((each) => extensionWords[each]).join(', ') || 'nothing'

export const extensionOptions = Object.entries(extensionWords).map(([value, label]) => ({
  value: value as Policy['extensions'][number],
  label: `${label.charAt(0).toUpperCase()}${label.slice(1)}`,
}))

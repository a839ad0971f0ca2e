/**
 * Filters as parameterised SQL. Only what can be searched by an index is allowed: what people are called is sealed, and nobody can look into it
 * without opening all of it. No name and no value of a request becomes part of a statement's text.
 */
import { sql, type Expression, type RawBuilder, type SqlBool } from 'kysely'
import type { BlindIndexes } from '../../../kernel/identity/email-index.ts'
import type { Filter, Literal, Operator } from './filter.ts'
import { attributeName } from './filter.ts'
import { ScimRefusal } from './refusal.ts'
import { coreGroup, coreUser, userAttributes } from './schema.ts'

type Condition = Expression<SqlBool>
type Compare = (operator: Operator, value: Literal) => Condition

/** One attribute that can be filtered by. */
export interface Searchable {
  /** Compared with a value; throws for an operator that it does not take. */
  compare: Compare
  present: Condition
}
export type Searchables = Readonly<Record<string, Searchable>>

const refuse = (detail: string): ScimRefusal => new ScimRefusal('invalid_filter', detail)
const never = sql<SqlBool>`false`
const always = sql<SqlBool>`true`

const only = (attribute: string, allowed: readonly Operator[], compare: Compare): Compare => {
  return (operator, value) => {
    if (!allowed.includes(operator)) throw refuse(`${attribute} can be filtered by ${allowed.join(', ')}; not by ${operator}.`)
    return compare(operator, value)
  }
}

const equal = (column: RawBuilder<unknown>, operator: Operator, value: unknown): Condition =>
  operator === 'ne' ? sql<SqlBool>`${column} is distinct from ${value}` : sql<SqlBool>`${column} = ${value}`

const timeOf = (value: Literal): Date => {
  const time = new Date(typeof value === 'string' ? value : Number.NaN)
  if (Number.isNaN(time.getTime())) throw refuse('Compare with a time as 2026-01-31T12:00:00Z.')
  return time
}

/** Entra writes it as text. */
const truthOf = (value: Literal): boolean => {
  const word = String(value).toLowerCase()
  if (word !== 'true' && word !== 'false') throw refuse('Compare active with true or false.')
  return word === 'true'
}

const byTime = (attribute: string, column: RawBuilder<unknown>): Searchable => ({
  present: always,
  compare: only(attribute, ['eq', 'gt', 'ge', 'lt', 'le'], (operator, value) => {
    const time = timeOf(value)
    const signs = { gt: sql`>`, ge: sql`>=`, lt: sql`<`, le: sql`<=` } as const
    return sql<SqlBool>`${column} ${operator in signs ? signs[operator as keyof typeof signs] : sql`=`} ${time}`
  }),
})

const byIndex = (attribute: string, column: RawBuilder<unknown>, indexOf: (text: string) => Buffer | null): Searchable => ({
  present: sql<SqlBool>`${column} is not null`,
  compare: only(attribute, ['eq'], (_, value) => {
    const index = typeof value === 'string' ? indexOf(value) : null
    return index ? sql<SqlBool>`${column} = ${index}` : never
  }),
})

const byText = (attribute: string, column: RawBuilder<unknown>, plain: (text: string) => string): Searchable => ({
  present: sql<SqlBool>`${column} is not null`,
  compare: only(attribute, ['eq', 'ne', 'co', 'sw', 'ew'], (operator, value) => {
    if (typeof value !== 'string') return never
    const text = plain(value)
    if (operator === 'co') return sql<SqlBool>`position(${text} in ${column}) > 0`
    if (operator === 'sw') return sql<SqlBool>`starts_with(${column}, ${text})`
    if (operator === 'ew') return sql<SqlBool>`right(${column}, length(${text})) = ${text}`
    return equal(column, operator, text)
  }),
})

export const userNameIndex = ({ text }: BlindIndexes, orgId: string, userName: string): Buffer =>
  text(`directory user name of ${orgId}`, userName.normalize('NFC').trim().toLowerCase())
export const externalIdIndex = ({ text }: BlindIndexes, orgId: string, externalId: string): Buffer =>
  text(`directory external id of ${orgId}`, externalId)

/** By what users can be found. Names in lower case. */
export const searchableUsers = (indexes: BlindIndexes, orgId: string): Searchables => {
  const column = (name: string): RawBuilder<unknown> => sql.ref(`directoryUser.${name}`)
  const email = byIndex('emails', column('emailIndex'), indexes.email)
  return {
    id: byText('id', column('id'), (text) => text),
    username: byIndex('userName', column('userNameIndex'), (text) => userNameIndex(indexes, orgId, text)),
    externalid: byIndex('externalId', column('externalIdIndex'), (text) => externalIdIndex(indexes, orgId, text)),
    emails: email,
    'emails.value': email,
    active: {
      present: always,
      compare: only('active', ['eq', 'ne'], (operator, value) => equal(column('active'), operator, truthOf(value))),
    },
    'meta.created': byTime('meta.created', column('createdAt')),
    'meta.lastmodified': byTime('meta.lastModified', column('updatedAt')),
  }
}

/** By what groups can be found; their names are no personal data. */
export const searchableGroups = (): Searchables => {
  const column = (name: string): RawBuilder<unknown> => sql.ref(`directoryGroup.${name}`)
  const member: Compare = (_, value) => sql<SqlBool>`exists (select from directory_group_member m
    where m.org_id = ${sql.ref('directoryGroup.org_id')} and m.group_id = ${sql.ref('directoryGroup.id')} and m.user_id = ${value})`
  const members = { present: always, compare: only('members', ['eq'], member) }
  return {
    id: byText('id', column('id'), (text) => text),
    displayname: byText('displayName', sql`lower(${column('displayName')})`, (text) => text.toLowerCase()),
    externalid: byText('externalId', column('externalId'), (text) => text),
    members,
    'members.value': members,
    'meta.created': byTime('meta.created', column('createdAt')),
    'meta.lastmodified': byTime('meta.lastModified', column('updatedAt')),
  }
}

const core = [coreUser, coreGroup].map((schema) => `${schema.toLowerCase()}:`)
const bare = (name: string): string => {
  const lower = name.toLowerCase()
  const schema = core.find((prefix) => lower.startsWith(prefix))
  return schema ? lower.slice(schema.length) : lower
}

const sealed = new Set(userAttributes.map(({ name }) => name.toLowerCase()))

/** A known attribute that is sealed is refused, so that nobody takes an empty answer for the truth; what nobody knows matches nothing. */
const find = (searchables: Searchables, name: string): Searchable | null => {
  const found = Object.hasOwn(searchables, bare(name)) ? searchables[bare(name)] : undefined
  if (found) return found
  if (!attributeName.test(name)) throw refuse('That is no attribute.')
  if (sealed.has(bare(name).split('.')[0] ?? ''))
    throw refuse(`${name.slice(0, 60)} is kept sealed and cannot be searched by. Use ${Object.keys(searchables).join(', ')}.`)
  return null
}

/** `emails[type eq "work" and value eq "a@b"]`: the value decides; we keep one address to find people by. */
const insideOf = (searchables: Searchables, attribute: string, filter: Filter): Condition => {
  if (filter.kind === 'and') {
    const [left, right] = [insideOf(searchables, attribute, filter.left), insideOf(searchables, attribute, filter.right)]
    return sql<SqlBool>`(${left} and ${right})`
  }
  if (filter.kind === 'compare' && filter.attribute.toLowerCase() === 'value')
    return find(searchables, attribute)?.compare(filter.operator, filter.value) ?? never
  if (filter.kind === 'compare' && ['type', 'primary'].includes(filter.attribute.toLowerCase())) return always
  throw refuse('Inside brackets compare the value, and type or primary beside it.')
}

/** The condition for a where clause. */
export const conditionOf = (filter: Filter, searchables: Searchables): Condition => {
  switch (filter.kind) {
    case 'and':
      return sql<SqlBool>`(${conditionOf(filter.left, searchables)} and ${conditionOf(filter.right, searchables)})`
    case 'or':
      return sql<SqlBool>`(${conditionOf(filter.left, searchables)} or ${conditionOf(filter.right, searchables)})`
    case 'not':
      return sql<SqlBool>`(not coalesce(${conditionOf(filter.of, searchables)}, false))`
    case 'present':
      return find(searchables, filter.attribute)?.present ?? never
    case 'within':
      return insideOf(searchables, filter.attribute, filter.of)
    default:
      return find(searchables, filter.attribute)?.compare(filter.operator, filter.value) ?? never
  }
}

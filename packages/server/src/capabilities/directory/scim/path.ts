/** Paths of a PATCH (RFC 7644 §3.5.2): `attribute`, `attribute.part`, `attribute[filter]`, `attribute[filter].part`, with a schema in front or not. */
import { parseFilter, type Filter } from './filter.ts'
import { ScimRefusal } from './refusal.ts'

export interface Path {
  /** Lower case, without the colon; null: none was named. */
  schema: string | null
  attribute: string
  filter: Filter | null
  part: string | null
}

const longest = 500
const form = /^(?:(?<schema>urn:[A-Za-z0-9:._-]+):)?(?<attribute>[A-Za-z$_][A-Za-z0-9$_-]*)(?<rest>[.[].*)?$/s
const name = /^\.(?<part>[A-Za-z$_][A-Za-z0-9$_-]*)$/

const invalid = (path: string): ScimRefusal => new ScimRefusal('invalid_path', `${path.slice(0, 80)} is no path of ours.`)

/** Names by which programs reach what all objects share. We resolve names by a list; these are refused so that nobody has to rely on that. */
const shared = new Set(['__proto__', 'constructor', 'prototype'])
export const refuseShared = (path: string): void => {
  if (path.split(/[.:[\]]/).some((part) => shared.has(part.toLowerCase()))) throw invalid(path)
}

export const parsePath = (path: string): Path => {
  if (path.length > longest) throw invalid(path)
  refuseShared(path)
  const { schema = null, attribute = '', rest = '' } = form.exec(path)?.groups ?? {}
  if (attribute === '') throw invalid(path)
  const found = { schema: schema?.toLowerCase() ?? null, attribute, filter: null, part: null }
  if (rest === '') return found
  if (rest.startsWith('.')) {
    const { part } = name.exec(rest)?.groups ?? {}
    if (part === undefined) throw invalid(path)
    return { ...found, part }
  }
  const end = rest.lastIndexOf(']')
  const after = rest.slice(end + 1)
  const { part = null } = name.exec(after)?.groups ?? {}
  if (end === -1 || (after !== '' && part === null)) throw invalid(path)
  return { ...found, filter: parseFilter(rest.slice(1, end)), part }
}

/** PATCH of a user (RFC 7644 §3.5.2), as RFC, Okta and Entra write it. Changes a copy. */
import { clears, heldOf, keyOf, partOf, put, someParts, type Document, type Parts } from './document.ts'
import { equalities, holds } from './filter.ts'
import { parsePath, refuseShared, type Path } from './path.ts'
import { ScimRefusal } from './refusal.ts'
import {
  coreUser,
  enterpriseAttributes,
  enterpriseUser,
  named,
  readOnly,
  userAttributes,
  type Attribute,
  type Complex,
} from './schema.ts'

export interface Change {
  op: 'add' | 'replace' | 'remove'
  path?: string | undefined
  value?: unknown
}

interface Place {
  attribute: Attribute
  key: string
}

const placeOf = ({ schema, attribute: name }: Pick<Path, 'schema' | 'attribute'>): Place => {
  if (readOnly.includes(name.toLowerCase())) throw new ScimRefusal('read_only', `${name} is ours to say.`)
  const enterprise = schema === enterpriseUser.toLowerCase()
  const known = enterprise || schema === null || schema === coreUser.toLowerCase()
  const attribute = known ? named(enterprise ? enterpriseAttributes : userAttributes, name) : undefined
  if (!attribute) throw new ScimRefusal('invalid_path', `There is no attribute ${name.slice(0, 60)}.`)
  return { attribute, key: keyOf(attribute, enterprise) }
}

const listOf = (document: Document, key: string): Parts[] => {
  const held = document.get(key)
  return Array.isArray(held) ? held : []
}

const partsAt = (document: Document, key: string): Parts => {
  const held = document.get(key)
  return typeof held === 'object' && !Array.isArray(held) ? held : {}
}

const fresh = (...from: Parts[]): Parts => Object.assign(Object.create(null) as Parts, ...from) as Parts

/** One value is primary at most: the newest that says so (RFC 7643 §2.4). */
const onePrimary = (values: Parts[], newest: readonly Parts[]): Parts[] => {
  const chosen = newest.findLast(({ primary }) => primary === true)
  return chosen ? values.map((one) => (one !== chosen && one['primary'] === true ? fresh(one, { primary: false }) : one)) : values
}

const setPart = (attribute: Complex, parts: Parts, name: string, value: unknown): Parts => {
  const known = named(attribute.parts, name)
  if (!known) throw new ScimRefusal('invalid_path', `${attribute.name} has no ${name.slice(0, 60)}.`)
  const next = fresh(parts)
  const held = clears(value) ? null : partOf(attribute, name, value)
  if (held === null) delete next[known.name]
  else next[known.name] = held
  return next
}

/** Under `attribute[filter]`: of the values that match, or of one that is made as the filter says. */
const changeMatching = (document: Document, { key }: Place, attribute: Complex, path: Path, change: Change): void => {
  const { filter, part } = path
  if (!filter) return
  const all = listOf(document, key)
  const matches = (one: Parts): boolean => holds(filter, (name) => one[named(attribute.parts, name)?.name ?? ''])
  const write = (one: Parts): Parts => {
    if (part !== null) return setPart(attribute, one, part, change.value)
    return fresh(one, someParts(attribute, change.value) ?? {})
  }
  if (change.op === 'remove' || clears(change.value)) {
    const left =
      part === null
        ? all.filter((one) => !matches(one))
        : all.map((one) => (matches(one) ? setPart(attribute, one, part, null) : one))
    return put(document, key, heldOf(attribute, left))
  }
  let written: Parts[] = []
  let next = all.map((one) => {
    if (!matches(one)) return one
    const changed = write(one)
    written.push(changed)
    return changed
  })
  if (written.length === 0) {
    const template = equalities(filter)
    if (template.length === 0) throw new ScimRefusal('no_target', `No value of ${attribute.name} matches.`)
    written = [write(template.reduce((made, [name, value]) => setPart(attribute, made, name, value), fresh()))]
    next = [...all, ...written]
  }
  put(document, key, heldOf(attribute, onePrimary(next, written)))
}

const sameValue = (a: Parts, b: Parts): boolean =>
  a['value'] !== undefined && a['value'] === b['value'] && a['type'] === b['type']

const changeWhole = (document: Document, { attribute, key }: Place, { op, value }: Change): void => {
  if (op === 'remove') return put(document, key, null)
  const given = heldOf(attribute, value)
  if (attribute.type !== 'complex' || given === null) {
    if (op === 'add' && given === null) return
    return put(document, key, given)
  }
  if (!attribute.multi) return put(document, key, heldOf(attribute, fresh(partsAt(document, key), given as Parts)))
  const values = given as Parts[]
  const before = op === 'add' ? listOf(document, key).filter((one) => !values.some((other) => sameValue(one, other))) : []
  put(document, key, heldOf(attribute, onePrimary([...before, ...values], values)))
}

const changeAt = (document: Document, text: string, change: Change): void => {
  // The extension as a whole: `urn:…:User` with an object.
  if (text.toLowerCase() === enterpriseUser.toLowerCase()) return changeEach(document, change, `${enterpriseUser}:`)
  const path = parsePath(text)
  const place = placeOf(path)
  const { attribute, key } = place
  if (path.filter === null && path.part === null) return changeWhole(document, place, change)
  if (attribute.type !== 'complex') throw new ScimRefusal('invalid_path', `${attribute.name} has no parts.`)
  if (path.filter) {
    if (!attribute.multi) throw new ScimRefusal('invalid_path', `${attribute.name} has one value; there is nothing to choose.`)
    return changeMatching(document, place, attribute, path, change)
  }
  const part = path.part ?? ''
  const value = change.op === 'remove' ? null : change.value
  if (!attribute.multi) return put(document, key, heldOf(attribute, setPart(attribute, partsAt(document, key), part, value)))
  const all = listOf(document, key)
  const next = all.length === 0 && !clears(value) ? [fresh()] : all
  put(
    document,
    key,
    heldOf(
      attribute,
      next.map((one) => setPart(attribute, one, part, value)),
    ),
  )
}

/** Without a path: an object of attributes, whose names may be paths themselves (`name.givenName`, as Entra sends them). */
const changeEach = (document: Document, { op, value }: Change, before = ''): void => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ScimRefusal('invalid_value', 'Without a path the value is an object of attributes.')
  for (const [name, one] of Object.entries(value)) {
    refuseShared(name)
    const path = before + name
    // Whole resources come along: what is ours to say, and what nobody knows, is passed over.
    const [attribute = ''] = path.replace(/^urn:.*:/i, '').split(/[.[]/)
    const known = named([...userAttributes, ...enterpriseAttributes], attribute)
    if (known || path.toLowerCase() === enterpriseUser.toLowerCase()) changeAt(document, path, { op, value: one })
  }
}

/** The document after all changes, in order. Throws a refusal, having changed nothing. */
export const patched = (document: Document, changes: readonly Change[]): Document => {
  const copy: Document = new Map(document)
  for (const change of changes) {
    if (change.path !== undefined && change.path !== '') changeAt(copy, change.path, change)
    else if (change.op === 'remove') throw new ScimRefusal('no_target', 'Say by a path what to remove.')
    else changeEach(copy, change)
  }
  return copy
}

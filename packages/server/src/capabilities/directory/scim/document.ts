/**
 * A user as the directory describes them, kept as it says: by known attribute only. Objects here have no prototype, and names come from our own
 * list of attributes, never from a request.
 */
import { enterpriseAttributes, enterpriseUser, named, userAttributes, type Attribute, type Complex } from './schema.ts'
import { ScimRefusal } from './refusal.ts'

export type Value = string | boolean
export type Parts = Partial<Record<string, Value>>
export type Held = Value | Parts | Parts[]
/** By the name of the attribute; those of the enterprise extension by `enterprise.<name>`. */
export type Document = Map<string, Held>

const longest = 1_000
const mostValues = 20

const invalid = (name: string, what: string): ScimRefusal => new ScimRefusal('invalid_value', `${name} ${what}`)

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Both `""` and `null` clear (Entra sends the one, Okta the other). */
export const clears = (value: unknown): boolean => value === null || value === undefined || value === ''

const textOf = (name: string, value: unknown): string => {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  if (typeof text !== 'string') throw invalid(name, 'must be text.')
  if (text.length > longest) throw invalid(name, `has at most ${longest} characters.`)
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text)) throw invalid(name, 'must not contain control characters.')
  return text
}

/** Entra writes booleans as text, capitalised. */
const flagOf = (name: string, value: unknown): boolean => {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string' && /^(?:true|false)$/i.test(value)) return value.toLowerCase() === 'true'
  throw invalid(name, 'must be true or false.')
}

const partsOf = (attribute: Complex, value: unknown): Parts => {
  // `manager: "id"`, `emails: ["a@b"]`: the value alone.
  const given = isRecord(value) ? value : { value }
  const parts: Parts = Object.create(null) as Parts
  for (const [name, part] of Object.entries(given)) {
    const known = named(attribute.parts, name)
    if (known && !clears(part))
      parts[known.name] =
        known.type === 'boolean' ? flagOf(`${attribute.name}.${name}`, part) : textOf(`${attribute.name}.${name}`, part)
  }
  return parts
}

const isEmpty = (parts: Parts): boolean => Object.keys(parts).length === 0

export const someParts = (attribute: Complex, value: unknown): Parts | null => {
  const parts = partsOf(attribute, value)
  return isEmpty(parts) ? null : parts
}

/** What an attribute holds after it was given `value`; null: nothing. */
export const heldOf = (attribute: Attribute, value: unknown): Held | null => {
  if (clears(value)) return null
  if (attribute.type !== 'complex') return (attribute.type === 'boolean' ? flagOf : textOf)(attribute.name, value)
  if (!attribute.multi) return someParts(attribute, value)
  const values = (Array.isArray(value) ? value : [value]).map((one) => partsOf(attribute, one)).filter((one) => !isEmpty(one))
  if (values.length > mostValues) throw invalid(attribute.name, `has at most ${mostValues} values.`)
  return values.length === 0 ? null : values
}

export const partOf = (attribute: Complex, name: string, value: unknown): Value | null => {
  const parts = partsOf(attribute, { [name]: value })
  return parts[named(attribute.parts, name)?.name ?? ''] ?? null
}

/** The name under which a document keeps an attribute. */
export const keyOf = (attribute: Attribute, enterprise: boolean): string =>
  enterprise ? `enterprise.${attribute.name}` : attribute.name

export const put = (document: Document, key: string, held: Held | null): void => {
  if (held === null) document.delete(key)
  else document.set(key, held)
}

/** The document that a whole resource describes (POST, PUT). Attributes that nobody knows are passed over (RFC 7644 §3.3). */
export const documentOf = (resource: unknown): Document => {
  if (!isRecord(resource)) throw new ScimRefusal('invalid_syntax', 'Send a JSON object.')
  const document: Document = new Map()
  const take = (attributes: readonly Attribute[], from: Record<string, unknown>, enterprise: boolean): void => {
    for (const [name, value] of Object.entries(from)) {
      const attribute = named(attributes, name)
      if (attribute) put(document, keyOf(attribute, enterprise), heldOf(attribute, value))
    }
  }
  take(userAttributes, resource, false)
  const extension = Object.entries(resource).find(([name]) => name.toLowerCase() === enterpriseUser.toLowerCase())?.[1]
  if (isRecord(extension)) take(enterpriseAttributes, extension, true)
  return document
}

export const textAt = (document: Document, key: string): string | null => {
  const held = document.get(key)
  return typeof held === 'string' ? held : null
}

/** The address by which they are a person here: the primary one, else the first, else a user name that is one. */
export const addressOf = (document: Document): string | null => {
  const emails = document.get('emails')
  const all = Array.isArray(emails) ? emails : []
  const { value } = all.find(({ primary }) => primary === true) ?? all[0] ?? {}
  if (typeof value === 'string') return value
  const userName = textAt(document, 'userName')
  return userName?.includes('@') ? userName : null
}

/** What to call them. */
export const nameOf = (document: Document): string => {
  const name = document.get('name')
  const parts = typeof name === 'object' && !Array.isArray(name) ? name : {}
  const whole = [parts['givenName'], parts['familyName']].filter(Boolean).join(' ')
  const found = textAt(document, 'displayName') ?? parts['formatted'] ?? whole
  const text = (String(found || '').trim() || textAt(document, 'userName') || '').slice(0, 100)
  return text
}

export const isActive = (document: Document): boolean => document.get('active') !== false

/** What says nothing of `active`, or clears it, changes nothing of it: nobody comes back by that. */
export const keepActive = (document: Document, before: { active: boolean }): void => {
  if (!document.has('active')) document.set('active', before.active)
}

/** For sealing, and back. */
export const written = (document: Document): string => JSON.stringify([...document])
export const read = (text: string): Document => new Map(JSON.parse(text) as [string, Held][])

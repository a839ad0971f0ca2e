import { z } from 'zod'
import { parseDuration } from './access/duration.ts'
import { UsageError } from './io.ts'

/** One option of a command, made from one field of an operation's input. */
export interface Flag {
  field: string
  /** kebab-case, without the dashes */
  name: string
  kind: 'text' | 'number' | 'boolean' | 'json'
  /** May be given several times. */
  many: boolean
  required: boolean
  choices: readonly string[]
  /** What the server takes when it is left out; undefined when nothing. */
  initial: unknown
  help: string
  /**
   * `file`: long text, `@FILE` reads it. `secret`: only `@FILE` or `-`, since a command line can be read by others. `code`: the same, but six
   * digits may stand there: they work once, and half a minute.
   */
  source: 'argument' | 'file' | 'secret' | 'code'
}

interface Property {
  type?: string | string[]
  enum?: unknown[]
  anyOf?: Property[]
  items?: Property
  default?: unknown
  description?: string
  maxLength?: number
  format?: string
  pattern?: string
}

export const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** Longer than this, a text is a document. */
const longText = 10_000
const secretName = /password|token|secret/i
const isDuration = (field: string): boolean => /seconds$/i.test(field)

const kindOf = (property: Property): Flag['kind'] => {
  if (property.type === 'integer' || property.type === 'number') return 'number'
  if (property.type === 'boolean') return 'boolean'
  if (property.type === 'string') return 'text'
  const options = property.anyOf ?? []
  return options.length > 0 && options.every(({ type }) => type === 'string') ? 'text' : 'json'
}

/** `po_…` for an id, so that help shows what kind of id is meant. */
const shapeOf = ({ pattern, format, anyOf }: Property): string | undefined => {
  const prefix = /^\^([a-z]{2})_/.exec(pattern ?? '')?.[1]
  if (prefix) return `${prefix}_…`
  if (format === 'date-time') return 'such as 2026-11-23T09:00:00Z'
  if (format === 'date') return 'such as 2026-11-23'
  if (format === 'uuid') return 'a UUID'
  return (
    anyOf
      ?.map((option) => option.format)
      .filter(Boolean)
      .join(' or ') || undefined
  )
}

const helpOf = (field: string, property: Property, item: Property, source: Flag['source'], many: boolean): string =>
  [
    property.description ?? item.description,
    shapeOf(item),
    isDuration(field) && 'seconds, or such as 30m or 2h',
    source === 'code' && 'a recovery code as @FILE, or - for stdin',
    source === 'file' && '@FILE reads a file, - reads stdin',
    source === 'secret' && '@FILE reads a file, - reads stdin; never as plain text',
    many && 'may be repeated',
  ]
    .filter(Boolean)
    .join('; ')

const sourceOf = (field: string, { enum: choices, maxLength = 0 }: Property, kind: Flag['kind']): Flag['source'] => {
  if (field === 'code') return 'code'
  if (secretName.test(field) && choices === undefined) return 'secret'
  return kind === 'text' && maxLength > longText ? 'file' : 'argument'
}

/** The options of an operation: one a field of its input, in the same order. */
export const flagsOf = (input: z.ZodObject): Flag[] => {
  const schema = z.toJSONSchema(input, { io: 'input' })
  const required = new Set(schema.required ?? [])
  return Object.entries(schema.properties ?? {}).map(([field, given]) => {
    const property = given as Property
    const many = property.type === 'array'
    const item = many ? (property.items ?? {}) : property
    const kind = kindOf(item)
    const source = sourceOf(field, item, kind)
    return {
      field,
      name: kebab(field),
      kind,
      many,
      required: required.has(field),
      choices: (item.enum ?? []).map(String),
      initial: property.default,
      help: helpOf(field, property, item, source, many),
      source,
    }
  })
}

/** The value of one option as the operation takes it. Throws {@link UsageError}; the sentence never repeats a secret. */
export const readFlag = (flag: Flag, raw: string): unknown => {
  if (flag.choices.length > 0 && !flag.choices.includes(raw)) {
    throw new UsageError(`--${flag.name} is one of ${flag.choices.join(', ')}`)
  }
  if (flag.kind === 'text') return raw
  if (flag.kind === 'number') {
    const duration = isDuration(flag.field) ? parseDuration(raw) : null
    const value = duration ?? Number(raw)
    if (raw.trim() === '' || !Number.isFinite(value)) throw new UsageError(`--${flag.name} takes a number, not "${raw}"`)
    return value
  }
  try {
    return JSON.parse(raw)
  } catch {
    throw new UsageError(`--${flag.name} takes JSON`)
  }
}

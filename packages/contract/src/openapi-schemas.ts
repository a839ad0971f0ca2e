import { z } from 'zod'

/** A JSON Schema (draft 2020-12), as OpenAPI 3.1 uses it. */
export type JsonSchema = Record<string, unknown>

/** The schemas to write, by name. Whatever is named and met inside another becomes a `$ref` to it. */
export type NamedSchemas = Record<string, z.ZodType>

const componentUri = (name: string): string => `#/components/schemas/${name}`

/** The formats of which zod also writes the regular expression: hundreds of characters that say nothing more. */
const formatted = new Set(['date-time', 'date', 'uuid', 'email', 'uri'])

/**
 * JSON Schemas of zod schemas. `components` are the shared ones, `inline` those of one place; both come back by name. `input` describes what
 * may be sent (fields with a default are optional), `output` what is answered: new fields may appear there, so it is left open.
 */
export const jsonSchemas = (
  components: NamedSchemas,
  inline: NamedSchemas,
  io: 'input' | 'output',
): Record<string, JsonSchema> => {
  const registry = z.registry<{ id: string }>()
  const names = new Map<z.ZodType, string>()
  const place = (name: string, schema: z.ZodType) => {
    if (names.has(schema)) return
    names.set(schema, name)
    registry.add(schema, { id: name })
  }
  for (const [name, schema] of Object.entries(components)) place(name, schema)
  for (const [name, schema] of Object.entries(inline)) place(name, schema)
  const { schemas } = z.toJSONSchema(registry, {
    io,
    uri: componentUri,
    override: ({ jsonSchema }) => {
      if (typeof jsonSchema.format === 'string' && formatted.has(jsonSchema.format)) delete jsonSchema.pattern
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
    },
  })
  const written = (name: string, schema: z.ZodType): JsonSchema => {
    const placed = names.get(schema)
    if (placed !== name && placed !== undefined) return { $ref: componentUri(placed) }
    const { $id: _id, $schema: _dialect, '~standard': _standard, ...rest } = schemas[name] as JsonSchema
    return rest
  }
  return Object.fromEntries(
    [...Object.entries(components), ...Object.entries(inline)].map(([name, schema]) => [name, written(name, schema)]),
  )
}

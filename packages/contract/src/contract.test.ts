import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { allOperations, operationNamed } from './operations.ts'
import { methodOf, pathFields, type Operation } from './operation.ts'
import { commonProblems } from './problem.ts'
import { operatorPermissions, permissions } from './roles.ts'

const table = allOperations.map((operation): [string, Operation] => [operation.name, operation])
const commands = allOperations.filter((operation) => operation.kind === 'command')
const answering = allOperations.filter((operation) => operation.kind === 'command' || operation.kind === 'query')

type Json = Record<string, unknown>

/** Every JSON Schema inside one, with the way to it. */
const walk = (schema: Json, path: string, visit: (schema: Json, path: string) => void): void => {
  visit(schema, path)
  for (const [name, field] of Object.entries((schema.properties ?? {}) as Record<string, Json>))
    walk(field, `${path}.${name}`, visit)
  if (schema.items) walk(schema.items as Json, `${path}[]`, visit)
  for (const option of (schema.anyOf ?? []) as Json[]) walk(option, path, visit)
}

/** Lists without a largest length, and objects with free keys. */
const unbounded = (schema: z.ZodType, path: string, io: 'input' | 'output' = 'output'): string[] => {
  const found: string[] = []
  walk(z.toJSONSchema(schema, { io }), path, (inner, at) => {
    if ((inner.type === 'array' && inner.maxItems === undefined) || typeof inner.additionalProperties === 'object') found.push(at)
  })
  return found
}

describe('every operation', () => {
  it('is there', () => {
    expect(allOperations.length).toBeGreaterThan(60)
  })

  it('has a name of its own, which finds it', () => {
    expect(new Set(allOperations.map(({ name }) => name)).size).toBe(allOperations.length)
    for (const operation of allOperations) expect(operationNamed(operation.name)).toBe(operation)
  })

  it.each(table)('%s is called noun.verb', (name) => {
    expect(name).toMatch(/^[a-z][A-Za-z]*\.[a-z][A-Za-z]*$/)
  })

  it('has an address of its own: no other has the same method and path, whatever the parameters are called', () => {
    const addresses = allOperations.map((operation) => `${methodOf(operation)} ${operation.path.replace(/:[A-Za-z]+/g, ':')}`)
    expect(addresses.filter((address, index) => addresses.indexOf(address) !== index)).toEqual([])
  })

  it.each(table)('%s takes each path parameter from a required scalar of its input', (_, operation) => {
    for (const field of pathFields(operation.path)) {
      const schema = operation.input.shape[field] as z.ZodType | undefined
      expect(schema, field).toBeDefined()
      expect(schema?.safeParse(undefined).success, `${field} may not be left out`).toBe(false)
    }
  })

  it.each(table)('%s has a path of lower-case words', (_, { path }) => {
    expect(path).toMatch(/^(\/([a-z]+(-[a-z]+)*|:[A-Za-z]+))+$/)
  })

  it.each(table)('%s names a permission that exists', (_, { permission }) => {
    expect(
      ['public', 'self', 'agent'].includes(permission) || permission in permissions || permission in operatorPermissions,
    ).toBe(true)
  })

  it.each(table)('%s says in one line what it does', (_, { summary }) => {
    expect(summary).toMatch(/^\p{Lu}[^\n]{5,149}[^.\n]$/u)
  })

  it.each(table)('%s declares codes in snake_case that shadow no common one', (_, { errors }) => {
    for (const code of Object.keys(errors)) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
      expect(Object.hasOwn(commonProblems, code), `${code} is common`).toBe(false)
    }
  })

  it.each(table)('%s takes only bounded lists', (_, { input }) => {
    expect(unbounded(input, 'input', 'input')).toEqual([])
  })
})

describe('queries', () => {
  const gets = allOperations.filter((operation) => methodOf(operation) === 'GET')
  const secret = /token|password|secret|code|key|hash/i

  it.each(gets.map(({ name, input }) => [name, input] as const))('%s puts no secret into a URL', (_, input) => {
    expect(Object.keys(input.shape).filter((field) => secret.test(field))).toEqual([])
  })

  it.each(gets.map(({ name, input }) => [name, input] as const))('%s takes only what a query string can carry', (_, input) => {
    walk(z.toJSONSchema(input, { io: 'input' }), '', (schema, path) => {
      if (path !== '') expect(['object', 'array'], path).not.toContain(schema.type)
    })
  })
})

describe('answers', () => {
  it.each(answering.map((operation) => [operation.name, operation.output] as const))('%s has only bounded lists', (_, output) => {
    expect(unbounded(output, 'output')).toEqual([])
  })

  it('the check for bounds finds a list without one', () => {
    expect(unbounded(z.object({ a: z.object({ b: z.array(z.string()).nullable() }) }), 'output')).toEqual(['output.a.b'])
    expect(unbounded(z.object({ a: z.array(z.string()).min(1) }), 'output')).toEqual(['output.a'])
    expect(unbounded(z.object({ a: z.record(z.string(), z.string()) }), 'output')).toEqual(['output.a'])
    expect(unbounded(z.object({ a: z.array(z.array(z.string())).max(2).default([]) }), 'output')).toEqual(['output.a[]'])
  })
})

describe('audit actions', () => {
  // Set-up creates the first organisation; the operator creates the others.
  const shared = ['organisation.created']
  const irregular = ['left', 'reset', 'withdrawn']

  it('are one a command', () => {
    const actions = commands.map(({ audit }) => audit.action).filter((action) => !shared.includes(action))
    expect(actions.filter((action, index) => actions.indexOf(action) !== index)).toEqual([])
  })

  it.each(commands.map(({ name, audit }) => [name, audit.action] as const))(
    '%s: %s is a noun and what happened to it',
    (_, action) => {
      expect(action).toMatch(/^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$/)
      const words = action.split('.')[1]?.split('_') ?? []
      expect(
        words.some((word) => word.endsWith('ed') || irregular.includes(word)),
        'past tense',
      ).toBe(true)
    },
  )
})

describe('permissions', () => {
  // Asked for inside an operation: who may see and revoke the keys of others.
  const inside = ['key:manage']

  it('are each used by an operation', () => {
    const used = new Set<string>([...allOperations.map(({ permission }) => permission), ...inside])
    expect(
      [...Object.keys(permissions), ...Object.keys(operatorPermissions)].filter((permission) => !used.has(permission)),
    ).toEqual([])
  })

  it('always include the Owner', () => {
    for (const holders of [...Object.values(permissions), ...Object.values(operatorPermissions)])
      expect(holders).toContain('owner')
  })
})

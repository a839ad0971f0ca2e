import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { auditEvents, targetOf } from './catalogue.ts'
import { furtherActions } from './further-actions.ts'
import { permissionMatrix } from './matrix.ts'
import { commonCodesOf, openApiDocument } from './openapi.ts'
import { jsonSchemas } from './openapi-schemas.ts'
import { methodOf } from './operation.ts'
import { allOperations, operations } from './operations.ts'
import { roles, rolesWith } from './roles.ts'

interface OpenApiOperation {
  operationId: string
  parameters?: { name: string; in: string; required: boolean; schema: object }[]
  requestBody?: { content: { 'application/json': { schema: { properties: object; required?: string[] } } } }
  responses: Record<
    string,
    { $ref?: string; description: string; content: Record<string, { schema: object; examples?: object }> }
  >
  security: object[]
  tags: string[]
  'x-permission': string
}
interface OpenApi {
  paths: Record<string, Record<string, OpenApiOperation>>
  components: Record<string, Record<string, object>>
}
const document = openApiDocument() as unknown as OpenApi
const described = Object.values(document.paths).flatMap((item) => Object.values(item))
const find = (name: string) => described.find(({ operationId }) => operationId === name)

describe('openapi.json', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    expect(await validator.validate(structuredClone(document) as never)).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  it('the validator would say so if it were not', async () => {
    const broken = { ...structuredClone(document), paths: { '/x': { get: { responses: { '200': {} } } } } }
    expect((await new Validator().validate(broken as never)).valid).toBe(false)
  })

  it('points only at components that exist', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/([a-z A-Z]+)\/([^"]+)"/g)]
    expect(references.length).toBeGreaterThan(500)
    for (const [, section = '', name = ''] of references)
      expect(document.components[section]?.[name], `${section}/${name}`).toBeDefined()
    expect(JSON.stringify(document).match(/"\$ref":"(?!#\/components\/)/)).toBeNull()
  })

  it('holds every operation once, by its name, with its permission and noun', () => {
    expect(described.map(({ operationId }) => operationId).toSorted()).toEqual(allOperations.map(({ name }) => name).toSorted())
    for (const operation of allOperations) {
      expect(find(operation.name)?.['x-permission']).toBe(operation.permission)
      expect(find(operation.name)?.tags).toEqual([operation.name.split('.')[0]])
    }
  })

  it('lists each code that an operation may answer with under its status', () => {
    for (const operation of allOperations) {
      const responses = find(operation.name)?.responses ?? {}
      for (const [code, status] of Object.entries(operation.errors)) {
        expect(responses[status]?.content['application/problem+json']?.examples, operation.name).toHaveProperty(code)
      }
      for (const code of commonCodesOf(operation)) expect(JSON.stringify(responses), operation.name).toContain(code)
    }
  })

  it('sends a secret in a body, never in a query', () => {
    const preview = document.paths['/api/v1/invitations/preview']?.post
    expect(preview?.parameters).toBeUndefined()
    expect(preview?.requestBody?.content['application/json'].schema).toMatchObject({ required: ['token'] })
  })

  it('keeps path fields out of the body and asks for them', () => {
    const approve = find('policy.approve')
    expect(approve?.parameters?.[0]).toMatchObject({
      name: 'id',
      in: 'path',
      required: true,
      schema: { $ref: '#/components/schemas/PolicyVersionId' },
    })
    expect(Object.keys(approve?.requestBody?.content['application/json'].schema.properties ?? {})).toEqual(['comment', 'sha256'])
  })

  it('does not ask for what has a default', () => {
    const limit = find('policy.list')?.parameters?.find(({ name }) => name === 'limit')
    expect(limit).toEqual({
      name: 'limit',
      in: 'query',
      required: false,
      schema: { default: 50, type: 'integer', minimum: 1, maximum: 100 },
    })
  })

  it('gives a download its own content type', () => {
    expect(Object.keys(find('ledger.export')?.responses['200']?.content ?? {})).toEqual(['application/jsonl'])
  })

  it('asks nobody for credentials on public operations, and offers no key where only a person will do', () => {
    expect(find('setup.state')?.security).toEqual([])
    expect(find('policy.list')?.security).toEqual([{ session: [] }, { apiKey: [] }])
    expect(find('apiKey.create')?.security).toEqual([{ session: [] }])
  })

  it('lets answers grow: no output forbids further fields', () => {
    expect(JSON.stringify(document)).not.toContain('"additionalProperties":false')
  })
})

describe('jsonSchemas', () => {
  it('writes a shared schema once and points at it, itself included', () => {
    const Id = z.string().regex(/^x$/)
    const Row = z.object({ id: Id, at: z.iso.datetime().describe('when') })
    expect(jsonSchemas({ Id, Row }, { list: z.object({ rows: z.array(Row).max(2) }), one: Row }, 'output')).toEqual({
      Id: { type: 'string', pattern: '^x$' },
      Row: {
        type: 'object',
        properties: { id: { $ref: '#/components/schemas/Id' }, at: { type: 'string', format: 'date-time', description: 'when' } },
        required: ['id', 'at'],
      },
      list: {
        type: 'object',
        properties: { rows: { type: 'array', maxItems: 2, items: { $ref: '#/components/schemas/Row' } } },
        required: ['rows'],
      },
      one: { $ref: '#/components/schemas/Row' },
    })
  })
})

describe('permissions.txt', () => {
  const lines = permissionMatrix().split('\n')

  it.each(allOperations.map((operation) => [operation.name, operation] as const))('says who may %s', (name, operation) => {
    const cells = lines.find((line) => line.startsWith(`${name} `))?.split(/\s+/) ?? []
    expect(cells[1]).toBe(operation.permission)
    const everybody = operation.permission === 'public' || operation.permission === 'self'
    expect(cells.slice(2, 7)).toEqual(
      roles.map((role) => (everybody || rolesWith(operation.permission).includes(role) ? 'x' : '.')),
    )
  })

  it('changes in one line when one right changes', () => {
    const changed = allOperations.map((operation) =>
      operation.name === 'policy.publish' ? { ...operation, permission: 'policy:approve' as const } : operation,
    )
    const after = permissionMatrix(changed).split('\n')
    expect(after.filter((line, index) => line !== lines[index])).toEqual([
      expect.stringMatching(/^policy\.publish +policy:approve +x {6}x {6}x {9}\. {7}\.$/),
    ])
  })
})

describe('a command that needs a plan', () => {
  const needing = allOperations.map((operation) =>
    operation.name === 'policy.publish' ? ({ ...operation, entitlement: 'sso' } as typeof operation) : operation,
  )

  it('says so in openapi.json, with its refusal, and in permissions.txt', () => {
    const paths = Object.values((openApiDocument(needing) as unknown as OpenApi).paths)
    const publish = paths.flatMap((item) => Object.values(item)).find(({ operationId }) => operationId === 'policy.publish')
    expect(publish).toMatchObject({ 'x-entitlement': 'sso', description: expect.stringContaining('Growth or Enterprise') })
    expect(commonCodesOf(needing.find(({ name }) => name === 'policy.publish')!)).toContain('plan_required')
    expect(permissionMatrix(needing)).toMatch(/^policy\.publish .*plan with sso$/m)
  })
})

describe('audit-events.md', () => {
  it('has a row for every command, and beneath them one for every further entry', () => {
    const [commands = '', further = ''] = auditEvents().split('## Further entries')
    const rows = commands.split('\n').filter((line) => line.startsWith('| `'))
    expect(rows).toHaveLength(allOperations.filter(({ kind }) => kind === 'command').length)
    expect(further.match(/^\| `[a-z_]+\.[a-z_]+` \|/gm)).toHaveLength(Object.keys(furtherActions).length)
    expect(rows).toContain('| `policy.approved` | `policy.approve` | owner, admin, reviewer | `id` of the input |')
    expect(rows).toContain(
      '| `operator.secret_rotated` | `operator.rotate` | owner, admin of the operator | `secret` of the input |',
    )
  })

  it('finds out which field an entry names', () => {
    expect(targetOf(operations.policy.create)).toBe('`policyId` of the output')
    expect(targetOf(operations.ledger.checkpoint)).toBe('always `ledger`')
  })

  it('every command that acts on one record names it from the input', () => {
    for (const operation of allOperations) {
      if (operation.kind !== 'command' || methodOf(operation) !== 'POST' || !operation.path.includes('/:id/')) continue
      expect(targetOf(operation), operation.name).toMatch(/`(id|policyId)` of the (input|output)/)
    }
  })
})

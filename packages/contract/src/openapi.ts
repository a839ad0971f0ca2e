import { z } from 'zod'
import * as contract from './index.ts'
import { jsonSchemas, type JsonSchema, type NamedSchemas } from './openapi-schemas.ts'
import { apiBase, methodOf, pathFields, type Download, type Operation } from './operation.ts'
import { allOperations } from './operations.ts'
import { plansWith } from './plans.ts'
import { commonProblems, commonTitles, Problem, type CommonCode } from './problem.ts'
import { rolesWith } from './roles.ts'

/** Every exported schema is a component under its own name; whatever is not exported is written in place. */
const components: NamedSchemas = Object.fromEntries(
  Object.entries<unknown>(contract).flatMap(([name, value]) => (value instanceof z.ZodType ? [[name, value]] : [])),
)

const always: CommonCode[] = [
  'malformed_request',
  'request_timeout',
  'headers_too_large',
  'rate_limited',
  'internal',
  'overloaded',
  'dependency_unavailable',
]

/** The common problems that an operation can answer with, by what it declares. */
export const commonCodesOf = (operation: Operation): CommonCode[] => {
  const codes = [...always]
  if (Object.keys(operation.input.shape).length > 0) codes.push('invalid_input')
  if (methodOf(operation) === 'POST')
    codes.push('malformed_json', 'body_too_large', 'unsupported_media_type', 'cross_site_request')
  if (operation.kind === 'command') codes.push('idempotency_conflict', 'idempotency_mismatch', 'write_conflict')
  if (operation.permission !== 'public') {
    codes.push('unauthenticated')
    if (operation.permission !== 'self') codes.push('forbidden')
    if (!operation.restricted && operation.permission !== 'agent') codes.push('mfa_required')
  }
  if (operation.stepUp) codes.push('step_up_required')
  if (operation.sessionOnly) codes.push('session_required')
  if (operation.kind === 'command' && operation.entitlement) codes.push('plan_required')
  return codes
}

const problemExample = (
  code: string,
  status: number,
  title = code.charAt(0).toUpperCase() + code.slice(1).replaceAll('_', ' '),
) => ({
  value: { type: `/problems#${code}`, title, status, code, instance: 'rq_01j9zq4w7e8r9t0v1x2y3z4a5b' },
})

/** The refusals of an operation by status, with the codes that each may carry as examples. */
const refusals = (operation: Operation, shared: Map<string, JsonSchema>): Record<string, JsonSchema> => {
  const own = Object.entries(operation.errors)
  const common = commonCodesOf(operation)
  const statuses = new Set([...own.map(([, status]) => status), ...common.map((code) => commonProblems[code])])
  const answers = [...statuses]
    .toSorted((a, b) => a - b)
    .map((status): [string, JsonSchema] => {
      const declared = own
        .filter(([, its]) => its === status)
        .map(([code]): [string, JsonSchema] => [code, problemExample(code, status)])
      const usual = common.filter((code) => commonProblems[code] === status)
      const pointers = usual.map((code): [string, JsonSchema] => [code, { $ref: `#/components/examples/${code}` }])
      const response = refusal(status, Object.fromEntries([...declared, ...pointers]))
      if (declared.length > 0) return [String(status), response]
      const name = [status, ...usual].join('.')
      shared.set(name, response)
      return [String(status), { $ref: `#/components/responses/${name}` }]
    })
  return Object.fromEntries(answers)
}

const refusal = (status: number, examples: Record<string, JsonSchema>): JsonSchema => ({
  description: Object.keys(examples).join(', '),
  ...((status === 429 || status === 503) && { headers: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } }),
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, examples } },
})

const success = (operation: Operation, output: JsonSchema | undefined): JsonSchema => {
  if (operation.kind === 'download') {
    return { description: 'The stream', content: { [operation.contentType]: { schema: { type: 'string' } } } }
  }
  if (operation.kind === 'events') {
    const description = `Server-sent events \`${operation.event}\`; a comment line comes when nothing else does`
    return { description, content: { 'text/event-stream': { schema: output ?? {} } } }
  }
  return {
    description: operation.kind === 'command' ? 'Done and recorded' : 'The answer',
    ...(operation.kind === 'command' && { headers: { 'Holdfast-Ledger-Seq': { $ref: '#/components/headers/LedgerSeq' } } }),
    content: { 'application/json': { schema: output ?? {} } },
  }
}

/** Splits the input into path and query parameters and what is left for the body. */
const placed = (operation: Operation, input: JsonSchema) => {
  const inPath = new Set(pathFields(operation.path))
  const properties = Object.entries((input.properties ?? {}) as Record<string, JsonSchema>)
  const required = new Set((input.required ?? []) as string[])
  const isGet = methodOf(operation) === 'GET'
  const parameters = properties
    .filter(([name]) => isGet || inPath.has(name))
    .map(([name, schema]) => ({
      name,
      in: inPath.has(name) ? 'path' : 'query',
      required: inPath.has(name) || required.has(name),
      schema,
    }))
  const rest = properties.filter(([name]) => !inPath.has(name))
  const needed = rest.map(([name]) => name).filter((name) => required.has(name))
  const body = { type: 'object', properties: Object.fromEntries(rest), ...(needed.length > 0 && { required: needed }) }
  return { parameters, body: isGet ? undefined : body }
}

const describeRight = (operation: Operation): string => {
  if (operation.permission === 'public') return 'Anybody may call this.'
  if (operation.permission === 'agent') return 'Only the agent of a managed host, for that host.'
  const who =
    operation.permission === 'self'
      ? 'Any signed-in person, over their own account only.'
      : `Needs \`${operation.permission}\`: ${rolesWith(operation.permission).join(', ')}.`
  return [
    who,
    operation.sessionOnly && 'An API key is refused.',
    operation.stepUp && 'A session must have confirmed its second factor within five minutes.',
    operation.kind === 'command' &&
      operation.entitlement &&
      `The organisation’s plan must be ${plansWith(operation.entitlement)}.`,
    operation.restricted && 'A session that has not yet satisfied its second factor may call it.',
  ]
    .filter(Boolean)
    .join(' ')
}

const security = ({ permission, sessionOnly }: Operation): JsonSchema[] => {
  if (permission === 'public') return []
  if (permission === 'agent') return [{ agentKey: [] }]
  return sessionOnly ? [{ session: [] }] : [{ session: [] }, { apiKey: [] }]
}

const operationObject = (
  operation: Operation,
  input: JsonSchema,
  output: JsonSchema | undefined,
  responses: Map<string, JsonSchema>,
): JsonSchema => {
  const { parameters, body } = placed(operation, input)
  const idempotency = operation.kind === 'command' ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []
  const all = [...parameters, ...idempotency]
  return {
    operationId: operation.name,
    tags: [operation.name.split('.')[0]],
    summary: operation.summary,
    description: describeRight(operation),
    'x-permission': operation.permission,
    ...(operation.kind === 'command' && operation.entitlement && { 'x-entitlement': operation.entitlement }),
    ...(operation.kind === 'command' && { 'x-audit-action': operation.audit.action }),
    ...(all.length > 0 && { parameters: all }),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    security: security(operation),
    responses: { '200': success(operation, output), ...refusals(operation, responses) },
  }
}

const fixedComponents = {
  parameters: {
    IdempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header',
      description:
        'A key of your choice, such as a UUID. The same request with the same key is carried out once, and its answer repeated.',
      schema: { type: 'string', minLength: 1, maxLength: 100, pattern: '^[!-~]+$' },
    },
  },
  headers: {
    LedgerSeq: { description: 'The number of the ledger entry that records the change', schema: { type: 'integer', minimum: 0 } },
    RetryAfter: { description: 'Seconds to wait', schema: { type: 'integer', minimum: 1 } },
  },
  securitySchemes: {
    session: { type: 'apiKey', in: 'cookie', name: '__Host-at', description: 'The access token that sign-in sets; 15 minutes' },
    apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'hf_<id>.<secret>', description: 'An API key of a member' },
    agentKey: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'hf_<id>.<secret>',
      description: 'What a host got at its enrolment',
    },
  },
}

const answerOf = (operation: Exclude<Operation, Download>): z.ZodType =>
  operation.kind === 'events' ? operation.data : operation.output

/** The OpenAPI 3.1 description of a list of operations; all of them unless said. */
export const openApiDocument = (operations: readonly Operation[] = allOperations): JsonSchema => {
  const inputs = jsonSchemas(
    components,
    Object.fromEntries(operations.map(({ name, input }) => [`${name} input`, input])),
    'input',
  )
  const answers = operations.flatMap((operation) =>
    operation.kind === 'download' ? [] : [[`${operation.name} output`, answerOf(operation)] as const],
  )
  const outputs = jsonSchemas({ ...components, Problem }, Object.fromEntries(answers), 'output')
  const paths: Record<string, Record<string, JsonSchema>> = {}
  const responses = new Map<string, JsonSchema>()
  for (const operation of operations) {
    const path = apiBase + operation.path.replace(/:([A-Za-z]+)/g, '{$1}')
    const item = (paths[path] ??= {})
    item[methodOf(operation).toLowerCase()] = operationObject(
      operation,
      inputs[`${operation.name} input`] ?? {},
      outputs[`${operation.name} output`],
      responses,
    )
  }
  const examples = Object.entries(commonProblems).map(([code, status]) => [
    code,
    problemExample(code, status, commonTitles[code as CommonCode]),
  ])
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version: '1',
      summary: 'The promises of a security page, made into a running system.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(operations.map(({ name }) => name.split('.')[0]))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.keys({ ...components, Problem }).map((name) => [name, outputs[name] ?? {}])),
      examples: Object.fromEntries(examples),
      responses: Object.fromEntries([...responses].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      ...fixedComponents,
    },
  }
}

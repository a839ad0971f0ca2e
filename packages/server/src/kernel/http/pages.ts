import { allOperations, commonProblems, commonTitles } from '@holdfast/contract'
import { openApiDocument } from '@holdfast/contract/openapi'
import type { FastifyInstance } from 'fastify'

export interface HealthPart {
  name: string
  ok: boolean
}

export interface PageOptions {
  version: string
  /** Asked for /healthz: can this node serve? */
  health: () => Promise<HealthPart[]>
}

const codes = (): [string, number, string][] => {
  const own = allOperations.flatMap(({ errors, name }) =>
    Object.entries(errors).map(([code, status]) => [code, status, name] as const),
  )
  const byCode = Map.groupBy(own, ([code]) => code)
  return [
    ...Object.entries(commonProblems).map(([code, status]): [string, number, string] => [
      code,
      status,
      commonTitles[code as keyof typeof commonTitles],
    ]),
    ...[...byCode].map(([code, uses]): [string, number, string] => [
      code,
      uses[0]?.[1] ?? 400,
      `Refused by ${uses.map(([, , name]) => name).join(', ')}.`,
    ]),
  ]
}

/** What a problem's `type` points to: every code, its status and what to do. */
const problemsPage =
  (): string => `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Problems · Holdfast</title><style>
body{font:15px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
dt{font-family:ui-monospace,monospace;margin-top:1rem}dd{margin:0}:target{outline:2px solid;outline-offset:4px}
</style><h1>Problems</h1><p>Every refusal carries one of these codes (RFC 9457).</p><dl>
${codes()
  .map(([code, status, text]) => `<dt id="${code}">${status} ${code}</dt><dd>${text}</dd>`)
  .join('\n')}
</dl></html>`

/** Asks at most once a second, however many ask us: anybody may, and each time the database and the key server are asked. */
export const atMostEachSecond = <T>(ask: () => Promise<T>, now: () => number = Date.now): (() => Promise<T>) => {
  let last: Promise<T> | null = null
  let askedAt = 0
  return () => {
    if (last && now() - askedAt < 1_000) return last
    askedAt = now()
    return (last = ask())
  }
}

/** Health, the description of the interface, and the explanation of problems. */
export const registerPages = (app: FastifyInstance, { version, health }: PageOptions): void => {
  const description = JSON.stringify(openApiDocument())
  const problems = problemsPage()
  const state = atMostEachSecond(health)
  app.get('/healthz', async (_, reply) => {
    const parts = await state()
    const ok = parts.every((part) => part.ok)
    return reply
      .code(ok ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: ok ? 'ok' : 'unavailable', version, parts: Object.fromEntries(parts.map((part) => [part.name, part.ok])) })
  })
  app.get('/openapi.json', async (_, reply) => reply.type('application/json').send(description))
  app.get('/problems', async (_, reply) => reply.type('text/html; charset=utf-8').send(problems))
}

import type { FastifyInstance } from 'fastify'

const patternOf = (url: string): RegExp =>
  new RegExp(
    `^${url
      .split('/')
      .map((part) => (part.startsWith(':') ? '[^/]+' : RegExp.escape(part)))
      .join('/')}$`,
  )

/**
 * Notes every route that is registered from now on. The result names the methods that a path takes, for `Allow` (RFC 9110 §10.2.1); none
 * for a path that does not exist.
 */
export const watchMethods = (app: FastifyInstance): ((path: string) => string[]) => {
  const byUrl = new Map<string, { pattern: RegExp; methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    const route = byUrl.get(url) ?? { pattern: patternOf(url), methods: new Set() }
    for (const name of [method].flat()) route.methods.add(name)
    byUrl.set(url, route)
  })
  return (path) => {
    const methods = [...byUrl.values()].filter(({ pattern }) => pattern.test(path)).flatMap((route) => [...route.methods])
    return [...new Set(methods)].toSorted()
  }
}

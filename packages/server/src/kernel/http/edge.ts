import type { FastifyInstance } from 'fastify'
import type { RouteOptions } from './routes.ts'

/** What routes beside those of the operations may use: the same path, the same authentication, the same limits. */
export type EdgeOptions = Pick<RouteOptions, 'path' | 'limits' | 'authenticate' | 'publicUrl'>

/** Adds routes in a scope of their own, behind the admission and the headers of all others. */
export type Edge = (app: FastifyInstance, options: EdgeOptions) => void

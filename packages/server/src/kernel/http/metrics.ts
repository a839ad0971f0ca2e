import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { holds } from '../permit.ts'
import type { Principal } from '../principal.ts'
import { common } from '../problem.ts'
import { sendProblem } from './errors.ts'
import type { Connections } from './connections.ts'
import type { LoadShedding } from './load-shedding.ts'

export interface Observed {
  /** The pattern, never the address itself. */
  route: string
  method: string
  status: number
  ms: number
}

export interface MetricsState {
  served: number
  shed: number
  limited: number
  /** Over the last 2,000 requests; null before the first. */
  p99Ms: number | null
  eventLoopDelayMs: number
}

/** What the HTTP edge measures of itself. */
export type Load = ReturnType<LoadShedding['state']> & { connections: ReturnType<Connections['state']> }

/** Counts of this process, for Prometheus and for the operator's page. No personal data, no organisation. */
export interface Metrics {
  observe: (observed: Observed) => void
  /** Where load is measured; the HTTP edge tells. */
  watch: (load: () => Load) => void
  state: () => MetricsState
  /** The text format of Prometheus. */
  text: () => Promise<string>
}

const remembered = 2_000

export const createMetrics = (): Metrics => {
  const registry = new Registry()
  const registers = [registry]
  let load = (): Load => ({ inFlight: 0, shed: 0, loopDelayMs: 0, connections: { open: 0, refused: 0 } })
  const seconds = new Histogram({
    name: 'holdfast_http_request_seconds',
    help: 'Time from the first byte of a request to the last of its answer',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  })
  const limitedTotal = new Counter({ name: 'holdfast_http_limited_total', help: 'Requests refused by a rate limit', registers })
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value())
      },
    })
  gauge('holdfast_http_shed', 'Requests refused because the process was busy, since its start', () => load().shed)
  gauge('holdfast_connections_open', 'Open connections', () => load().connections.open)
  gauge(
    'holdfast_connections_refused',
    'Connections closed at once because of a limit, since the start',
    () => load().connections.refused,
  )
  gauge('holdfast_http_in_flight', 'Requests in work', () => load().inFlight)
  gauge('holdfast_event_loop_delay_seconds', 'Mean delay of the event loop', () => load().loopDelayMs / 1000)
  gauge('holdfast_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss())

  const last = new Float64Array(remembered)
  let served = 0
  let limited = 0
  return {
    observe: ({ route, method, status, ms }) => {
      last[served++ % remembered] = ms
      seconds.observe({ route, method, status: `${Math.floor(status / 100)}xx` }, ms / 1000)
      if (status !== 429) return
      limited++
      limitedTotal.inc()
    },
    watch: (state) => {
      load = state
    },
    state: () => {
      const known = last.slice(0, Math.min(served, remembered)).toSorted()
      const p99Ms = known.length === 0 ? null : Math.round((known[Math.ceil(known.length * 0.99) - 1] ?? 0) * 10) / 10
      return { served, shed: load().shed, limited, p99Ms, eventLoopDelayMs: Math.round(load().loopDelayMs * 10) / 10 }
    },
    text: () => registry.metrics(),
  }
}

/** Asked from this machine itself; a proxy on it speaks for others and says so. */
const fromHere = ({ socket, headers }: FastifyRequest): boolean => {
  const address = socket.remoteAddress ?? ''
  const here = address === '::1' || address.replace(/^::ffff:/, '').startsWith('127.')
  return here && headers['x-forwarded-for'] === undefined && headers.forwarded === undefined && headers.via === undefined
}

const mayRead = (principal: Principal | null): boolean => principal !== null && holds(principal, 'operator:read')

/** `/metrics`, for this machine and for keys of the operator; for everybody else there is nothing there. */
export const registerMetrics = (
  app: FastifyInstance,
  metrics: Metrics,
  authenticate: (request: FastifyRequest) => Promise<Principal | null>,
): void => {
  app.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request
    // How long somebody listened to events says nothing of how long they waited.
    if (reply.getHeader('content-type') === 'text/event-stream') return done()
    metrics.observe({ route: routeOptions.url ?? 'none', method, status: reply.statusCode, ms: reply.elapsedTime })
    done()
  })
  app.get('/metrics', async (request, reply) => {
    const allowed = fromHere(request) || (request.headers.authorization !== undefined && mayRead(await authenticate(request)))
    if (!allowed) return sendProblem(reply, common('route_not_found'), request.requestId)
    return reply
      .header('cache-control', 'no-store')
      .type('text/plain; version=0.0.4; charset=utf-8')
      .send(await metrics.text())
  })
}

import type { KeyServerClient } from '@holdfast/keyserver/client'
import type { FastifyRequest } from 'fastify'
import type pg from 'pg'
import { capabilities } from './capabilities/index.ts'
import { createAccessLog } from './kernel/access-log.ts'
import type { Capability } from './kernel/capability.ts'
import type { Clock } from './kernel/clock.ts'
import { gateOver } from './kernel/gate.ts'
import { createAuthenticate } from './kernel/http/authenticate.ts'
import type { HealthPart } from './kernel/http/pages.ts'
import { createPasswords } from './kernel/identity/passwords.ts'
import { createTokens } from './kernel/identity/tokens.ts'
import { sharedBarrier } from './kernel/ledger/barrier.ts'
import { turnsPerKey } from './kernel/ledger/turns.ts'
import type { Principal } from './kernel/principal.ts'
import type { Path } from './kernel/run.ts'
import type { Services } from './kernel/services.ts'
import type { Ground } from './kernel/unit.ts'
import { createKeyCache } from './kernel/vault.ts'

export interface Outside {
  /** As `holdfast_app`, pipelined. */
  pool: pg.Pool
  keyServer: KeyServerClient
  clock: Clock
  publicUrl: string
  tenantTables: ReadonlySet<string>
  /** Flushes the write-ahead log. */
  flush: () => Promise<unknown>
  /** SHA-256 of the one-time set-up token; null when there is none. */
  setupTokenHash: () => Promise<Buffer | null>
  onError: (error: unknown) => void
}

export interface Composition {
  path: Path
  handlers: Capability['handlers']
  jobs: NonNullable<Capability['jobs']>
  schedules: NonNullable<Capability['schedules']>
  promises: NonNullable<Capability['promises']>
  authenticate: (request: FastifyRequest) => Promise<Principal | null>
  health: () => Promise<HealthPart[]>
  close: () => Promise<void>
}

/** Appends of one organisation in flight from one process; more would only wait inside the database (ADR 0003). */
const appendsInFlight = 4

const answers = async (question: Promise<unknown>): Promise<boolean> => {
  const timeout = new Promise<false>((resolve) => setTimeout(resolve, 2_000, false).unref())
  return Promise.race([question.then(() => true, () => false), timeout])
}

/** Puts the kernel together over the outside world; the process and the tests both start here. */
export const compose = ({ pool, keyServer, tenantTables, flush, onError, ...outside }: Outside): Composition => {
  const ground: Ground = {
    pool,
    keyServer,
    keyCache: createKeyCache(),
    tenantTables,
    barrier: sharedBarrier(flush),
    turns: turnsPerKey(appendsInFlight),
    onError,
  }
  const gate = gateOver(pool)
  const services: Services = { ...outside, ground, tokens: createTokens({ ground, gate }), passwords: createPasswords() }
  const accessLog = createAccessLog(ground)
  return {
    path: { services, gate, accessLog },
    handlers: capabilities.flatMap(({ handlers }) => handlers),
    jobs: capabilities.flatMap(({ jobs = [] }) => jobs),
    schedules: capabilities.flatMap(({ schedules = [] }) => schedules),
    promises: capabilities.flatMap(({ promises = [] }) => promises),
    authenticate: createAuthenticate({ tokens: services.tokens, gate, ground, clock: outside.clock }),
    health: async () => [
      { name: 'database', ok: await answers(pool.query('select 1')) },
      { name: 'keyServer', ok: await answers(keyServer.health()) },
    ],
    close: async () => {
      await accessLog.close()
      ground.keyCache.forget()
    },
  }
}

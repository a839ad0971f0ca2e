import type { KeyServerClient } from '@holdfast/keyserver/client'
import type pg from 'pg'
import { capabilities } from './capabilities/index.ts'
import { createAccessLog } from './kernel/access-log.ts'
import { createBackground } from './kernel/background.ts'
import { systemClock, type Clock } from './kernel/clock.ts'
import { gateOver } from './kernel/gate.ts'
import type { Handler } from './kernel/handle.ts'
import { createAuthenticator, type Authenticator } from './kernel/http/authenticate.ts'
import type { HealthPart } from './kernel/http/pages.ts'
import { createGuesses } from './kernel/identity/guesses.ts'
import { createPasswords } from './kernel/identity/passwords.ts'
import { createSecrets } from './kernel/identity/secrets.ts'
import { createSigningKeys } from './kernel/identity/signing-keys.ts'
import { createTokens } from './kernel/identity/tokens.ts'
import type { Job, Schedule } from './kernel/job.ts'
import { sharedBarrier } from './kernel/ledger/barrier.ts'
import { turnsPerKey } from './kernel/ledger/turns.ts'
import type { PromiseCheck } from './kernel/promise.ts'
import type { Path } from './kernel/run.ts'
import type { Ground } from './kernel/unit.ts'
import { createKeyCache } from './kernel/vault.ts'

export interface ComposeOptions {
  /** Connects as holdfast_app. */
  pool: pg.Pool
  keyServer: KeyServerClient
  /** The address people reach us at, without a trailing slash. */
  publicUrl: string
  /** Names of the tables that are scoped to one organisation. */
  tenantTables: ReadonlySet<string>
  /** Flushes the write-ahead log past everything committed so far. */
  flush: () => Promise<unknown>
  /** SHA-256 of the one-time set-up token; null when none was issued. */
  setupTokenHash: () => Promise<Buffer | null>
  onError: (error: unknown) => void
  clock?: Clock
  demo?: boolean
  checkpointDir?: string
  webhooksInside?: boolean
}

export interface Composition {
  path: Path
  handlers: readonly Handler[]
  jobs: readonly Job[]
  schedules: readonly Schedule[]
  promises: readonly PromiseCheck[]
  authenticate: Authenticator['authenticate']
  /** Whether what this node stands on answers. */
  health: () => Promise<HealthPart[]>
  /** Finishes what is under way and stores what is buffered. The pool and the key server stay the caller's. */
  close: () => Promise<void>
}

const works = (name: string, asked: Promise<unknown>): Promise<HealthPart> =>
  asked.then(
    () => ({ name, ok: true }),
    () => ({ name, ok: false }),
  )

/** Puts the parts together; the server and the tests use it alike. */
export const compose = (options: ComposeOptions): Composition => {
  const { pool, keyServer, tenantTables, flush, publicUrl, setupTokenHash, onError, clock = systemClock, demo = false, webhooksInside = false } = options
  const keyCache = createKeyCache()
  const ground: Ground = { pool, keyServer, keyCache, tenantTables, barrier: sharedBarrier(flush), turns: turnsPerKey(4), onError }
  const gate = gateOver(pool)
  const secrets = createSecrets(ground, gate)
  const accessLog = createAccessLog(ground)
  const background = createBackground(onError)
  const services = {
    ...{ clock, ground, secrets, accessLog, background, setupTokenHash, demo, publicUrl, webhooksInside },
    checkpointDir: options.checkpointDir ?? null,
    tokens: createTokens({ keys: createSigningKeys(ground, secrets), secrets, publicUrl }),
    passwords: createPasswords(),
    guesses: createGuesses(gate, secrets),
  }
  const { authenticate, close: closeAuthenticator } = createAuthenticator({ services, gate })
  return {
    path: { services, gate, accessLog },
    handlers: capabilities.flatMap(({ handlers }) => handlers),
    jobs: capabilities.flatMap(({ jobs = [] }) => jobs),
    schedules: capabilities.flatMap(({ schedules = [] }) => schedules),
    promises: capabilities.flatMap(({ promises = [] }) => promises),
    authenticate,
    health: () => Promise.all([works('database', pool.query('select 1')), works('key server', keyServer.health())]),
    close: async () => {
      await background.idle()
      await Promise.all([accessLog.close(), closeAuthenticator()])
    },
  }
}

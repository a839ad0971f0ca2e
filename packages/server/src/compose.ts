import { availableParallelism } from 'node:os'
import type { KeyServerClient } from '@holdfast/keyserver/client'
import type { FastifyInstance } from 'fastify'
import pg from 'pg'
import { capabilities } from './capabilities/index.ts'
import { trustOver } from './capabilities/trust/index.ts'
import { createAccessLog } from './kernel/access-log.ts'
import { createBackground } from './kernel/background.ts'
import { createChangeFeed } from './kernel/change-feed.ts'
import { clearanceFrom } from './kernel/clearance.ts'
import { systemClock, type Clock } from './kernel/clock.ts'
import { gateOver } from './kernel/gate.ts'
import type { Handler } from './kernel/handle.ts'
import { createAuthenticator, type Authenticator } from './kernel/http/authenticate.ts'
import type { DatabaseReach } from './kernel/database/connect.ts'
import type { Endpoint } from './kernel/http/edge.promises.ts'
import type { Edge } from './kernel/http/edge.ts'
import { createMetrics } from './kernel/http/metrics.ts'
import type { HealthPart } from './kernel/http/pages.ts'
import { createGuesses } from './kernel/identity/guesses.ts'
import { createPasswords } from './kernel/identity/passwords.ts'
import { createSecrets } from './kernel/identity/secrets.ts'
import { createSigningKeys } from './kernel/identity/signing-keys.ts'
import { createTokens } from './kernel/identity/tokens.ts'
import type { Installation } from './kernel/installation.ts'
import type { Job, Schedule } from './kernel/job.ts'
import { sharedBarrier } from './kernel/ledger/barrier.ts'
import { turnsPerKey } from './kernel/ledger/turns.ts'
import { softLimit } from './kernel/tenancy/admission.ts'
import { sharedReads } from './kernel/tenancy/shared-reads.ts'
import type { Mailer } from './kernel/mailer.ts'
import { kernelPromises } from './kernel/promises.ts'
import type { Path } from './kernel/run.ts'
import type { Ground } from './kernel/unit.ts'
import { createOidcProviders } from './kernel/sign-on/oidc.ts'
import { registerSamlPages } from './kernel/http/saml-pages.ts'
import { createSamlProviders } from './kernel/sign-on/saml.ts'
import type { SignOnPorts } from './kernel/sign-on/ports.ts'
import { createKeyCache } from './kernel/vault.ts'
import { createTxtResolver } from './platform/txt-resolver.ts'
import { version } from './platform/version.ts'

export interface ComposeOptions {
  /** Connects as holdfast_app. */
  pool: pg.Pool
  /**
   * A few more connections of the same role, for what is asked while a transaction is open (counting a guess, reading a key): if it waited
   * for the same pool, a full house would wait for itself.
   */
  aside: pg.Pool
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
  /** How identity providers are reached, and the DNS; unset: outside only, by the system's resolver. */
  signOn?: { allowInside: boolean; ca: readonly string[] | null; resolveTxt: SignOnPorts['resolveTxt'] }
  databases?: DatabaseReach
  endpoints?: readonly Endpoint[]
  /** Unset: mail is held in the operator's outbox. */
  mailer?: Mailer
  installation?: Installation
}

export interface Composition {
  path: Path
  handlers: readonly Handler[]
  jobs: readonly Job[]
  schedules: readonly Schedule[]
  /** Routes beside those of the operations. */
  edges: readonly Edge[]
  /** Adds the public trust pages to a server. */
  registerTrustPages: (app: FastifyInstance) => void
  /** Adds what SAML providers call; `index` is the console's page. */
  registerSamlPages: (app: FastifyInstance, index: string) => void
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

/** A connection of its own, as those of the pool are, for LISTEN. */
const listenerLike = async ({ options }: pg.Pool): Promise<pg.Client> => {
  // The pool hides its password from copies of its options.
  const client = new pg.Client({ ...options, password: options.password, pipeline: false } as pg.ClientConfig)
  await client.connect()
  return client
}

/** Puts the parts together; the server and the tests use it alike. */
export const compose = (options: ComposeOptions): Composition => {
  const {
    pool,
    aside,
    keyServer,
    tenantTables,
    flush,
    publicUrl,
    setupTokenHash,
    onError,
    clock = systemClock,
    demo = false,
    webhooksInside = false,
  } = options
  const keyCache = createKeyCache()
  const reach = options.signOn ?? { allowInside: false, ca: null, resolveTxt: createTxtResolver([]) }
  const ground: Ground = {
    pool,
    reads: sharedReads(pool),
    keyServer,
    keyCache,
    tenantTables,
    barrier: sharedBarrier(flush),
    turns: turnsPerKey(4),
    admit: softLimit(4 * availableParallelism(), 200),
    onError,
  }
  const groundAside: Ground = { ...ground, pool: aside, reads: sharedReads(aside), admit: softLimit(3, 200) }
  const gate = gateOver(ground.reads, aside)
  const secrets = createSecrets(groundAside, gate)
  const accessLog = createAccessLog(ground)
  const background = createBackground(onError)
  const changes = createChangeFeed(() => listenerLike(aside), onError)
  const services = {
    ...{ clock, ground, secrets, accessLog, background, changes, setupTokenHash, demo, publicUrl, webhooksInside },
    databases: options.databases ?? { inside: false, own: null },
    checkpointDir: options.checkpointDir ?? null,
    endpoints: options.endpoints ?? [],
    signOn: { oidc: createOidcProviders(reach), saml: createSamlProviders(reach), resolveTxt: reach.resolveTxt },
    mailer: options.mailer ?? null,
    installation: options.installation ?? null,
    metrics: createMetrics(),
    obligationHooks: capabilities.flatMap(({ obligationHooks = [] }) => obligationHooks),
    clearance: clearanceFrom(capabilities.flatMap(({ clearance = [] }) => clearance)),
    memberHooks: capabilities.flatMap(({ memberHooks = [] }) => memberHooks),
    joinHooks: capabilities.flatMap(({ joinHooks = [] }) => joinHooks),
    adoptionHooks: capabilities.flatMap(({ adoptionHooks = [] }) => adoptionHooks),
    about: { version, startedAt: clock.now() },
    tokens: createTokens({ keys: createSigningKeys(groundAside, secrets), secrets, publicUrl }),
    passwords: createPasswords(),
    guesses: createGuesses(gate, secrets),
  }
  const { authenticate, close: closeAuthenticator } = createAuthenticator({ services, gate })
  const trust = trustOver([...kernelPromises, ...capabilities.flatMap(({ promises = [] }) => promises)])
  const all = [...capabilities, trust.capability]
  const handlers = all.flatMap((capability) => capability.handlers)
  return {
    path: { services, gate, accessLog, handlers: new Map(handlers.map((handler) => [handler.operation.name, handler])) },
    handlers,
    jobs: all.flatMap(({ jobs = [] }) => jobs),
    schedules: all.flatMap(({ schedules = [] }) => schedules),
    edges: all.flatMap(({ edge }) => edge ?? []),
    registerTrustPages: (app) => trust.registerTrustPages(app, services, gate),
    registerSamlPages: (app, index) => registerSamlPages(app, { services, gate, index }),
    authenticate,
    health: () => Promise.all([works('database', pool.query('select 1')), works('key server', keyServer.health())]),
    close: async () => {
      await background.idle()
      await Promise.all([services.signOn.saml.close(), accessLog.close(), closeAuthenticator(), changes.close()])
    },
  }
}

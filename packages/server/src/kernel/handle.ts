import type {
  CodesOf,
  Command,
  Download,
  EventOf,
  Events,
  Operation,
  OrgId,
  OutputOf,
  ParsedInputOf,
  PersonId,
  Query,
  SessionId,
} from '@holdfast/contract'
import type { EntryHead } from './ledger/entry.ts'
import type { Problem, ProblemExtras } from './problem.ts'
import type { Principal } from './principal.ts'
import type { OrgTx } from './tenancy/org-tx.ts'
import type { Vault } from './vault.ts'
import type { Gate } from './gate.ts'
import type { Services } from './services.ts'
import type { DeclaredObligations } from './obligation/context.ts'
import type { CarryOut } from './carry-out.ts'

/** Where a request came from. Personal data: sealed before it is stored. */
export interface Origin {
  address: string
  agent: string
}

/**
 * Tokens that a handler gives to or takes from the caller's browser; the HTTP edge turns them into cookies. `signOn` ties a request to a
 * provider to this browser.
 */
export type Cookies = { set: { access: string; refresh: string } } | { clear: true } | { signOn: { token: string } }

interface Common<O> {
  /** What ties requests to providers to this browser, where it came along. */
  signOnToken: string | null
  now: Date
  origin: Origin
  requestId: string
  services: Services
  gate: Gate
  /** Makes the declared refusal `code`; throw it. */
  fail: (code: CodesOf<O>, detail?: string, extras?: ProblemExtras) => Problem
  /** Runs after the change is durable and before the answer: mail, webhooks, notifications. Failures are logged, not answered. */
  afterCommit: (effect: () => Promise<void> | void) => void
  /** Tells the browser which tokens to keep. */
  cookies: (change: Cookies) => void
  /** Free text for the ledger entry: why. */
  because: (reason: string) => void
}

/** What the handler of an organisation's operation works with. */
export interface Context<O = Operation> extends Common<O> {
  tx: OrgTx
  orgId: OrgId
  principal: Principal
  vault: Vault
  /** The person behind the principal; for a key, its owner. Throws for the platform's own jobs. */
  person: () => PersonId
  /** The session behind the principal; throws for keys and jobs, which `sessionOnly` operations refuse before. */
  session: () => SessionId
  /** Starts and ends the deadlines that the operation declares. */
  obligations: DeclaredObligations<O>
  /** Does another operation from within this one, as its caller; both happen or neither. */
  carryOut: CarryOut
}

/** An organisation entered by a public operation. */
export interface Entered {
  tx: OrgTx
  vault: Vault
}

/** What the handler of a public operation works with: it finds the organisation itself, then enters it, once. */
export interface PublicContext<O = Operation> extends Common<O> {
  /** Who calls, where a session or key came along. */
  caller: Principal | null
  /** The refresh cookie, where one came along. */
  refreshToken: string | null
  /** Enters the organisation whose ledger records the operation. `actor`: the person it is recorded for; `as`: how, where it is not `public`. */
  enter: (orgId: OrgId, actor: PersonId | null, as?: EntryHead['actor']) => Entered
  /** Starts and ends the deadlines that the operation declares, in the organisation entered. */
  obligations: DeclaredObligations<O>
}

/** What a handler that streams works with. Reads, each in a short transaction of its own, so that no snapshot stays open. */
export interface StreamContext<O = Operation> extends Omit<
  Context<O>,
  'tx' | 'vault' | 'obligations' | 'carryOut' | 'afterCommit' | 'cookies' | 'because'
> {
  read: <T>(work: (entered: Entered) => Promise<T>) => Promise<T>
  /** Aborted when the client has gone. */
  signal: AbortSignal
}

/** What work outside of us has before the operation's transaction begins: reads, each in a short transaction of its own. */
export type OutsideContext<O = Operation> = Pick<
  StreamContext<O>,
  'now' | 'services' | 'gate' | 'signOnToken' | 'orgId' | 'principal' | 'fail' | 'read'
>

type Run<O, C> = (input: ParsedInputOf<O>, context: C) => Promise<OutputOf<O>>

export type Handler =
  | {
      scope: 'organisation'
      operation: Command | Query
      outside?: (input: never, context: never) => Promise<unknown>
      run: (input: never, context: never, found: never) => Promise<unknown>
    }
  | { scope: 'public'; operation: Command | Query; run: (input: never, context: never) => Promise<unknown> }
  | { scope: 'events'; operation: Events; run: (input: never, context: never) => AsyncIterable<unknown> }
  | { scope: 'download'; operation: Download; run: (input: never, context: never) => AsyncIterable<string | Uint8Array> }

/** Of an operation that needs somebody signed in. */
export type InsideHandler = Extract<Handler, { scope: 'organisation' }>

/** Binds code to an operation that needs somebody signed in. */
export const handle = <O extends Command | Query>(operation: O, run: Run<O, Context<O>>): InsideHandler => ({
  scope: 'organisation',
  operation,
  run,
})

/**
 * The same for a command that waits for somebody else's machine: `outside` does so before its transaction begins, which would otherwise stay open
 * for as long; `run` gets what it found, and checks again what may have changed. A repeated request waits anew.
 */
export const handleOutside = <O extends Command, F>(
  operation: O,
  outside: (input: ParsedInputOf<O>, context: OutsideContext<O>) => Promise<F>,
  run: (input: ParsedInputOf<O>, context: Context<O>, found: F) => Promise<OutputOf<O>>,
): InsideHandler => ({ scope: 'organisation', operation, outside, run })

/** Binds code to a public operation. */
export const handlePublic = <O extends Command | Query>(operation: O, run: Run<O, PublicContext<O>>): Handler => ({
  scope: 'public',
  operation,
  run,
})

/** Binds a stream to a download. */
export const handleDownload = <O extends Download>(
  operation: O,
  run: (input: ParsedInputOf<O>, context: StreamContext<O>) => AsyncIterable<string | Uint8Array>,
): Handler => ({ scope: 'download', operation, run })

/** Binds a source of events to its operation; it ends when the source does or when the client goes (`signal`). */
export const handleEvents = <O extends Events>(
  operation: O,
  run: (input: ParsedInputOf<O>, context: StreamContext<O>) => AsyncIterable<EventOf<O>>,
): Handler => ({ scope: 'events', operation, run })

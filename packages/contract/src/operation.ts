import type { z } from 'zod'
import type { Obligation } from './obligation.ts'
import type { Entitlement } from './plans.ts'
import type { Permission } from './roles.ts'
import type { ProblemStatus } from './problem.ts'

/** What an operation may refuse with, beside the common problems: code → status. */
export type Errors = Record<string, ProblemStatus>

/** Why a sign-in policy holds a session back: where it comes from, nobody was at it, or by what it was signed in. */
export type HeldBack = 'network' | 'locked' | 'method'

interface Common<I extends z.ZodObject, E extends Errors> {
  /** Below `/api/v1`; `:name` parts are fields of the input. */
  path: `/${string}`
  /** One line for people: OpenAPI summary and CLI help. */
  summary: string
  permission: Permission
  input: I
  errors?: E
  /** A session must have confirmed its second factor (or password, without one) within five minutes. API keys were created behind one. */
  stepUp?: true
  /** Needs a signed-in person: an API key is refused. */
  sessionOnly?: true
  /** May be called by a session that has not satisfied the second factor it needs. */
  restricted?: true
  /** May be called by a session that the organisation's sign-in policy holds back, for these reasons. */
  heldBack?: readonly HeldBack[]
  /** May be called by staff in a customer's organisation whatever they may read: it shows them who they are. */
  staff?: true
  /** A service account may call it, though it is about oneself. */
  service?: true
  /** The agent of a host that was just retired may still call it. */
  lastWord?: true
  /** Rate class: `secret` for whatever guesses at a password, code or token; `discovery` for what each sign-in asks before that. */
  rate?: 'secret' | 'discovery' | 'heavy'
}

/** The entry a command writes: what happened, to what. `target` sees the input and the output. */
export interface Audit<I, O> {
  action: `${string}.${string}`
  target(input: I, output: O): string
  /** Only where a captured row changed. For what is said again and again without news, and is no decision of anybody's. */
  onlyIfChanged?: true
}

type Obligations = readonly Obligation[]

/** Which deadlines a command starts and which it ends. Its handler gets `context.obligations` to do so, and fails if it forgets one. */
export interface Clocks<
  Opened extends Obligations = Obligations,
  Met extends Obligations = Obligations,
  Gone extends Obligations = Obligations,
> {
  opens?: Opened
  meets?: Met
  /** Ends it without its having been met: what it was about is gone. */
  withdraws?: Gone
}

export interface CommandSpec<I extends z.ZodObject, O extends z.ZodType, E extends Errors> extends Common<I, E> {
  output: O
  audit: Audit<z.output<I>, z.output<O>>
  /**
   * Only where the organisation's plan contains it; refused with `plan_required` otherwise. It belongs on what sets up or changes something. Reads
   * cannot have it, and neither should sign-in, what a directory sends, or whatever switches something off: a plan that lapses freezes the set-up
   * and locks nobody out.
   */
  entitlement?: Entitlement
  /** Largest body in bytes; 64 KiB unless said. */
  maxBodyBytes?: number
}
export interface QuerySpec<I extends z.ZodObject, O extends z.ZodType, E extends Errors> extends Common<I, E> {
  output: O
  /** The input carries a secret: it travels in a body (POST), never in a URL. */
  secretInput?: true
}
export interface DownloadSpec<I extends z.ZodObject, E extends Errors> extends Common<I, E> {
  contentType: string
  filename(input: z.output<I>): string
}

export type Command<
  I extends z.ZodObject = z.ZodObject,
  O extends z.ZodType = z.ZodType,
  E extends Errors = Errors,
  C extends Required<Clocks> = Required<Clocks>,
> = Required<Pick<CommandSpec<I, O, E>, 'errors'>> & CommandSpec<I, O, E> & C & { kind: 'command'; name: string }
export type Query<I extends z.ZodObject = z.ZodObject, O extends z.ZodType = z.ZodType, E extends Errors = Errors> = Required<
  Pick<QuerySpec<I, O, E>, 'errors'>
> &
  QuerySpec<I, O, E> & { kind: 'query'; name: string }
/** Answers with a stream of text instead of one JSON value. */
export type Download<I extends z.ZodObject = z.ZodObject, E extends Errors = Errors> = Required<
  Pick<DownloadSpec<I, E>, 'errors'>
> &
  DownloadSpec<I, E> & { kind: 'download'; name: string }

export interface EventsSpec<I extends z.ZodObject, D extends z.ZodType, E extends Errors> extends Common<I, E> {
  /** What each event is called, and what its data looks like. */
  event: string
  data: D
}
/** Stays open and tells of what happens, as server-sent events (HTML § 9.2). */
export type Events<I extends z.ZodObject = z.ZodObject, D extends z.ZodType = z.ZodType, E extends Errors = Errors> = Required<
  Pick<EventsSpec<I, D, E>, 'errors'>
> &
  EventsSpec<I, D, E> & { kind: 'events'; name: string }

export type Operation = Command | Query | Download | Events

/** A change. It cannot be declared without its audit entry. */
export const command = <
  I extends z.ZodObject,
  O extends z.ZodType,
  const E extends Errors = Record<never, never>,
  const Opened extends Obligations = readonly [],
  const Met extends Obligations = readonly [],
  const Gone extends Obligations = readonly [],
>(
  spec: CommandSpec<I, O, E> & Clocks<Opened, Met, Gone>,
): Command<I, O, E, Required<Clocks<Opened, Met, Gone>>> => {
  const none: Required<Clocks> = { opens: [], meets: [], withdraws: [] }
  const declared = { errors: {} as E, ...none, ...spec, kind: 'command', name: '' }
  return declared as Command<I, O, E, Required<Clocks<Opened, Met, Gone>>>
}

/** A read. Its access is logged (D9). */
export const query = <I extends z.ZodObject, O extends z.ZodType, const E extends Errors = Record<never, never>>(
  spec: QuerySpec<I, O, E>,
): Query<I, O, E> => ({ errors: {} as E, ...spec, kind: 'query', name: '' })

/** A read that streams. */
export const download = <I extends z.ZodObject, const E extends Errors = Record<never, never>>(
  spec: DownloadSpec<I, E>,
): Download<I, E> => ({ errors: {} as E, ...spec, kind: 'download', name: '' })

/** A read that goes on: one event at once, then one for each change, until either side leaves. */
export const events = <I extends z.ZodObject, D extends z.ZodType, const E extends Errors = Record<never, never>>(
  spec: EventsSpec<I, D, E>,
): Events<I, D, E> => ({ errors: {} as E, ...spec, kind: 'events', name: '' })

/** Groups the operations of one noun and names them `noun.verb`. */
export const capability = <N extends string, T extends Record<string, object>>(noun: N, operations: T): T => {
  for (const [verb, operation] of Object.entries(operations)) (operation as { name: string }).name = `${noun}.${verb}`
  return operations
}

export type InputOf<O> = O extends { input: infer I extends z.ZodType } ? z.input<I> : never
export type ParsedInputOf<O> = O extends { input: infer I extends z.ZodType } ? z.output<I> : never
export type EventOf<O> = O extends { data: infer D extends z.ZodType } ? z.output<D> : never
export type OutputOf<O> = O extends { output: infer R extends z.ZodType } ? z.output<R> : never
export type CodesOf<O> = O extends { errors: infer E } ? keyof E & string : never

type Member<T> = T extends readonly (infer K)[] ? K : never
export type OpenedBy<O> = O extends { opens: infer K } ? Member<K> : never
export type MetBy<O> = O extends { meets: infer K } ? Member<K> : never
export type WithdrawnBy<O> = O extends { withdraws: infer K } ? Member<K> : never

/** The names of the fields that stand in the path. */
export const pathFields = (path: string): string[] => [...path.matchAll(/:([A-Za-z]+)/g)].map((match) => match[1] ?? '')
export const methodOf = (operation: Operation): 'GET' | 'POST' =>
  operation.kind === 'command' || (operation.kind === 'query' && operation.secretInput) ? 'POST' : 'GET'
export const apiBase = '/api/v1'

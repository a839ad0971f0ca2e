import type { Command, Operation, OrgId, PersonId, Query } from '@holdfast/contract'
import type { z } from 'zod'
import type { Access } from './access-log.ts'
import type { Context, Entered, Handler, PublicContext, StreamContext } from './handle.ts'
import { carryOutIn } from './carry-out.ts'
import { claim, keptAnswer } from './idempotency.ts'
import { actorOf } from './ledger/entry.ts'
import { declaredObligations } from './obligation/context.ts'
import { permit } from './permit.ts'
import { RecordedRefusal } from './recorded-refusal.ts'
import { hasRole, principalId, type Principal } from './principal.ts'
import { common, problemOf } from './problem.ts'
import { parse, personIn, personOf, sessionOf, sharedContext, type Outcome, type Path, type Request } from './request.ts'
import { staffEntrance, touch } from './staff.ts'
import { openUnit, readIn, record, recordChanges, type Kept, type Recorded, type Unit } from './unit.ts'

export type { Outcome, Path, Request } from './request.ts'

/** The rows of an answer, for the access log. */
const rowsOf = (output: unknown): number =>
  typeof output === 'object' && output !== null && 'rows' in output && Array.isArray(output.rows) ? output.rows.length : 1

/**
 * What was asked for. Of a refused request it is whatever the caller sent: one value that the database cannot hold would keep its whole batch
 * out of the access log for good, so only printable ASCII of the length of an id is kept.
 */
const targetOf = (input: Record<string, unknown>): string | null => {
  const target = input['id'] ?? input['seq']
  if (typeof target !== 'string' && typeof target !== 'number') return null
  return String(target)
    .slice(0, 64)
    .replaceAll(/[^\x20-\x7e]/g, '?')
}

const callerOf = (principal: Principal): { actor: string; session: string | null } => {
  if (principal.kind === 'session') return { actor: principal.personId, session: principal.sessionId }
  if (principal.kind === 'api_key') return { actor: principal.personId, session: principal.keyId }
  if (principal.kind === 'service') return { actor: principal.serviceAccountId, session: principal.keyId }
  if (principal.kind === 'staff') return { actor: principal.personId, session: principal.grantId }
  if (principal.kind === 'directory') return { actor: principal.directoryId, session: principal.credentialId }
  return principal.kind === 'agent'
    ? { actor: principal.hostId, session: principal.agentId }
    : { actor: principalId(principal), session: null }
}

const accessOf = (
  path: Path,
  operation: Operation,
  request: Request,
  principal: Principal,
  input: unknown,
  outcome: string,
  rows: number,
): Access => ({
  at: path.services.clock.now(),
  orgId: principal.orgId,
  ...callerOf(principal),
  operation: operation.name,
  target: typeof input === 'object' && input !== null ? targetOf(input as Record<string, unknown>) : null,
  origin: request.origin,
  permission: hasRole(principal) ? `${operation.permission} as ${principal.role}` : principal.kind,
  outcome,
  rows,
})

/** Closes a unit: a command writes exactly one entry (or none, where it says so and nothing changed) and is durable; a read has nothing to end. */
const close = async (
  path: Path,
  operation: Command | Query,
  unit: Unit,
  recorded: Omit<Recorded, 'action' | 'targetId'>,
  input: unknown,
  output: unknown,
  kept: Kept | null = null,
): Promise<number | null> => {
  if (operation.kind === 'query') return null
  const { action, target, onlyIfChanged } = operation.audit
  const write = onlyIfChanged ? recordChanges : record
  return write(path.services.ground, unit, { ...recorded, action, targetId: target(input as never, output as never) }, kept)
}

const runInOrganisation = async (
  path: Path,
  handler: Handler & { scope: 'organisation' },
  input: unknown,
  request: Request,
): Promise<Outcome> => {
  const { operation } = handler
  const { principal } = request
  if (!principal) throw common('unauthenticated')
  const { orgId } = principal
  const writes = operation.kind === 'command'
  const by = personIn(principal)
  const noted = accessOf(path, operation, request, principal, input, 'read', 0)
  const staff = principal.kind === 'staff' ? await staffEntrance(path.services.ground, principal, writes ? null : noted) : null
  const shared = sharedContext(path, operation, request)
  const { now, services, gate, signOnToken, fail } = shared.context
  const read = <T>(work: (entered: Entered) => Promise<T>): Promise<T> => readIn(services.ground, orgId, by, work)
  const beforehand = { now, services, gate, signOnToken, fail, read, orgId, principal }
  const found = await handler.outside?.(input as never, beforehand as never)
  const unit = openUnit(services.ground, orgId, by, writes, staff)
  const { obligations, settled } = declaredObligations(
    operation,
    () => unit,
    shared.context.now,
    () => by,
  )
  try {
    const key = operation.kind === 'command' ? request.idempotencyKey : null
    const earlier = key === null ? null : await claim(unit, operation, principal, key, input)
    if (earlier) {
      await unit.transaction.rollback()
      return { ...earlier, cookies: null }
    }
    const context: Context<never> = {
      ...shared.context,
      get tx() {
        return unit.tx
      },
      get vault() {
        return unit.vault
      },
      orgId,
      principal,
      person: () => personOf(principal),
      session: () => sessionOf(principal),
      obligations,
      carryOut: carryOutIn(path.handlers, () => context),
    }
    const output = operation.output.parse(await handler.run(input as never, context as never, found as never))
    settled()
    const kept = key === null ? null : await keptAnswer(unit, principal, key, output)
    const who = { actor: actorOf(principal), requestId: request.id, origin: request.origin, reason: shared.reason() }
    const seq = await close(path, operation, unit, who, input, output, kept)
    if (staff && !writes)
      await unit.transaction.commit(touch) // with the entry of the read, even when nothing else was asked
    else if (!writes) path.accessLog.note({ ...noted, rows: rowsOf(output) })
    await shared.runEffects()
    return { output, seq, cookies: shared.cookies() }
  } catch (error) {
    await unit.transaction.rollback()
    throw error
  }
}

const runPublic = async (
  path: Path,
  handler: Handler & { scope: 'public' },
  input: unknown,
  request: Request,
): Promise<Outcome> => {
  const { operation } = handler
  const shared = sharedContext(path, operation, request)
  let unit: Unit | null = null
  let actor: PersonId | null = null
  let recordedAs: Recorded['actor'] | null = null
  const enter = (orgId: OrgId, person: PersonId | null, as: Recorded['actor'] | null = null): Entered => {
    if (unit) throw new Error(`${operation.name} entered two organisations`)
    actor = person
    recordedAs = as
    return (unit = openUnit(path.services.ground, orgId, person, operation.kind === 'command'))
  }
  const entered = (): Unit | null => unit
  const inside = (): Unit => {
    if (!unit) throw new Error(`${operation.name} opens or meets before it has entered an organisation`)
    return unit
  }
  const { obligations, settled } = declaredObligations(operation, inside, shared.context.now, () => actor)
  const who = () => ({
    actor: recordedAs ?? { type: 'person', id: actor ?? 'anonymous', via: 'public' },
    requestId: request.id,
    origin: request.origin,
    reason: shared.reason(),
  })
  try {
    const context = {
      ...shared.context,
      caller: request.principal,
      refreshToken: request.refreshToken,
      enter,
      obligations,
    } satisfies PublicContext<never>
    const output = operation.output.parse(await handler.run(input as never, context as never))
    const open = entered()
    if (open) settled()
    const seq = open ? await close(path, operation, open, who(), input, output) : null
    await shared.runEffects()
    return { output, seq, cookies: shared.cookies() }
  } catch (error) {
    const open = entered()
    if (error instanceof RecordedRefusal && open) {
      await record(path.services.ground, open, { ...who(), action: error.action, targetId: error.targetId })
      throw error.problem
    }
    await open?.transaction.rollback()
    throw error
  }
}

/** Refusals of signed-in callers are recorded too. A log that cannot take them must not hide the refusal itself. */
const noteRefusal = (path: Path, operation: Operation, request: Request, input: unknown, error: unknown): void => {
  const { principal } = request
  if (!principal || principal.kind === 'system') return
  const { code } = problemOf(error)
  try {
    path.accessLog.note(accessOf(path, operation, request, principal, input, `refused:${code}`, 0))
  } catch (full) {
    path.services.ground.onError(full)
  }
}

/**
 * The one path of every operation: permit → parse → enter the organisation → handle → parse the output → ledger entry → commit →
 * flush → effects. Refusals of known callers are noted. Cost of a command: the session check, the handler's statements (the first
 * carries BEGIN and `enter` along), one round trip for append and COMMIT, one shared flush.
 */
export const run = async (
  path: Path,
  handler: Exclude<Handler, Streaming>,
  rawInput: unknown,
  request: Request,
): Promise<Outcome> => {
  try {
    permit(handler.operation, request.principal, path.services.clock.now())
    const input = parse(handler.operation, rawInput)
    return await (handler.scope === 'public'
      ? runPublic(path, handler, input, request)
      : runInOrganisation(path, handler, input, request))
  } catch (error) {
    noteRefusal(path, handler.operation, request, rawInput, error)
    throw error
  }
}

type Streaming = Extract<Handler, { scope: 'download' | 'events' }>

/**
 * The same path for what streams: a file, or events for as long as the client listens. Everything that can be refused is refused before
 * the first byte.
 */
export const runStream = <H extends Streaming>(
  path: Path,
  handler: H,
  rawInput: unknown,
  request: Request,
): { input: z.output<z.ZodObject>; stream: ReturnType<H['run']> } => {
  const { operation } = handler
  try {
    permit(operation, request.principal, path.services.clock.now())
    const { principal } = request
    if (!principal) throw common('unauthenticated')
    const input = parse(operation, rawInput)
    const { context } = sharedContext(path, operation, request)
    path.accessLog.note(accessOf(path, operation, request, principal, input, 'read', 0))
    const streamContext = {
      ...context,
      orgId: principal.orgId,
      principal,
      person: () => personOf(principal),
      session: () => sessionOf(principal),
      signal: request.signal,
      read: (work) => readIn(path.services.ground, principal.orgId, personIn(principal), work),
    } satisfies StreamContext<never>
    return { input, stream: handler.run(input as never, streamContext as never) as ReturnType<H['run']> }
  } catch (error) {
    noteRefusal(path, operation, request, rawInput, error)
    throw error
  }
}

import { gateOver } from './gate.ts'
import type { InsideHandler } from './handle.ts'
import { newId } from './identifier.ts'
import { declaredObligations } from './obligation/context.ts'
import { permit } from './permit.ts'
import type { Principal } from './principal.ts'
import { parse, personIn, personOf, sessionOf, sharedContext } from './request.ts'
import type { Services } from './services.ts'
import { openUnit, type Unit } from './unit.ts'

/** Calls operations as somebody, all in one transaction that is rolled back. */
export interface Rehearsal {
  unit: Unit
  call: (handler: InsideHandler, input: unknown) => Promise<unknown>
}

/**
 * For checks that want to see operations do what they do, against the real database and its fences: everything the one path does (permit, parse,
 * handle, parse the output) up to the entry, which is not written since nothing remains. Effects do not run.
 */
export const rehearse = async <T>(
  services: Services,
  principal: Principal,
  work: (rehearsal: Rehearsal) => Promise<T>,
): Promise<T> => {
  const { ground, clock } = services
  const path = { services, gate: gateOver(ground.reads, ground.pool) }
  const { orgId } = principal
  const unit = openUnit(ground, orgId, personIn(principal), true)
  const call: Rehearsal['call'] = async ({ operation, run }, rawInput) => {
    permit(operation, principal, clock.now())
    const request = {
      ...{ id: newId('rq'), origin: { address: '::1', agent: 'Holdfast self-test' }, principal },
      ...{ refreshToken: null, signOnToken: null, idempotencyKey: null, signal: new AbortController().signal },
    }
    const { context } = sharedContext(path, operation, request)
    const by = () => personIn(principal)
    const { obligations } = declaredObligations(operation, () => unit, context.now, by)
    const { tx, vault } = unit
    const who = { person: () => personOf(principal), session: () => sessionOf(principal) }
    const own = { ...context, tx, vault, orgId, principal, obligations, ...who }
    return operation.output.parse(await run(parse(operation, rawInput) as never, own as never, undefined as never))
  }
  try {
    return await work({ unit, call })
  } finally {
    await unit.transaction.rollback()
  }
}

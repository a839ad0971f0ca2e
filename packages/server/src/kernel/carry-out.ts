import type { Command, OutputOf, ParsedInputOf } from '@holdfast/contract'
import type { Context, Handler } from './handle.ts'
import { newId } from './identifier.ts'
import { actorOf, entryHead } from './ledger/entry.ts'
import { declaredObligations } from './obligation/context.ts'
import { permit } from './permit.ts'
import { failOf, personIn } from './request.ts'
import { transactionOf } from './tenancy/org-tx.ts'

/**
 * Does another operation from within this one, as its caller and in its transaction: what that operation permits, refuses and hangs on, it does
 * here too, and either both happen or neither. Its changes are an entry of their own; what the caller changed before would slip into that, so
 * carry out first. The chain is locked from then until the commit: hold the rows before, in their order, and carry out few.
 */
export type CarryOut = <O extends Command>(operation: O, input: ParsedInputOf<O>, reason: string) => Promise<OutputOf<O>>

const refuse = (): never => {
  throw new Error('an operation that is carried out neither sets cookies nor carries out others')
}

export const carryOutIn =
  (handlers: ReadonlyMap<string, Handler>, context: () => Context<never>): CarryOut =>
  async (operation, input, reason) => {
    const handler = handlers.get(operation.name)
    if (handler?.scope !== 'organisation' || handler.outside) throw new Error(`${operation.name} cannot be carried out`)
    const { tx, vault, now, principal, requestId, origin, ...rest } = context()
    permit(operation, principal, now)
    const by = personIn(principal)
    const entered = { tx, vault }
    const { obligations, settled } = declaredObligations(
      operation,
      () => entered,
      now,
      () => by,
    )
    const inner = { ...rest, ...entered, now, principal, requestId, origin, obligations, fail: failOf(operation) }
    const given = { ...inner, cookies: refuse, carryOut: refuse, because: () => {} }
    const output = operation.output.parse(await handler.run(operation.input.parse(input) as never, given as never, {} as never))
    settled()
    const { action, target } = operation.audit
    const targetId = target(input as never, output as never)
    const parts = { id: newId('le'), actor: actorOf(principal), action, targetId, requestId, origin, reason }
    await transactionOf(tx).query('select seq from ledger_append($1)', [JSON.stringify(await entryHead(vault, parts))])
    return output as OutputOf<typeof operation>
  }

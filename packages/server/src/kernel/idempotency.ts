import { createHash } from 'node:crypto'
import type { Operation } from '@holdfast/contract'
import { common } from './problem.ts'
import { principalId, type Principal } from './principal.ts'
import type { Kept, Unit } from './unit.ts'

const place = (principal: string, key: string) => ({
  table: 'idempotency',
  column: 'response_sealed',
  row: `${principal}/${key}`,
})

const hashOf = (operation: Operation, input: unknown): Buffer =>
  createHash('sha256')
    .update(`${operation.name}\n${JSON.stringify(input)}`)
    .digest()

/** What an earlier request with the same key answered. */
export interface Earlier {
  output: unknown
  /** The entry it was recorded in; null when it was kept before entries were noted. */
  seq: number | null
}

/**
 * Claims the key inside the command's own transaction: a second request with it waits for the first one's commit and then gets its
 * answer; one with another body is refused. Returns null when this request is the first.
 */
export const claim = async (
  unit: Unit,
  operation: Operation,
  principal: Principal,
  key: string,
  input: unknown,
): Promise<Earlier | null> => {
  const who = principalId(principal)
  const hash = hashOf(operation, input)
  const claimed = await unit.tx
    .insertInto('idempotency')
    .values({ principal: who, key, operation: operation.name, requestHash: hash })
    .onConflict((conflict) => conflict.doNothing())
    .returning('key')
    .executeTakeFirst()
  if (claimed) return null
  const earlier = await unit.tx
    .selectFrom('idempotency')
    .select(['requestHash', 'responseSealed', 'ledgerSeq'])
    .where('principal', '=', who)
    .where('key', '=', key)
    .executeTakeFirst()
  if (!earlier?.responseSealed) throw common('idempotency_conflict', { retryAfterSeconds: 1 })
  if (!earlier.requestHash.equals(hash)) throw common('idempotency_mismatch')
  const { output } = JSON.parse(await unit.vault.openText('org', place(who, key), earlier.responseSealed)) as { output: unknown }
  return { output, seq: earlier.ledgerSeq === null ? null : Number(earlier.ledgerSeq) }
}

/** Seals the answer, since it may hold a secret that is shown once. */
export const keptAnswer = async (unit: Unit, principal: Principal, key: string, output: unknown): Promise<Kept> => {
  const who = principalId(principal)
  return { principal: who, key, response: await unit.vault.seal('org', place(who, key), JSON.stringify({ output })) }
}

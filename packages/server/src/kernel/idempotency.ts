import { createHash } from 'node:crypto'
import type { Operation } from '@holdfast/contract'
import { common } from './problem.ts'
import { principalId, type Principal } from './principal.ts'
import type { Unit } from './unit.ts'

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
  seq: number
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
    .select(['requestHash', 'responseSealed'])
    .where('principal', '=', who)
    .where('key', '=', key)
    .executeTakeFirst()
  if (!earlier?.responseSealed) throw common('idempotency_conflict', { retryAfterSeconds: 1 })
  if (!earlier.requestHash.equals(hash)) throw common('idempotency_mismatch')
  return JSON.parse(await unit.vault.openText('org', place(who, key), earlier.responseSealed)) as Earlier
}

/** Keeps the answer with the claim; sealed, since it may hold a secret that is shown once. The entry's number follows at the replay. */
export const keep = async (unit: Unit, principal: Principal, key: string, output: unknown): Promise<void> => {
  const who = principalId(principal)
  await unit.tx
    .updateTable('idempotency')
    .set({ status: 200, responseSealed: await unit.vault.seal('org', place(who, key), JSON.stringify({ output })) })
    .where('principal', '=', who)
    .where('key', '=', key)
    .execute()
}

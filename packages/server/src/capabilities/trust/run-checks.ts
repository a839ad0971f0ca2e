import type { FurtherAction } from '@holdfast/contract'
import type { JobContext } from '../../kernel/job.ts'
import type { PromiseCheck } from '../../kernel/promise.ts'
import type { Unit } from '../../kernel/unit.ts'
import { openUnit, record } from '../../kernel/unit.ts'
import { newId } from '../../kernel/identifier.ts'
import type { CheckRow } from './state.ts'

const timeLimitMs = 120_000

/** Runs one check; whatever goes wrong with it means that the promise is not shown to be kept. */
const runOne = async ({ id, check }: PromiseCheck, context: JobContext): Promise<CheckRow> => {
  const tooLong = new Promise<never>((_, reject) => setTimeout(reject, timeLimitMs, new Error('took too long')).unref())
  const result = await Promise.race([check(context), tooLong]).catch((error: unknown) => {
    context.log('a promise check failed', { promise: id, cause: error })
    return { kept: false, proof: 'The check itself could not be completed.' }
  })
  return { promise: id, ...result, checkedAt: context.services.clock.now() }
}

/** One after another: they are thorough, and nobody waits for them. */
export const runChecks = async (checks: readonly PromiseCheck[], context: JobContext): Promise<CheckRow[]> => {
  const rows: CheckRow[] = []
  for (const check of checks) rows.push(await runOne(check, context))
  return rows
}

/** Keeps the results; true when the state of a promise changed, which is then captured and must be recorded. */
export const keepResults = async ({ tx }: Pick<Unit, 'tx'>, rows: readonly CheckRow[]): Promise<boolean> => {
  const before = new Map(
    (await tx.selectFrom('promiseCheck').select(['promise', 'kept']).limit(100).execute()).map(({ promise, kept }) => [
      promise,
      kept,
    ]),
  )
  await tx
    .insertInto('promiseCheck')
    .values(rows)
    .onConflict((conflict) =>
      conflict.constraint('promise_check_pkey').doUpdateSet(({ ref }) => ({
        kept: ref('excluded.kept'),
        proof: ref('excluded.proof'),
        checkedAt: ref('excluded.checkedAt'),
      })),
    )
    .execute()
  return rows.some(({ promise, kept }) => before.get(promise) !== kept)
}

/** Runs every check and keeps what it found; an entry only when a promise changed its state. */
export const checkAll = async (checks: readonly PromiseCheck[], context: JobContext): Promise<void> => {
  const { ground } = context.services
  const rows = await runChecks(checks, context)
  const unit = openUnit(ground, context.orgId, null, true)
  try {
    const changed = await keepResults(unit, rows)
    const actor = { type: 'system', id: 'trust.check', via: 'job' }
    if (changed)
      await record(ground, unit, {
        actor,
        action: 'trust.checked' satisfies FurtherAction,
        targetId: 'trust',
        requestId: newId('rq'),
        origin: null,
        reason: null,
      })
    else await unit.transaction.commit()
  } catch (error) {
    await unit.transaction.rollback()
    throw error
  }
}

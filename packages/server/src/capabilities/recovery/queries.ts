import { recovery, RecoveryId } from '@holdfast/contract'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle } from '../../kernel/handle.ts'
import { presentAll } from './rows.ts'

export const mine = handle(recovery.mine, async (_, context) => {
  const row = await context.tx
    .selectFrom('factorRecovery')
    .selectAll()
    .where('personId', '=', context.person())
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  const [shown] = row ? await presentAll(context, [row]) : []
  return { recovery: shown ?? null }
})

export const list = handle(recovery.list, async ({ limit, after }, context) => {
  const cursor = cursorOf(RecoveryId, after)
  let query = context.tx.selectFrom('factorRecovery').selectAll()
  if (cursor !== null) query = query.where('id', '<', cursor)
  const rows = await query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const shown = await presentAll(context, rows.slice(0, limit))
  return { rows: shown, next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
})

export const read = handle(recovery.read, async ({ id }, context) => {
  const row = await context.tx.selectFrom('factorRecovery').selectAll().where('id', '=', id).executeTakeFirst()
  const [shown] = row ? await presentAll(context, [row]) : []
  if (!shown) throw context.fail('recovery_not_found')
  return shown
})

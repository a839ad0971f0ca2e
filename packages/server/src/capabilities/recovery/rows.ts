import { PersonId, RecoveryId, Role, type Recovery } from '@holdfast/contract'
import type { Selectable } from 'kysely'
import type { z } from 'zod'
import type { Entered } from '../../kernel/handle.ts'
import type { Database } from '../../kernel/tenancy/schema.ts'
import { reasonPlace } from './telling.ts'

export type Row = Selectable<Database['factorRecovery']>

export const lockRecovery = async ({ tx }: Pick<Entered, 'tx'>, id: string): Promise<Row | undefined> =>
  tx.selectFrom('factorRecovery').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()

export const confirmationsOf = ({ tx }: Pick<Entered, 'tx'>, ids: readonly string[]) =>
  ids.length === 0
    ? Promise.resolve([])
    : tx
        .selectFrom('factorRecoveryConfirmation')
        .select(['recoveryId', 'personId', 'role', 'at'])
        .where('recoveryId', 'in', [...ids])
        .orderBy('at')
        .execute()

const instant = (date: Date | null): string | null => date?.toISOString() ?? null

/** As people see them; two statements however many. */
export const presentAll = async (entered: Entered, rows: readonly Row[]): Promise<z.infer<typeof Recovery>[]> => {
  const given = await confirmationsOf(
    entered,
    rows.map(({ id }) => id),
  )
  const owners = rows.length === 0 ? [] : await ownersAmong(entered, rows)
  return Promise.all(
    rows.map(async (row) => ({
      ...{ id: RecoveryId.parse(row.id), personId: PersonId.parse(row.personId), askedBy: PersonId.parse(row.askedBy) },
      reason: await entered.vault.openText('org', reasonPlace(row.id), row.reasonSealed),
      state: row.state,
      askedAt: row.askedAt.toISOString(),
      confirmations: given
        .filter(({ recoveryId }) => recoveryId === row.id)
        .map(({ personId, at }) => ({ personId: PersonId.parse(personId), at: at.toISOString() })),
      ownerNeeded: owners.includes(row.personId),
      ...{ readyAt: instant(row.readyAt), readyUntil: instant(row.readyUntil), endedAt: instant(row.endedAt) },
    })),
  )
}

const ownersAmong = async ({ tx }: Pick<Entered, 'tx'>, rows: readonly Row[]): Promise<string[]> => {
  const found = await tx
    .selectFrom('membership')
    .select('personId')
    .where('role', '=', Role.enum.owner)
    .where(
      'personId',
      'in',
      rows.map(({ personId }) => personId),
    )
    .execute()
  return found.map(({ personId }) => personId)
}

export const present = async (entered: Entered, id: string): Promise<z.infer<typeof Recovery>> => {
  const row = await entered.tx.selectFrom('factorRecovery').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const [shown] = await presentAll(entered, [row])
  if (!shown) throw new Error('a recovery that was just read is gone')
  return shown
}

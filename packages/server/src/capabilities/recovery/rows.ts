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
  const roles = await rolesAmong(entered, rows)
  return Promise.all(
    rows.map(async (row) => ({
      ...{ id: RecoveryId.parse(row.id), personId: PersonId.parse(row.personId), askedBy: PersonId.parse(row.askedBy) },
      reason: await entered.vault.openText('org', reasonPlace(row.id), row.reasonSealed),
      state: row.state,
      askedAt: row.askedAt.toISOString(),
      confirmations: given
        .filter(({ recoveryId }) => recoveryId === row.id)
        .map(({ personId, at }) => ({ personId: PersonId.parse(personId), at: at.toISOString() })),
      ownerNeeded: roles.get(row.personId) === 'owner',
      ...{ readyAt: instant(row.readyAt), readyUntil: instant(row.readyUntil), endedAt: instant(row.endedAt) },
    })),
  )
}

/** Live roles of the people named; who is no member is missing. */
export const rolesAmong = async (
  { tx }: Pick<Entered, 'tx'>,
  named: readonly { personId: string }[],
): Promise<ReadonlyMap<string, Role>> => {
  const people = [...new Set(named.map(({ personId }) => personId))]
  if (people.length === 0) return new Map()
  const found = await tx.selectFrom('membership').select(['personId', 'role']).where('personId', 'in', people).execute()
  return new Map(found.map(({ personId, role }) => [personId, Role.parse(role)]))
}

export const present = async (entered: Entered, id: string): Promise<z.infer<typeof Recovery>> => {
  const row = await entered.tx.selectFrom('factorRecovery').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const [shown] = await presentAll(entered, [row])
  if (!shown) throw new Error('a recovery that was just read is gone')
  return shown
}

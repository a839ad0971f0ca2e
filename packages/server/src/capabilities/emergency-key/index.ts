import { destroyByHand, emergencyKey, emergencyKeyCheck, EmergencyKeyId, PersonId } from '@holdfast/contract'
import type { Capability } from '../../kernel/capability.ts'
import { keptPlace } from '../../kernel/access/emergency-key.ts'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle, type Entered } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import type { Problem } from '../../kernel/problem.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { keysAtMost, labelOf, wrongDates } from './rules.ts'

const keys = (tx: OrgTx) =>
  tx
    .selectFrom('emergencyKey as k')
    .leftJoin('membership as m', 'm.personId', 'k.personId')
    .select(['k.id', 'k.kind', 'k.personId', 'k.fingerprint', 'k.keptSealed', 'k.since', 'k.until', 'k.triedAt'])
    .select(['k.registeredBy', 'k.endedAt', 'k.endedBy', 'm.personId as member'])

type Row = Awaited<ReturnType<ReturnType<typeof keys>['execute']>>[number]

const present = async ({ vault }: Pick<Entered, 'vault'>, row: Row) => ({
  ...{ id: EmergencyKeyId.parse(row.id), kind: row.kind, personId: PersonId.parse(row.personId), fingerprint: row.fingerprint },
  holderGone: row.member === null,
  keptAt: await vault.openText('org', keptPlace(row.id), row.keptSealed),
  ...{ since: row.since.toISOString(), until: row.until.toISOString(), triedAt: row.triedAt?.toISOString() ?? null },
  registeredBy: PersonId.parse(row.registeredBy),
  endedAt: row.endedAt?.toISOString() ?? null,
  endedBy: row.endedBy === null ? null : PersonId.parse(row.endedBy),
})

const shown = async ({ tx, vault }: Entered, id: string) =>
  present({ vault }, await keys(tx).where('k.id', '=', id).executeTakeFirstOrThrow())

const list = handle(emergencyKey.list, async ({ limit, after, ended }, { tx, vault }) => {
  const cursor = cursorOf(EmergencyKeyId, after)
  let query = keys(tx)
  if (!ended) query = query.where('k.endedAt', 'is', null)
  if (cursor !== null) query = query.where('k.id', '<', cursor)
  const rows = await query
    .orderBy('k.id', 'desc')
    .limit(limit + 1)
    .execute()
  const some = await Promise.all(rows.slice(0, limit).map((row) => present({ vault }, row)))
  return { rows: some, next: rows.length > limit ? (some.at(-1)?.id ?? null) : null }
})

const register = handle(emergencyKey.register, async ({ personId, kind, fingerprint, keptAt, ...dates }, context) => {
  const { tx, vault, now, person, fail, obligations } = context
  const since = dates.since === undefined ? now : new Date(dates.since)
  const until = new Date(dates.until)
  const wrong = wrongDates({ since, until }, now)
  if (wrong !== null) throw fail('dates_wrong', wrong)
  const member = tx.selectFrom('membership').select('personId').where('personId', '=', personId)
  if (!(await member.executeTakeFirst())) throw fail('member_not_found', 'Who holds it must be a member.')
  const held = await tx.selectFrom('emergencyKey').select('id').where('endedAt', 'is', null).limit(keysAtMost).execute()
  if (held.length >= keysAtMost) throw fail('too_many_keys', 'End the records of keys that are not needed any more.')
  const id = newIdOf(EmergencyKeyId, 'ek')
  const keptSealed = await vault.seal('org', keptPlace(id), keptAt)
  const made = await tx
    .insertInto('emergencyKey')
    .values({ ...{ id, kind, personId, fingerprint, keptSealed, since, until }, registeredBy: person() })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!made) throw fail('key_known', 'That they hold this key is recorded already.')
  await obligations.open(emergencyKeyCheck, { subject: id, label: labelOf({ kind, fingerprint }), role: 'owner', due: until })
  return shown(context, id)
})

type Refuse = (code: 'key_not_found' | 'key_ended', detail?: string) => Problem

/** Locked until commit. */
const lockKey = async (tx: OrgTx, id: string, refuse: Refuse) => {
  const row = await tx
    .selectFrom('emergencyKey')
    .select(['kind', 'fingerprint', 'since', 'endedAt'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw refuse('key_not_found')
  if (row.endedAt !== null) throw refuse('key_ended', 'Its record was ended. Register the key anew if somebody holds it again.')
  return row
}

const confirm = handle(emergencyKey.confirm, async ({ id, keptAt, until: day }, context) => {
  const { tx, vault, now, fail, obligations } = context
  const row = await lockKey(tx, id, fail)
  const until = new Date(day)
  const wrong = wrongDates({ since: row.since, until }, now)
  if (wrong !== null) throw fail('dates_wrong', wrong)
  const moved = keptAt === undefined ? {} : { keptSealed: await vault.seal('org', keptPlace(id), keptAt) }
  await tx
    .updateTable('emergencyKey')
    .set({ until, triedAt: now, ...moved })
    .where('id', '=', id)
    .execute()
  await obligations.meet(emergencyKeyCheck, { subject: id })
  await obligations.open(emergencyKeyCheck, { subject: id, label: labelOf(row), role: 'owner', due: until })
  return shown(context, id)
})

const end = handle(emergencyKey.end, async ({ id, reason }, context) => {
  const { tx, now, person, fail, obligations, because } = context
  const { kind } = await lockKey(tx, id, fail)
  await tx.updateTable('emergencyKey').set({ endedAt: now, endedBy: person() }).where('id', '=', id).execute()
  await obligations.withdraw(emergencyKeyCheck, { subject: id }, 'The record was ended.')
  because(reason)
  return { ...(await shown(context, id)), byHand: [...destroyByHand[kind]] }
})

/** Who holds the keys to the emergency accounts of servers (C1): a record by hand, since the keys are offline. */
export const emergencyKeys: Capability = { handlers: [list, register, confirm, end] }

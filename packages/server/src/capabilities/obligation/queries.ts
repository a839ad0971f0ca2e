import { durationInWords, ObligationId, obligations, PersonId, type OutputOf, type ParsedInputOf } from '@holdfast/contract'
import { z } from 'zod'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle, type Context } from '../../kernel/handle.ts'
import { ahead } from '../../kernel/obligation/plan.ts'
import { findObligation, readStanding } from '../../kernel/obligation/rows.ts'
import { defaultCalendar } from '../../kernel/obligation/calendar.ts'
import { latestCalendar } from '../../kernel/obligation/working-days.ts'
import { isTheirs, listEnded, listOpen, sees, summarise } from './rows.ts'

type Detail = OutputOf<typeof obligations.read>

const Cursor = z
  .string()
  .regex(/^\d{1,15}~ob_[0-9a-z]{26}$/)
  .transform((text) => {
    const [at = '', id = ''] = text.split('~')
    return { at: new Date(Number(at)), id }
  })

const pageFor = async (
  { tx, vault, now }: Pick<Context, 'tx' | 'vault' | 'now'>,
  { limit, after, show, kind, subject }: ParsedInputOf<typeof obligations.mine>,
  owing: { personId: string; role?: string } | null,
) => {
  const wanted = { show, kind, subject, owing, after: cursorOf(Cursor, after), limit: limit + 1 }
  const found = show === 'met' || show === 'withdrawn' ? await listEnded(tx, wanted) : await listOpen(tx, wanted, now)
  const shown = found.slice(0, limit)
  const rows = await Promise.all(
    shown.map((row) => {
      const state = row.ended ?? (row.paused ? 'paused' : 'running')
      return summarise(vault, row, { state, endedAt: row.ended ? row.listedAt : null, dueAt: row.currentDueAt }, now)
    }),
  )
  const last = shown.at(-1)
  return { rows, next: found.length > limit && last ? `${last.listedAt.getTime()}~${last.id}` : null }
}

export const mine = handle(obligations.mine, (filters, context) => pageFor(context, filters, sees(context.principal)))

export const list = handle(obligations.list, ({ personId, ...filters }, context) =>
  pageFor(context, filters, personId === undefined ? null : { personId }),
)

const eventsFor = async ({ tx }: Pick<Context, 'tx'>, id: string): Promise<Detail['events']> => {
  const rows = await tx
    .selectFrom('obligationEvent')
    .select(['kind', 'at', 'plannedAt', 'personId', 'escalatedTo', 'reason', 'dueAt'])
    .where('obligationId', '=', id)
    .orderBy('at')
    .orderBy('plannedAt')
    .limit(199)
    .execute()
  return rows.map(({ kind, at, plannedAt, personId, escalatedTo: to, reason, dueAt }) => ({
    ...{ kind, at: at.toISOString(), plannedAt: plannedAt?.toISOString() ?? null, to, reason, dueAt: dueAt.toISOString() },
    personId: personId === null ? null : PersonId.parse(personId),
  }))
}

/** One obligation with its history; null: there is none. */
export const readDetail = async (
  { tx, vault, now }: Pick<Context, 'tx' | 'vault' | 'now'>,
  id: string,
): Promise<Detail | null> => {
  const row = await findObligation(tx, id)
  if (!row) return null
  const standing = await readStanding(tx, row)
  const events = await eventsFor({ tx }, id)
  const successor = await tx.selectFrom('obligation').select('id').where('rebasedFrom', '=', id).executeTakeFirst()
  const endedAt = standing.ended === null ? null : (events.find(({ kind }) => kind === standing.ended)?.at ?? null)
  const state = standing.ended ?? (standing.pausedAt ? 'paused' : 'running')
  const opened = { kind: 'opened' as const, at: row.openedAt.toISOString(), plannedAt: null, personId: null, to: null }
  return {
    ...(await summarise(vault, row, { state, endedAt: endedAt === null ? null : new Date(endedAt), dueAt: standing.dueAt }, now)),
    within: row.terms.within === null ? null : durationInWords(row.terms.within),
    firm: row.terms.firm,
    next: ahead(standing).map(({ kind, at, to }) => ({ kind, at, to })),
    events: [{ ...opened, reason: row.reason, dueAt: row.dueAt.toISOString() }, ...events],
    rebasedFrom: row.rebasedFrom === null ? null : ObligationId.parse(row.rebasedFrom),
    rebasedTo: successor ? ObligationId.parse(successor.id) : null,
  }
}

export const read = handle(obligations.read, async ({ id }, context) => {
  const detail = await readDetail(context, id)
  if (!detail || !isTheirs(detail, sees(context.principal))) throw context.fail('obligation_not_found')
  return detail
})

export const presentCalendar = async ({ tx }: Pick<Context, 'tx'>): Promise<OutputOf<typeof obligations.readCalendar>> => {
  const found = await latestCalendar(tx)
  if (!found) {
    const { timeZone, weekdays } = defaultCalendar
    return { timeZone, weekdays: [...weekdays], holidays: [], version: 0, setBy: null, setAt: null }
  }
  const { setBy, setAt, ...calendar } = found
  return { ...calendar, setBy: PersonId.parse(setBy), setAt: setAt.toISOString() }
}

export const readCalendar = handle(obligations.readCalendar, (_, context) => presentCalendar(context))

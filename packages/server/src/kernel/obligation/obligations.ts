import { ObligationId, type Duration, type Obligation, type PersonId, type Role } from '@holdfast/contract'
import type { Selectable } from 'kysely'
import type { Entered } from '../handle.ts'
import { newIdOf } from '../identifier.ts'
import type { Database } from '../tenancy/schema.ts'
import { after } from './calendar.ts'
import { planOf, termsOf, wakeOf, standingOf } from './plan.ts'
import { wakeAt } from './wake.ts'
import { calendarOf } from './working-days.ts'
import './tables.ts'

/** Who owes an obligation, by what its kind says. */
type Owing<K> =
  K extends Obligation<string, infer Owed>
    ? Owed extends 'role'
      ? { role: Role; person?: never }
      : { person: PersonId; role?: never }
    : never
/** How long, where the kind leaves that to the opening. */
type Lasting<K> =
  K extends Obligation<string, infer _, infer Within>
    ? Within extends 'as opened'
      ? { within: Duration } | { due: Date }
      : unknown
    : never

export type OpeningOf<K> = Owing<K> &
  Lasting<K> & {
    /** The id of what it is about. */
    subject: string
    /** The same in words, at most 200 characters; sealed. */
    label: string
  }

interface Opening {
  subject: string
  label: string
  person?: PersonId
  role?: Role
  within?: Duration
  due?: Date
}

export interface About {
  subject: string
  /** Only what this person owes. */
  person?: PersonId
}

export const labelPlace = (row: string) => ({ table: 'obligation', column: 'label_sealed', row })

type ClockRow = Selectable<Database['obligationClock']>

/** Starts the clocks that do not run yet; returns the ids of all, in the order given. Two statements however many, three where some ran. */
const open = async (entered: Entered, now: Date, kind: Obligation, openings: readonly Opening[]): Promise<ObligationId[]> => {
  if (openings.length === 0) return []
  if (openings.length > 100) throw new Error('open at most a hundred obligations at once')
  const { tx, vault } = entered
  const calendar = await calendarOf(tx)
  const drafts = openings.map(({ subject, label, person, role, within, due }) => {
    const lasting = due ? null : kind.within === 'as opened' ? (within ?? null) : kind.within
    const dueAt = due ?? (lasting && after(calendar, now, lasting))
    if (!dueAt) throw new Error(`${kind.name} is opened without a deadline`)
    if ((person === undefined) === (role === undefined)) throw new Error(`${kind.name} is owed by a person or by a role`)
    const terms = termsOf(kind, lasting)
    const plan = planOf(terms, calendar, now, dueAt)
    return { id: newIdOf(ObligationId, 'ob'), subject, label: label.slice(0, 200), person, role, dueAt, terms, plan }
  })
  const clocks = drafts.map(({ id, subject, person, role, dueAt, plan }) => ({
    ...{ obligationId: id, kind: kind.name, subject, personId: person ?? '', role: role ?? null, dueAt },
    wakeAt: wakeOf(standingOf({ dueAt, plan }, [])),
  }))
  const started = await tx
    .insertInto('obligationClock')
    .values(clocks)
    .onConflict((conflict) => conflict.doNothing())
    .returning('obligationId')
    .execute()
  const fresh = new Set(started.map(({ obligationId }) => obligationId))
  const rows = await Promise.all(
    drafts
      .filter(({ id }) => fresh.has(id))
      .map(async ({ id, subject, label, person, role, dueAt, terms, plan }) => ({
        ...{ id, kind: kind.name, subject, personId: person ?? null, role: role ?? null, openedAt: now, dueAt },
        labelSealed: await vault.seal('org', labelPlace(id), label),
        calendarVersion: calendar.version,
        ...{ terms: JSON.stringify(terms), plan: JSON.stringify(plan) },
      })),
  )
  if (rows.length > 0) await tx.insertInto('obligation').values(rows).execute()
  for (const at of new Set(
    clocks.filter(({ obligationId }) => fresh.has(obligationId)).map(({ wakeAt: at }) => at?.getTime() ?? 0),
  )) {
    if (at > 0) await wakeAt(tx, now, new Date(at))
  }
  if (rows.length === drafts.length) return drafts.map(({ id }) => id)
  return running(entered, kind, drafts, fresh)
}

/** The ids of clocks that ran before, in place of those that were not needed. */
const running = async (
  { tx }: Entered,
  kind: Obligation,
  drafts: readonly { id: ObligationId; subject: string; person: PersonId | undefined }[],
  fresh: ReadonlySet<string>,
): Promise<ObligationId[]> => {
  const rows = await tx
    .selectFrom('obligationClock')
    .select(['obligationId', 'subject', 'personId'])
    .where('kind', '=', kind.name)
    .where('subject', 'in', [...new Set(drafts.map(({ subject }) => subject))])
    .execute()
  const found = new Map(rows.map(({ obligationId, subject, personId }) => [`${subject} ${personId}`, obligationId]))
  return drafts.map(({ id, subject, person }) =>
    fresh.has(id) ? id : ObligationId.parse(found.get(`${subject} ${person ?? ''}`)),
  )
}

/** Stops the clocks of what is about `subject` and says how it ended. Returns how many ran. */
const end = async (
  { tx }: Entered,
  now: Date,
  kind: Obligation,
  { subject, person }: About,
  how: { kind: 'met' | 'withdrawn'; by: PersonId | null; reason: string | null },
): Promise<number> => {
  let stopping = tx.deleteFrom('obligationClock').where('kind', '=', kind.name).where('subject', '=', subject)
  if (person !== undefined) stopping = stopping.where('personId', '=', person)
  const stopped: Pick<ClockRow, 'obligationId' | 'dueAt'>[] = await stopping.returning(['obligationId', 'dueAt']).execute()
  for (let from = 0; from < stopped.length; from += 100) {
    const events = stopped.slice(from, from + 100).map(({ obligationId, dueAt }) => ({
      ...{ obligationId, step: 'ended', kind: how.kind, at: now, plannedAt: null, personId: how.by, escalatedTo: null },
      ...{ reason: how.reason, dueAt, plan: null },
    }))
    await tx
      .insertInto('obligationEvent')
      .values(events)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  return stopped.length
}

/** Obligations inside an entered organisation, for jobs; handlers use `context.obligations`. */
export interface Obligations {
  /** Starts the clock; where the same thing is owed already, the clock that runs goes on untouched. Returns the obligation's id. */
  open: <K extends Obligation>(kind: K, opening: OpeningOf<K>) => Promise<ObligationId>
  /** The same for at most a hundred. */
  openMany: <K extends Obligation>(kind: K, openings: readonly OpeningOf<K>[]) => Promise<ObligationId[]>
  /** It was done. Returns how many were owed. */
  meet: (kind: Obligation, about: About) => Promise<number>
  /** It is no longer owed, since what it was about is gone. Returns how many were owed. */
  withdraw: (kind: Obligation, about: About, reason: string) => Promise<number>
}

/** `by`: whose doing it is; null: the platform's. */
export const obligationsIn = (entered: Entered, now: Date, by: PersonId | null = null): Obligations => ({
  open: async (kind, opening) => {
    const [id] = await open(entered, now, kind, [opening as Opening])
    return ObligationId.parse(id)
  },
  openMany: (kind, openings) => open(entered, now, kind, openings as readonly Opening[]),
  meet: (kind, about) => end(entered, now, kind, about, { kind: 'met', by, reason: null }),
  withdraw: (kind, about, reason) => end(entered, now, kind, about, { kind: 'withdrawn', by, reason }),
})

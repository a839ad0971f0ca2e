import { member, PersonId, Role, type OrgId } from '@holdfast/contract'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle, type Context } from '../../kernel/handle.ts'
import { peopleOf, type Person } from '../../kernel/people.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { matches } from './rules.ts'

/** Members read at a time when names are searched, which only we can read; and how many at most for one page. */
const batch = 250
const scanned = 2_000

interface Row {
  personId: string
  role: string
  roleBy: 'person' | 'directory'
  createdAt: Date
  mfaEnrolledAt: Date | null
}

const rowsAfter = (tx: OrgTx, cursor: string | null, role: Role | undefined, limit: number): Promise<Row[]> => {
  let query = tx
    .selectFrom('membership')
    .innerJoin('person', 'person.id', 'membership.personId')
    .select(['membership.personId', 'membership.role', 'membership.roleBy', 'membership.createdAt', 'person.mfaEnrolledAt'])
  if (cursor !== null) query = query.where('membership.personId', '>', cursor)
  if (role !== undefined) query = query.where('membership.role', '=', role)
  return query.orderBy('membership.personId').limit(limit).execute()
}

/** When each was last here, by their sessions in this organisation; a session belongs to its person, so the organisation is named. */
const lastSeen = async (tx: OrgTx, orgId: OrgId, people: readonly string[]): Promise<Map<string, Date>> => {
  if (people.length === 0) return new Map()
  const rows = await tx
    .selectFrom('session')
    .select(({ fn }) => ['personId', fn.max('lastSeenAt').as('at')])
    .where('orgId', '=', orgId)
    .where('personId', 'in', [...people])
    .groupBy('personId')
    .execute()
  return new Map(rows.map(({ personId, at }) => [personId, at]))
}

interface Found {
  rows: (Row & { person: Person })[]
  next: string | null
}

/** One page of those whose name or address contains `search`: batch by batch, one unwrap of keys each, up to a bound. */
const find = async (
  { tx, vault }: Pick<Context, 'tx' | 'vault'>,
  cursor: string | null,
  role: Role | undefined,
  search: string,
  limit: number,
): Promise<Found> => {
  const found: Found['rows'] = []
  const size = search === '' ? limit + 1 : batch
  let at = cursor
  for (let read = 0; read < scanned; read += size) {
    const rows = await rowsAfter(tx, at, role, size)
    const people = await peopleOf(
      { tx, vault },
      rows.map(({ personId }) => personId),
    )
    for (const row of rows) {
      if (found.length === limit) return { rows: found, next: found.at(-1)?.personId ?? null }
      const person = people.get(row.personId) ?? { id: row.personId as PersonId, name: '', email: '' }
      if (search === '' || matches(search, [person.name, person.email])) found.push({ ...row, person })
    }
    at = rows.at(-1)?.personId ?? at
    if (rows.length < size) return { rows: found, next: null }
  }
  return { rows: found, next: at }
}

export const list = handle(member.list, async ({ limit, after, search = '', role }, { tx, vault, orgId }) => {
  const cursor = cursorOf(PersonId, after)
  const { rows, next } = await find({ tx, vault }, cursor, role, search.trim(), limit)
  const seen = await lastSeen(
    tx,
    orgId,
    rows.map(({ personId }) => personId),
  )
  return {
    rows: rows.map(({ personId, role: held, roleBy, createdAt, mfaEnrolledAt, person }) => ({
      id: personId as PersonId,
      name: person.name,
      email: person.email,
      role: Role.parse(held),
      roleBy,
      since: createdAt.toISOString(),
      factorEnrolled: mfaEnrolledAt !== null,
      lastSeenAt: seen.get(personId)?.toISOString() ?? null,
    })),
    next,
  }
})

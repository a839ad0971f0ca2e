import { PersonId, policyAcknowledgement } from '@holdfast/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { job, type JobContext } from '../../kernel/job.ts'
import { queueMail } from '../../kernel/mail.ts'
import { obligationsIn } from '../../kernel/obligation/obligations.ts'
import { peopleOf } from '../../kernel/people.ts'
import { changeAs, type Unit } from '../../kernel/unit.ts'
import { acknowledgeUntil } from './rules.ts'

const peopleAtOnce = 100

/**
 * The published version of a policy, locked: whoever acknowledges it waits until those who have not are known, so that nobody is asked for
 * what they just did.
 */
const publishedVersion = ({ tx }: Unit, policyId: string) =>
  tx
    .selectFrom('policyVersion as v')
    .innerJoin('policy', 'policy.id', 'v.policyId')
    .select(['v.id', 'v.number', 'v.publishedAt', 'policy.title', sql<string>`v.acknowledge_by::text`.as('by')])
    .where('v.policyId', '=', policyId)
    .where('v.state', '=', 'published')
    .where('policy.retiredAt', 'is', null)
    .forUpdate('v')
    .executeTakeFirst()

/** Members who have not acknowledged it, a page of them, with the clock that runs for them already. */
const waitingFor = ({ tx }: Unit, policyId: string, versionId: string, after: string) =>
  tx
    .selectFrom('membership')
    .leftJoin('policyAcknowledgement as a', (join) =>
      join.onRef('a.personId', '=', 'membership.personId').on('a.versionId', '=', versionId),
    )
    .leftJoin('obligationClock as c', (join) =>
      join
        .onRef('c.personId', '=', 'membership.personId')
        .on('c.kind', '=', policyAcknowledgement.name)
        .on('c.subject', '=', policyId),
    )
    .select(['membership.personId', 'c.dueAt'])
    .where('a.versionId', 'is', null)
    .where('membership.personId', '>', after)
    .orderBy('membership.personId')
    .limit(peopleAtOnce)
    .execute()

const askedFor = (now: Date, due: Date): string =>
  due < now ? `you had until ${due.toISOString().slice(0, 10)}` : `by ${due.toISOString().slice(0, 10)}`

/** One page: starts the clocks that do not run yet and writes. Returns whom it ended with; null when nobody is left. */
const askPage = async (unit: Unit, policyId: string, after: string, onlyNew: boolean, now: Date, publicUrl: string) => {
  const version = await publishedVersion(unit, policyId)
  if (!version?.publishedAt) return null
  const { title, number, by, publishedAt } = version
  const page = await waitingFor(unit, policyId, version.id, after)
  const rows = page.filter(({ dueAt }) => !onlyNew || dueAt === null)
  const due = acknowledgeUntil(now, publishedAt, by)
  const openings = rows
    .filter(({ dueAt }) => dueAt === null)
    .map(({ personId }) => ({ subject: policyId, label: `${title}, version ${number}`, person: PersonId.parse(personId), due }))
  await obligationsIn(unit, now).openMany(policyAcknowledgement, openings)
  const people = await peopleOf(
    unit,
    rows.map(({ personId }) => personId),
  )
  for (const { personId, dueAt } of rows) {
    const person = people.get(personId)
    if (!person) continue
    const text = `Hello ${person.name},\n\nplease read “${title}” and acknowledge it (${askedFor(now, dueAt ?? due)}):\n\n${publicUrl}/policies/${policyId}\n`
    await queueMail(unit, { to: person.email, subject: `Please acknowledge: ${title}`, text, personId: PersonId.parse(personId) })
  }
  const last = page.at(-1)?.personId
  return last === undefined ? null : { last, more: page.length === peopleAtOnce, asked: rows.length }
}

/** Asks everybody who still has to acknowledge a policy, or only who was never asked; one entry for each hundred. */
const askAll = async ({ services, orgId }: JobContext, policyId: string, onlyNew: boolean): Promise<void> => {
  let after = ''
  for (;;) {
    const start = after
    const sent = await changeAs(services.ground, 'policy.ask', orgId, async (unit) => {
      const value = await askPage(unit, policyId, start, onlyNew, services.clock.now(), services.publicUrl)
      return value && { value, action: 'policy.members_asked', targetId: policyId, reason: `${value.asked} members` }
    })
    if (!sent?.value.more) return
    after = sent.value.last
  }
}

export const ask = job('policy.ask', z.object({ id: z.string(), onlyNew: z.number().optional() }), ({ id, onlyNew }, context) =>
  askAll(context, id, onlyNew === 1),
)

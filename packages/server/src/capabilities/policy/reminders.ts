import { PersonId } from '@holdfast/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { job, schedule, type JobContext } from '../../kernel/job.ts'
import { queueMail } from '../../kernel/mail.ts'
import { peopleOf } from '../../kernel/people.ts'
import { changeAs, openUnit, readIn, type Unit } from '../../kernel/unit.ts'
import { dateAfter } from './rules.ts'

const peopleAtOnce = 100

/** Members who have not acknowledged the published version, a page of them. */
const waitingFor = (unit: Unit, policyId: string, after: string) =>
  unit.tx
    .selectFrom('membership')
    .innerJoin('policyVersion as current', (join) =>
      join.on('current.policyId', '=', policyId).on('current.state', '=', 'published'),
    )
    .innerJoin('policy', 'policy.id', 'current.policyId')
    .leftJoin('policyAcknowledgement as a', (join) =>
      join.onRef('a.personId', '=', 'membership.personId').onRef('a.versionId', '=', 'current.id'),
    )
    .select(['membership.personId', 'policy.title', sql<string>`current.acknowledge_by::text`.as('by')])
    .where('a.versionId', 'is', null)
    .where('policy.retiredAt', 'is', null)
    .where('membership.personId', '>', after)
    .orderBy('membership.personId')
    .limit(peopleAtOnce)
    .execute()

/** Writes to everybody who still has to acknowledge a policy; one entry for each hundred. */
const askAll = async ({ services, orgId }: JobContext, policyId: string): Promise<void> => {
  let after = ''
  for (;;) {
    const start = after
    const sent = await changeAs(services.ground, 'policy.ask', orgId, async (unit) => {
      const rows = await waitingFor(unit, policyId, start)
      const people = await peopleOf(
        unit,
        rows.map(({ personId }) => personId),
      )
      for (const { personId, title, by } of rows) {
        const person = people.get(personId)
        if (!person) continue
        const text = `Hello ${person.name},\n\nplease read “${title}” and acknowledge it by ${by}:\n\n${services.publicUrl}/policies/${policyId}\n`
        await queueMail(unit, {
          to: person.email,
          subject: `Please acknowledge: ${title}`,
          text,
          personId: PersonId.parse(personId),
        })
      }
      const last = rows.at(-1)?.personId
      return last === undefined
        ? null
        : { value: { last, more: rows.length === peopleAtOnce }, action: 'policy.members_asked', targetId: policyId }
    })
    if (!sent?.value.more) return
    after = sent.value.last
  }
}

export const ask = job('policy.ask', z.object({ id: z.string() }), ({ id }, context) => askAll(context, id))

/** Policies whose acknowledgement is due within three days or late, once a day each. */
const remindMembers = async (context: JobContext, now: Date): Promise<void> => {
  const today = dateAfter(now, 0)
  const unit = openUnit(context.services.ground, context.orgId, null, true)
  let due: { id: string }[] = []
  try {
    due = await unit.tx
      .updateTable('policy')
      .set({ remindedOn: today })
      .where('retiredAt', 'is', null)
      .where((row) => row.or([row('remindedOn', 'is', null), row('remindedOn', '<', today)]))
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('policyVersion as v')
            .select('v.id')
            .whereRef('v.policyId', '=', 'policy.id')
            .where('v.state', '=', 'published')
            .where('v.acknowledgeBy', '<=', dateAfter(now, 3)),
        ),
      )
      .returning('id')
      .execute()
    await unit.transaction.commit() // only a quiet column changed
  } catch (error) {
    await unit.transaction.rollback()
    throw error
  }
  for (const { id } of due) await askAll(context, id)
}

/** The owner hears two weeks before a review is due, and each week after until it is done. */
const remindOwners = async ({ services, orgId }: JobContext, now: Date): Promise<void> => {
  const due = await readIn(services.ground, orgId, null, ({ tx }) =>
    tx
      .selectFrom('policy')
      .select(['id', 'title', 'ownerId', sql<string>`next_review_on::text`.as('on')])
      .where('retiredAt', 'is', null)
      .where('nextReviewOn', '<=', dateAfter(now, 14))
      .where((row) => row.or([row('reviewRemindedOn', 'is', null), row('reviewRemindedOn', '<=', dateAfter(now, -7))]))
      .limit(100)
      .execute(),
  )
  for (const { id, title, ownerId, on } of due) {
    await changeAs(services.ground, 'policy.remind', orgId, async (unit) => {
      const owner = (await peopleOf(unit, [ownerId])).get(ownerId)
      await unit.tx
        .updateTable('policy')
        .set({ reviewRemindedOn: dateAfter(now, 0) })
        .where('id', '=', id)
        .execute()
      if (!owner) return { value: null, action: 'policy.review_due', targetId: id }
      const text = `Hello ${owner.name},\n\n“${title}” is to be reviewed by ${on}:\n\n${services.publicUrl}/policies/${id}\n`
      await queueMail(unit, { to: owner.email, subject: `Review due: ${title}`, text, personId: PersonId.parse(ownerId) })
      return { value: null, action: 'policy.review_due', targetId: id }
    })
  }
}

export const reminders = schedule('policy.reminders', '0 7 * * *', async (context) => {
  const now = context.services.clock.now()
  await remindMembers(context, now)
  await remindOwners(context, now)
})

import { days, PersonId, policyAcknowledgement, policyReview } from '@holdfast/contract'
import { enqueue } from '../../kernel/enqueue.ts'
import { schedule, type JobContext } from '../../kernel/job.ts'
import { obligationsIn } from '../../kernel/obligation/obligations.ts'
import { changeAs, openUnit, type Unit } from '../../kernel/unit.ts'

/** Policies that somebody has to acknowledge who was never asked: they joined after it was published. */
const withNewcomers = ({ tx }: Unit) =>
  tx
    .selectFrom('policyVersion as v')
    .innerJoin('policy', 'policy.id', 'v.policyId')
    .innerJoin('membership as m', (join) => join.onTrue())
    .leftJoin('policyAcknowledgement as a', (join) =>
      join.onRef('a.versionId', '=', 'v.id').onRef('a.personId', '=', 'm.personId'),
    )
    .leftJoin('obligationClock as c', (join) =>
      join
        .on('c.kind', '=', policyAcknowledgement.name)
        .onRef('c.subject', '=', 'v.policyId')
        .onRef('c.personId', '=', 'm.personId'),
    )
    .select('v.policyId')
    .distinct()
    .where('v.state', '=', 'published')
    .where('policy.retiredAt', 'is', null)
    .where('a.versionId', 'is', null)
    .where('c.obligationId', 'is', null)
    .limit(500)
    .execute()

const askNewcomers = async ({ services, orgId }: JobContext): Promise<void> => {
  const unit = openUnit(services.ground, orgId, null, true)
  try {
    for (const { policyId } of await withNewcomers(unit))
      await enqueue(unit.tx, 'policy.ask', { id: policyId, onlyNew: 1 }, { key: `ask-new:${policyId}` })
    await unit.transaction.commit() // jobs are no rows of the organisation
  } catch (error) {
    await unit.transaction.rollback()
    throw error
  }
}

/** Who has left the organisation acknowledges nothing any more; a hundred at a time. */
const releaseLeavers = async ({ services, orgId }: JobContext): Promise<void> => {
  const now = services.clock.now()
  const page = () =>
    changeAs(services.ground, 'policy.upkeep', orgId, async (unit) => {
      const rows = await unit.tx
        .selectFrom('obligationClock as c')
        .leftJoin('membership as m', 'm.personId', 'c.personId')
        .select(['c.subject', 'c.personId'])
        .where('c.kind', '=', policyAcknowledgement.name)
        .where('m.personId', 'is', null)
        .limit(100)
        .execute()
      const owed = obligationsIn(unit, now)
      for (const { subject, personId } of rows)
        await owed.withdraw(policyAcknowledgement, { subject, person: PersonId.parse(personId) }, 'No longer a member.')
      return rows.length === 0 ? null : { value: rows.length, action: 'policy.leavers_released', targetId: orgId }
    })
  while ((await page())?.value === 100);
}

/** A published policy always has a review ahead; where none runs (it was published before there was this clock) one is opened. */
const openMissingReviews = async ({ services, orgId }: JobContext): Promise<void> => {
  const now = services.clock.now()
  await changeAs(services.ground, 'policy.upkeep', orgId, async (unit) => {
    const rows = await unit.tx
      .selectFrom('policyVersion as v')
      .innerJoin('policy as p', 'p.id', 'v.policyId')
      .leftJoin('obligationClock as c', (join) => join.onRef('c.subject', '=', 'p.id').on('c.kind', '=', policyReview.name))
      .select(['p.id', 'p.title', 'p.ownerId', 'p.reviewEveryDays'])
      .where('v.state', '=', 'published')
      .where('p.retiredAt', 'is', null)
      .where('c.obligationId', 'is', null)
      .limit(100)
      .execute()
    const openings = rows.map(({ id, title, ownerId, reviewEveryDays }) => ({
      ...{ subject: id, label: title, person: PersonId.parse(ownerId), within: days(reviewEveryDays) },
    }))
    await obligationsIn(unit, now).openMany(policyReview, openings)
    return rows.length === 0 ? null : { value: null, action: 'policy.reviews_opened', targetId: orgId }
  })
}

/** What publication and membership leave undone, once a day. Reminders themselves are the clock's. */
export const upkeep = schedule('policy.upkeep', '0 7 * * *', async (context) => {
  await releaseLeavers(context)
  await openMissingReviews(context)
  await askNewcomers(context)
})

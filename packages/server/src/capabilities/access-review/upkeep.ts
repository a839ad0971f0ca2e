import { accessReviewDue } from '@holdfast/contract'
import { schedule, type JobContext } from '../../kernel/job.ts'
import { obligationsIn } from '../../kernel/obligation/obligations.ts'
import { changeAs, openUnit, readIn } from '../../kernel/unit.ts'
import { gatherLater } from './gathering.ts'
import { quarterly } from './refreshing.ts'
import { dueAtOf } from './rows.ts'

/** Every organisation owes a review, those that were there before reviews were as well. */
const oweOne = ({ services, orgId }: JobContext) =>
  changeAs(services.ground, 'accessReview.upkeep', orgId, async (unit) => {
    if ((await dueAtOf(unit.tx)) !== null) return null
    const opening = { subject: orgId, label: quarterly, role: 'admin' as const }
    await obligationsIn(unit, services.clock.now()).open(accessReviewDue, opening)
    return { value: null, action: 'access_review.asked_for', targetId: orgId }
  })

/** A snapshot whose job was given up goes on. */
const goOn = async ({ services, orgId }: JobContext, id: string): Promise<void> => {
  const unit = openUnit(services.ground, orgId, null, true)
  try {
    await gatherLater(unit.tx, id)
    await unit.transaction.commit() // jobs are no rows of the organisation
  } catch (error) {
    await unit.transaction.rollback()
    throw error
  }
}

/** Reads, and writes only where something is missing. */
export const upkeep = schedule(
  'accessReview.upkeep',
  '*/10 * * * *',
  async (context) => {
    const { owed, stuck } = await readIn(context.services.ground, context.orgId, null, async ({ tx }) => ({
      owed: (await dueAtOf(tx)) !== null,
      stuck: await tx.selectFrom('accessReview').select('id').where('state', '=', 'gathering').executeTakeFirst(),
    }))
    if (!owed) await oweOne(context)
    if (stuck) await goOn(context, stuck.id)
  },
  { atStart: true },
)

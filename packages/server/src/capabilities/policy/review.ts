import { days, PersonId, policy, policyAcknowledgement, policyReview } from '@holdfast/contract'
import { enqueue } from '../../kernel/enqueue.ts'
import { handle, type Context } from '../../kernel/handle.ts'
import { isOneOf } from '../../kernel/people.ts'
import type { Problem } from '../../kernel/problem.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { lockPolicy, lockVersion, presentVersion, readSummaries, versionColumns, type VersionRow } from './rows.ts'
import { dateAfter, mayTake, steps, type Step } from './rules.ts'
import type { PolicyVersionTable } from './table.ts'

type Refuse = (code: 'version_not_found' | 'wrong_state', detail?: string) => Problem

/** The version, locked, in a state from which the step may be taken. */
const versionFor = async (tx: OrgTx, id: string, step: Step, refuse: Refuse): Promise<VersionRow> => {
  const version = await lockVersion(tx, id)
  if (!version) throw refuse('version_not_found')
  if (!mayTake(step, version.state)) throw refuse('wrong_state', `This version is ${version.state.replace('_', ' ')}.`)
  return version
}

const take = async (tx: OrgTx, id: string, step: Step, changes: Partial<PolicyVersionTable>) => {
  const row = await tx
    .updateTable('policyVersion')
    .set({ ...changes, state: steps[step].to })
    .where('id', '=', id)
    .returning(versionColumns)
    .executeTakeFirstOrThrow()
  return presentVersion(row)
}

export const submit = handle(policy.submit, async ({ id }, { tx, now, fail }) => {
  await versionFor(tx, id, 'submit', fail)
  return take(tx, id, 'submit', { submittedAt: now, reviewComment: null })
})

export const approve = handle(policy.approve, async ({ id, comment, sha256 }, context) => {
  const { tx, person, now, fail, because } = context
  const version = await versionFor(tx, id, 'approve', fail)
  if (await isOneOf(context, person(), version.editors))
    throw fail('own_version', 'Somebody who did not write at it must approve it.')
  if (version.sha256 !== sha256) throw fail('content_changed', 'The content is not the one you read. Read it again.')
  if (comment) because(comment)
  return take(tx, id, 'approve', { approvedBy: person(), approvedAt: now, reviewComment: comment ?? null })
})

export const requestChanges = handle(policy.requestChanges, async ({ id, comment }, { tx, fail, because }) => {
  await versionFor(tx, id, 'requestChanges', fail)
  because(comment)
  return take(tx, id, 'requestChanges', { reviewComment: comment, approvedBy: null, approvedAt: null, submittedAt: null })
})

export const publish = handle(policy.publish, async ({ id, acknowledgeWithinDays }, { tx, now, obligations, fail }) => {
  const version = await versionFor(tx, id, 'publish', fail)
  const found = await lockPolicy(tx, version.policyId)
  if (!found || found.retiredAt) throw fail('wrong_state', 'The policy is retired.')
  await tx
    .updateTable('policyVersion')
    .set({ state: 'superseded' })
    .where('policyId', '=', version.policyId)
    .where('state', '=', 'published')
    .execute()
  const published = await take(tx, id, 'publish', { publishedAt: now, acknowledgeBy: dateAfter(now, acknowledgeWithinDays) })
  await tx.updateTable('policy').set({ remindedOn: null }).where('id', '=', version.policyId).execute()
  await obligations.withdraw(policyAcknowledgement, { subject: found.id }, 'A newer version was published.')
  await obligations.meet(policyReview, { subject: found.id })
  await obligations.open(policyReview, reviewOf(found))
  await enqueue(tx, 'policy.ask', { id: version.policyId }, { key: `ask:${version.policyId}` })
  return published
})

/** Its owner has as long as the policy says. */
const reviewOf = ({
  id,
  title,
  ownerId,
  reviewEveryDays,
}: {
  id: string
  title: string
  ownerId: string
  reviewEveryDays: number
}) => ({
  ...{ subject: id, label: title, person: PersonId.parse(ownerId), within: days(reviewEveryDays) },
})

const summaryOf = async ({ tx, person, now }: Pick<Context, 'tx' | 'person' | 'now'>, id: string) => {
  const [summary] = await readSummaries(tx, person(), now, { id, limit: 1 })
  if (!summary) throw new Error('a policy that was just changed is gone')
  return summary
}

export const confirmReview = handle(policy.confirmReview, async ({ id, comment }, context) => {
  const { tx, obligations, fail, because } = context
  const found = await lockPolicy(tx, id)
  if (!found) throw fail('policy_not_found')
  const published = await tx
    .selectFrom('policyVersion')
    .select('id')
    .where('policyId', '=', id)
    .where('state', '=', 'published')
    .executeTakeFirst()
  if (!published || found.retiredAt) throw fail('not_published')
  because(comment)
  await obligations.meet(policyReview, { subject: id })
  await obligations.open(policyReview, reviewOf(found))
  return summaryOf(context, id)
})

export const retire = handle(policy.retire, async ({ id, reason }, context) => {
  const { tx, now, obligations, fail, because } = context
  const found = await lockPolicy(tx, id)
  if (!found) throw fail('policy_not_found')
  if (found.retiredAt) throw fail('policy_retired')
  because(reason)
  await tx.updateTable('policy').set({ retiredAt: now }).where('id', '=', id).execute()
  for (const kind of [policyReview, policyAcknowledgement])
    await obligations.withdraw(kind, { subject: id }, 'The policy was retired.')
  return summaryOf(context, id)
})

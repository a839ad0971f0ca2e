import { PersonId, policy, PolicyId, policyReview, PolicyVersionId } from '@holdfast/contract'
import { handle, type Context } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import type { Problem } from '../../kernel/problem.ts'
import { lockPolicy, lockVersion, contentPlace, presentVersion, readSummaries, versionColumns } from './rows.ts'
import { mayTake, readContent, unknownPromise } from './rules.ts'

type Refuse = (code: 'content_invalid' | 'content_too_large', detail: string) => Problem

interface Draft {
  policyId: string
  number: number
  format: 'markdown' | 'pdf'
  content: string
  note: string
}

const checked = (format: 'markdown' | 'pdf', content: string, refuse: Refuse) => {
  const read = readContent(format, content)
  if (!read.ok) throw refuse(read.code, read.detail)
  return read
}

const insertDraft = async (
  { tx, vault, person, now }: Pick<Context, 'tx' | 'vault' | 'person' | 'now'>,
  draft: Draft,
  refuse: Refuse,
) => {
  const { bytes, sha256 } = checked(draft.format, draft.content, refuse)
  const id = newIdOf(PolicyVersionId, 'pv')
  const author = person()
  const { policyId, number, format, note } = draft
  const row = await tx
    .insertInto('policyVersion')
    .values({
      ...{ id, policyId, number, format, note, sha256, state: 'draft', authorId: author, editors: [author], createdAt: now },
      bytes: bytes.length,
      contentSealed: await vault.seal('org', contentPlace(id), bytes),
    })
    .returning(versionColumns)
    .executeTakeFirstOrThrow()
  return presentVersion(row)
}

export const create = handle(policy.create, async (input, context) => {
  const { title, format, content, note, reviewEveryDays, requiredAtOnce, promises } = input
  const { tx, person, now, fail } = context
  const unknown = unknownPromise(promises)
  if (unknown !== null) throw fail('unknown_promise', `There is no promise ${unknown}.`)
  const id = newIdOf(PolicyId, 'po')
  await tx
    .insertInto('policy')
    .values({ id, title, ownerId: person(), promises, reviewEveryDays, requiredAtOnce, createdAt: now })
    .execute()
  return insertDraft(context, { policyId: id, number: 1, format, content, note }, fail)
})

export const addVersion = handle(policy.addVersion, async ({ id, format, content, note }, context) => {
  const { tx, fail } = context
  const found = await lockPolicy(tx, id)
  if (!found) throw fail('policy_not_found')
  if (found.retiredAt) throw fail('policy_retired')
  const latest = await tx
    .selectFrom('policyVersion')
    .select(['number', 'state'])
    .where('policyId', '=', id)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (latest && ['draft', 'in_review', 'approved'].includes(latest.state))
    throw fail('version_open', `Version ${latest.number} is not published yet.`)
  return insertDraft(context, { policyId: id, number: (latest?.number ?? 0) + 1, format, content, note }, fail)
})

export const editDraft = handle(policy.editDraft, async ({ id, content, note }, { tx, vault, person, fail }) => {
  const version = await lockVersion(tx, id)
  if (!version) throw fail('version_not_found')
  if (!mayTake('edit', version.state)) throw fail('wrong_state', 'Only a draft can be edited.')
  const { bytes, sha256 } = checked(version.format, content, fail)
  const editor = person()
  const row = await tx
    .updateTable('policyVersion')
    .set({
      ...{ sha256, bytes: bytes.length, authorId: editor, editors: [...new Set([...version.editors, editor])] },
      ...(note !== undefined && { note }),
      contentSealed: await vault.seal('org', contentPlace(id), bytes),
    })
    .where('id', '=', id)
    .returning(versionColumns)
    .executeTakeFirstOrThrow()
  return presentVersion(row)
})

type Updating = Context<typeof policy.update>

/** A review that is owed passes to the new owner, with its deadline. */
const handOver = async (
  { tx, obligations }: Pick<Updating, 'tx' | 'obligations'>,
  policyId: string,
  label: string,
  owner: string,
) => {
  const owed = await tx
    .selectFrom('obligationClock')
    .select(['dueAt', 'paused'])
    .where('kind', '=', policyReview.name)
    .where('subject', '=', policyId)
    .executeTakeFirst()
  await obligations.withdraw(policyReview, { subject: policyId }, 'The policy has a new owner.')
  if (!owed) return obligations.unneeded(policyReview)
  await obligations.open(policyReview, { subject: policyId, label, person: PersonId.parse(owner), due: owed.dueAt })
}

export const update = handle(policy.update, async ({ id, ...changes }, context) => {
  const { tx, person, now, obligations, fail } = context
  const found = await lockPolicy(tx, id)
  if (!found) throw fail('policy_not_found')
  const unknown = unknownPromise(changes.promises ?? [])
  if (unknown !== null) throw fail('unknown_promise', `There is no promise ${unknown}.`)
  if (changes.ownerId !== undefined) {
    const member = await tx.selectFrom('membership').select('personId').where('personId', '=', changes.ownerId).executeTakeFirst()
    if (!member) throw fail('member_not_found')
  }
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
  if (Object.keys(given).length > 0) await tx.updateTable('policy').set(given).where('id', '=', id).execute()
  if (changes.ownerId !== undefined && changes.ownerId !== found.ownerId) {
    await handOver(context, id, changes.title ?? found.title, changes.ownerId)
  } else obligations.unneeded(policyReview)
  const [summary] = await readSummaries(tx, person(), now, { id, limit: 1 })
  if (!summary) throw fail('policy_not_found')
  return summary
})

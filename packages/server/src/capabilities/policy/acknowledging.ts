import { policy, policyAcknowledgement, PolicyVersionId } from '@holdfast/contract'
import { enqueue } from '../../kernel/enqueue.ts'
import { handle } from '../../kernel/handle.ts'
import { lockPolicy, lockVersion } from './rows.ts'
import { mayTake, statementOf } from './rules.ts'

/** The record is signed with the installation's key, so that it stands outside the database too: a JWS over who, what and when. */
export const acknowledge = handle(policy.acknowledge, async ({ id, sha256 }, context) => {
  const { tx, person, orgId, now, services, obligations, fail } = context
  const version = await lockVersion(tx, id)
  if (!version) throw fail('version_not_found')
  if (!mayTake('acknowledge', version.state)) throw fail('wrong_state', 'Only the published version can be acknowledged.')
  if (version.sha256 !== sha256) throw fail('content_changed', 'The content is not the one you read. Read it again.')
  const personId = person()
  const { title } = await tx.selectFrom('policy').select('title').where('id', '=', version.policyId).executeTakeFirstOrThrow()
  const statement = statementOf(title, version.number)
  const at = now.toISOString()
  const signature = await services.tokens.signStatement({ org: orgId, sub: personId, version: id, sha256, statement, at }, now)
  const inserted = await tx
    .insertInto('policyAcknowledgement')
    .values({ versionId: id, personId, at: now, statement, signature })
    .onConflict((conflict) => conflict.doNothing())
    .returning('versionId')
    .executeTakeFirst()
  if (!inserted) throw fail('already_acknowledged')
  await obligations.meet(policyAcknowledgement, { subject: version.policyId, person: personId })
  return { personId, versionId: PolicyVersionId.parse(id), at, statement, signature }
})

export const remind = handle(policy.remind, async ({ id }, { tx, now, fail }) => {
  const found = await lockPolicy(tx, id)
  if (!found) throw fail('policy_not_found')
  const today = now.toISOString().slice(0, 10)
  const current = await tx
    .selectFrom('policyVersion')
    .select('id')
    .where('policyId', '=', id)
    .where('state', '=', 'published')
    .executeTakeFirst()
  if (!current || found.retiredAt) throw fail('not_published')
  if (found.remindedOn === today) throw fail('reminded_today')
  const waiting = await tx
    .selectFrom('membership')
    .leftJoin('policyAcknowledgement as a', (join) =>
      join.onRef('a.personId', '=', 'membership.personId').on('a.versionId', '=', current.id),
    )
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('a.versionId', 'is', null)
    .executeTakeFirstOrThrow()
  await tx.updateTable('policy').set({ remindedOn: today }).where('id', '=', id).execute()
  if (Number(waiting.count) > 0) await enqueue(tx, 'policy.ask', { id }, { key: `ask:${id}` })
  return { id, reminded: Number(waiting.count) }
})

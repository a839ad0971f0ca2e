import { policyReview } from '@holdfast/contract'
import type { Capability } from '../../kernel/capability.ts'
import { keeps } from '../../kernel/promise.ts'
import { readIn } from '../../kernel/unit.ts'
import { acknowledge, remind } from './acknowledging.ts'
import { addVersion, create, editDraft, update } from './drafting.ts'
import { policiesAcknowledged } from './clearance.ts'
import { acknowledgements, content, diff, list, read } from './queries.ts'
import { ask } from './asking.ts'
import { upkeep } from './upkeep.ts'
import { approve, confirmReview, publish, requestChanges, retire, submit } from './review.ts'

const policiesAreKept = keeps('H4', async ({ services, orgId }) => {
  const { rows } = await readIn(services.ground, orgId, null, ({ transaction }) =>
    transaction.query(
      `select count(*)::int as published, count(*) filter (where v.approved_by is null or v.approved_by = any (v.editors))::int as unapproved,
         count(*) filter (where c.due_at is null or c.due_at < $2)::int as late
       from policy p join policy_version v on v.org_id = p.org_id and v.policy_id = p.id and v.state = 'published'
         left join obligation_clock c on c.org_id = p.org_id and c.subject = p.id and c.kind = $3
       where p.org_id = $1 and p.retired_at is null`,
      [orgId, services.clock.now(), policyReview.name],
    ),
  )
  const {
    published = 0,
    unapproved = 0,
    late = 0,
  } = (rows[0] ?? {}) as { published?: number; unapproved?: number; late?: number }
  const kept = published > 0 && unapproved === 0 && late === 0
  return {
    kept,
    proof:
      published === 0
        ? 'No policy has been published yet.'
        : `${published} policies are published; ${unapproved} lack an approval by somebody who did not write them, ${late} are past their review date.`,
  }
})

/** Written security policies (H4). */
export const policy: Capability = {
  handlers: [
    ...[
      create,
      update,
      addVersion,
      editDraft,
      submit,
      approve,
      requestChanges,
      publish,
      confirmReview,
      retire,
      acknowledge,
      remind,
    ],
    ...[list, read, content, diff, acknowledgements],
  ],
  jobs: [ask],
  schedules: [upkeep],
  clearance: [policiesAcknowledged],
  promises: [policiesAreKept],
}

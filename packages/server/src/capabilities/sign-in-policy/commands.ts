import { signInPolicy } from '@holdfast/contract'
import { handle } from '../../kernel/handle.ts'
import { countsAttendance } from '../../kernel/identity/sign-in-policy.ts'
import { authorOf, policyOf } from './queries.ts'
import { changed, locksOut } from './rules.ts'

/**
 * Holds from the commit on: every request reads the policy with its session. Nobody's attendance was noted while nothing asked for it, so it
 * begins to count now.
 */
export const set = handle(signInPolicy.set, async (change, context) => {
  const { tx, orgId, now, fail } = context
  await tx.selectFrom('org').select('id').forUpdate().execute()
  const before = await policyOf(tx)
  const next = changed(before, change)
  const author = await authorOf(context)
  const reason = author && locksOut(next, author, now)
  if (reason) throw fail('locks_you_out', reason)
  const { methods: signInMethods, ...others } = next
  await tx
    .updateTable('org')
    .set({ ...others, signInMethods })
    .execute()
  if (countsAttendance(next) && !countsAttendance(before))
    await tx
      .updateTable('session')
      .set({ attendedAt: now })
      .where('orgId', '=', orgId)
      .where('revokedAt', 'is', null)
      .where('attendedAt', 'is not', null)
      .execute()
  return { id: orgId, ...next }
})

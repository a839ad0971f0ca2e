import { accessPolicy, AccessPolicyId } from '@holdfast/contract'
import { countNarrowed } from '../../kernel/access/narrowing.ts'
import { policyColumns, presentPolicy } from '../../kernel/access/policies.ts'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle } from '../../kernel/handle.ts'
import { canonicalNetworks } from './rules.ts'

export const list = handle(accessPolicy.list, async ({ limit, after, state }, { tx }) => {
  const cursor = cursorOf(AccessPolicyId, after)
  let query = tx.selectFrom('accessPolicy').select(policyColumns)
  if (state !== undefined) query = query.where('state', '=', state)
  if (cursor !== null) query = query.where('id', '<', cursor)
  const rows = await query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit).map(presentPolicy)
  return { rows: shown, next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
})

export const read = handle(accessPolicy.read, async ({ id }, { tx, fail }) => {
  const row = await tx.selectFrom('accessPolicy').select(policyColumns).where('id', '=', id).executeTakeFirst()
  if (!row) throw fail('access_policy_not_found')
  return presentPolicy(row)
})

/** What the command would end if it came now, by the same rules. */
export const wouldEnd = handle(accessPolicy.wouldEnd, async ({ id, rules }, { tx, now, fail }) => {
  const row = await tx.selectFrom('accessPolicy').select(['state', 'bastionId']).where('id', '=', id).executeTakeFirst()
  if (!row) throw fail('access_policy_not_found')
  if (row.state === 'retired') throw fail('access_policy_retired')
  const checked = canonicalNetworks(rules?.sourceNetworks ?? [])
  if ('wrong' in checked) throw fail('network_invalid', `${checked.wrong} is no network, as 10.0.0.0/8 is one.`)
  const next = rules && { ...rules, sourceNetworks: checked.networks }
  return { id, ...(await countNarrowed(tx, id, next, row, now)) }
})

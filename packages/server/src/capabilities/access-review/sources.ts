import { reviewedKinds, type ReviewedKind } from '@holdfast/contract'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import type { Source, Wanted } from './reading.ts'
import type { Access } from './rules.ts'
import { accessRules, emergencyKeys, grants, staffPolicies } from './sources-of-grants.ts'
import { connections, directoryGroups, invitations } from './sources-of-joining.ts'
import { breakGlass, directoryTokens, keys, members, serviceAccounts } from './sources-of-principals.ts'

const sources: Record<ReviewedKind, Source> = {
  member: members,
  api_key: keys('api_key'),
  service_account: serviceAccounts,
  service_key: keys('service_key'),
  access_rule: accessRules,
  server_grant: grants('server_grant'),
  database_grant: grants('database_grant'),
  staff_policy: staffPolicies,
  break_glass: breakGlass,
  directory_token: directoryTokens,
  invitation: invitations,
  sso_connection: connections,
  directory_group: directoryGroups,
  emergency_key: emergencyKeys,
}

/** Everything of a kind that gives access now, a page of it. One statement however many. */
export const accessOf = (kind: ReviewedKind, tx: OrgTx, wanted: Wanted, now: Date): Promise<Access[]> =>
  sources[kind](tx, wanted, now)

/** Those of the given ones that still give access, as they stand: a statement a kind. `hold`: until commit. */
export const accessNow = async (
  tx: OrgTx,
  items: readonly { kind: ReviewedKind; ref: string }[],
  now: Date,
  hold: boolean,
): Promise<Map<string, Access>> => {
  const found = new Map<string, Access>()
  for (const kind of reviewedKinds) {
    const refs = items.filter((item) => item.kind === kind).map(({ ref }) => ref)
    if (refs.length === 0) continue
    for (const access of await accessOf(kind, tx, { refs, hold }, now)) found.set(keyOf(access), access)
  }
  return found
}

export const keyOf = ({ kind, ref }: { kind: ReviewedKind; ref: string }): string => `${kind} ${ref}`

import { accessPolicy, AccessPolicyId, type CodesOf, type ParsedInputOf } from '@holdfast/contract'
import { endGrants } from '../../kernel/access/ending.ts'
import { endNarrowed } from '../../kernel/access/narrowing.ts'
import { policyColumns, presentPolicy } from '../../kernel/access/policies.ts'
import { handle } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import type { Problem } from '../../kernel/problem.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { canonicalNetworks, mismatchOf } from './rules.ts'

type Rules = ParsedInputOf<typeof accessPolicy.create>
type Refuse = (code: CodesOf<typeof accessPolicy.create>, detail?: string) => Problem

const checkBastion = async (tx: OrgTx, { bastionId, extensions }: Rules, refuse: Refuse): Promise<void> => {
  if (bastionId === null) return
  const bastion = await tx.selectFrom('host').select(['recorderLogin', 'state']).where('id', '=', bastionId).executeTakeFirst()
  if (!bastion || bastion.recorderLogin === null || bastion.state === 'retired')
    throw refuse('not_a_bastion', 'Name a server that was registered with an account for its recorder.')
  if (extensions.length > 0)
    throw refuse('recording_forbids_extensions', 'What is forwarded cannot be recorded: allow no extensions here.')
}

/** The rules as they are stored; refuses hosts, databases, people and networks that are none here. */
const columnsOf = async (tx: OrgTx, rules: Rules, refuse: Refuse) => {
  const { selects, requesters, approvers, hours, sourceNetworks, ...plain } = rules
  const mismatch = mismatchOf(rules)
  if (mismatch) throw refuse('kind_mismatch', mismatch)
  const checked = canonicalNetworks(sourceNetworks)
  if ('wrong' in checked) throw refuse('network_invalid', `${checked.wrong} is no network, as 10.0.0.0/8 is one.`)
  await checkBastion(tx, rules, refuse)
  const hostIds = [...new Set(selects.hostIds)]
  if (hostIds.length > 0) {
    const found = await tx.selectFrom('host').select('id').where('id', 'in', hostIds).execute()
    if (found.length < hostIds.length) throw refuse('host_not_found')
  }
  const databaseIds = [...new Set(selects.databaseIds)]
  if (databaseIds.length > 0) {
    const found = await tx.selectFrom('managedDatabase').select('id').where('id', 'in', databaseIds).execute()
    if (found.length < databaseIds.length) throw refuse('database_not_found')
  }
  const people = [...new Set([...requesters.personIds, ...approvers.personIds])]
  if (people.length > 0) {
    const found = await tx.selectFrom('membership').select('personId').where('personId', 'in', people).execute()
    if (found.length < people.length) throw refuse('member_not_found')
  }
  const accounts = [...new Set(requesters.serviceAccountIds)]
  if (accounts.length > 0) {
    const live = tx.selectFrom('serviceAccount').select('id').where('id', 'in', accounts).where('disabledAt', 'is', null)
    if ((await live.execute()).length < accounts.length)
      throw refuse('service_account_not_found', 'Name service accounts that are there and not disabled.')
  }
  return {
    ...plain,
    sourceNetworks: checked.networks,
    selects: JSON.stringify(selects),
    requesters: JSON.stringify(requesters),
    approvers: JSON.stringify(approvers),
    hours: hours && JSON.stringify(hours),
  }
}

export const create = handle(accessPolicy.create, async (rules, { tx, now, person, fail }) => {
  const id = newIdOf(AccessPolicyId, 'ap')
  const by = { createdBy: person(), createdAt: now, changedBy: person(), changedAt: now }
  const values = { ...(await columnsOf(tx, rules, fail)), ...by, id, version: 1 }
  return presentPolicy(await tx.insertInto('accessPolicy').values(values).returning(policyColumns).executeTakeFirstOrThrow())
})

/** Without its key: a request that is being written refers to it, and may hold a grant that we want next. */
const lockPolicy = async (
  tx: OrgTx,
  id: string,
  refuse: (code: 'access_policy_not_found' | 'access_policy_retired') => Problem,
) => {
  const row = await tx
    .selectFrom('accessPolicy')
    .select(['version', 'state', 'kind', 'bastionId'])
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!row) throw refuse('access_policy_not_found')
  if (row.state === 'retired') throw refuse('access_policy_retired')
  return row
}

/** To name somebody was to agree to what they have by this policy: what the next version would not give ends with the one before. */
export const update = handle(accessPolicy.update, async ({ id, version, ...rules }, context) => {
  const { tx, now, person, because, fail } = context
  const current = await lockPolicy(tx, id, fail)
  if (current.kind !== rules.kind) throw fail('kind_mismatch', 'A rule stays for servers or for databases.')
  if (current.version !== version) throw fail('version_changed', 'Somebody changed it meanwhile. Read it again.')
  const row = await tx
    .updateTable('accessPolicy')
    .set({ ...(await columnsOf(tx, rules, fail)), version: version + 1, changedBy: person(), changedAt: now })
    .where('id', '=', id)
    .returning(policyColumns)
    .executeTakeFirstOrThrow()
  const next = presentPolicy(row)
  const { grants, requests } = await endNarrowed(context, { id, name: next.name, next, before: current }, { by: person(), now })
  if (grants + requests > 0) because(`ended ${grants} grants, cancelled ${requests} requests`)
  return next
})

export const retire = handle(accessPolicy.retire, async ({ id, reason }, context) => {
  const { tx, now, person, fail, because } = context
  await lockPolicy(tx, id, fail)
  const row = await tx
    .updateTable('accessPolicy')
    .set({ state: 'retired', changedBy: person(), changedAt: now })
    .where('id', '=', id)
    .returning(policyColumns)
    .executeTakeFirstOrThrow()
  await endGrants(context, { policyId: id }, { reason: 'policy_retired', by: person(), now, why: reason })
  because(reason)
  return presentPolicy(row)
})

import { contentsOf, organisation, type OrgId } from '@holdfast/contract'
import { handle } from '../../kernel/handle.ts'
import { prepared, type OrgTx } from '../../kernel/tenancy/org-tx.ts'

const details = prepared((tx) =>
  tx
    .selectFrom('org')
    .select(['id', 'name', 'region', 'plan', 'planEndsAt', 'planBefore', 'isOperator', 'requireMfa', 'createdAt'])
    .select((org) =>
      org
        .selectFrom('membership')
        .select(({ fn }) => fn.countAll<string>().as('count'))
        .as('members'),
    ),
)

/** The organisation entered, with how many members it has; one statement. */
export const detailOf = async (tx: OrgTx) => {
  const [row] = await details(tx, {})
  if (!row) throw new Error('entered an organisation that is not there')
  const { id, isOperator: operator, planEndsAt, createdAt, members, ...shown } = row
  const dates = { planEndsAt: planEndsAt?.toISOString() ?? null, createdAt: createdAt.toISOString() }
  return { ...shown, ...contentsOf(row.plan), ...dates, id: id as OrgId, operator, members: Number(members) }
}

export const read = handle(organisation.read, (_, { tx }) => detailOf(tx))

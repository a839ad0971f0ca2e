import type { ClearanceSource } from '../../kernel/clearance.ts'

/** Whoever does risky work has acknowledged every published policy (C8). */
export const policiesAcknowledged: ClearanceSource = async (person, _, { tx }) => {
  const rows = await tx
    .selectFrom('policyVersion as v')
    .innerJoin('policy as p', 'p.id', 'v.policyId')
    .leftJoin('policyAcknowledgement as a', (join) => join.onRef('a.versionId', '=', 'v.id').on('a.personId', '=', person))
    .select('p.title')
    .where('v.state', '=', 'published')
    .where('p.retiredAt', 'is', null)
    .where('a.versionId', 'is', null)
    .orderBy('p.title')
    .limit(10)
    .execute()
  return rows.map(({ title }) => ({ code: 'policy_not_acknowledged', detail: `“${title}” must be read and acknowledged.` }))
}

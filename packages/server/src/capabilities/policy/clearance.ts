import { policyAcknowledgement, type PersonId } from '@holdfast/contract'
import { sql } from 'kysely'
import type { ClearanceSource } from '../../kernel/clearance.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { clearedUntil } from './rules.ts'

const named = 10

const published = (tx: OrgTx) =>
  tx
    .selectFrom('policyVersion as v')
    .innerJoin('policy as p', 'p.id', 'v.policyId')
    .select(['v.id', 'v.policyId', 'v.publishedAt', 'p.title', 'p.requiredAtOnce'])
    .select(sql<string | null>`v.acknowledge_by::text`.as('by'))
    .where('v.state', '=', 'published')
    .where('p.retiredAt', 'is', null)
    .orderBy('p.title')
    .execute()

const acknowledged = async (tx: OrgTx, versions: readonly string[], people: readonly PersonId[]): Promise<Set<string>> => {
  const rows = await tx
    .selectFrom('policyAcknowledgement')
    .select(['versionId', 'personId'])
    .where('versionId', 'in', versions)
    .where('personId', 'in', people)
    .execute()
  return new Set(rows.map(({ versionId, personId }) => `${versionId} ${personId}`))
}

/** Clocks that run for these people: by policy and person, when each acknowledgement is due. */
const deadlines = async (tx: OrgTx, people: readonly PersonId[]): Promise<Map<string, Date>> => {
  const rows = await tx
    .selectFrom('obligationClock')
    .select(['subject', 'personId', 'dueAt'])
    .where('kind', '=', policyAcknowledgement.name)
    .where('personId', 'in', people)
    .execute()
  return new Map(rows.map(({ subject, personId, dueAt }) => [`${subject} ${personId}`, dueAt]))
}

const memberSince = async (tx: OrgTx, people: readonly PersonId[]): Promise<Map<string, Date>> => {
  const rows = await tx.selectFrom('membership').select(['personId', 'createdAt']).where('personId', 'in', people).execute()
  return new Map(rows.map(({ personId, createdAt }) => [personId, createdAt]))
}

/**
 * Whoever does risky work has acknowledged every published policy (C8), or has time left to: a new version does not take everybody's access away
 * at the moment it is published, unless its policy is required at once.
 */
export const policiesAcknowledged: ClearanceSource = async (people, _, { tx }, now) => {
  const versions = await published(tx)
  if (versions.length === 0) return new Map()
  const ids = versions.map(({ id }) => id)
  const [done, due, since] = [await acknowledged(tx, ids, people), await deadlines(tx, people), await memberSince(tx, people)]
  const lackedBy = (person: PersonId) =>
    versions
      .filter(({ id }) => !done.has(`${id} ${person}`))
      .filter((version) => {
        const until = clearedUntil(version, due.get(`${version.policyId} ${person}`) ?? null, since.get(person) ?? now)
        return until === null || until <= now
      })
      .slice(0, named)
      .map(({ title }) => ({ code: 'policy_not_acknowledged', detail: `“${title}” must be read and acknowledged.` }))
  return new Map(people.map((person) => [person, lackedBy(person)]))
}

import { operations, ProblemError, type AccessPolicyId, type PersonId } from '@holdfast/contract'
import type { z } from 'zod'
import type { Connection } from '../call.ts'
import { plain } from '../print.ts'
import type { Grant } from './types.ts'

type PolicyId = z.output<typeof AccessPolicyId>

/** What a refusal leaves out is said in fewer words, and stops nothing. */
const unlessRefused = async <T>(work: Promise<T>, otherwise: T): Promise<T> => {
  try {
    return await work
  } catch (error) {
    if (error instanceof ProblemError) return otherwise
    throw error
  }
}

/** Names of people; an id where the name is not known. */
export const namesOf = async (connection: Connection, wanted: readonly PersonId[]): Promise<(id: PersonId) => string> => {
  const names = new Map<string, string>()
  const read = async (): Promise<void> => {
    for (let after: string | undefined, page = 0; page < 10; page++) {
      const { value } = await connection.call(operations.member.list, { limit: 100, ...(after !== undefined && { after }) })
      for (const { id, name } of value.rows) names.set(id, name)
      if (value.next === null || wanted.every((id) => names.has(id))) return
      after = value.next
    }
  }
  if (wanted.length > 0) await unlessRefused(read(), undefined)
  return (id) => plain(names.get(id) ?? id)
}

/** Whose access it is: a person by name; a service account by its own, with who answers for it. */
export const requestersOf = async (connection: Connection, grants: readonly Grant[]): Promise<(grant: Grant) => string> => {
  const people = grants.flatMap(({ personId, serviceAccount }) => personId ?? serviceAccount?.ownerId ?? [])
  const nameOf = await namesOf(connection, [...new Set(people)])
  return ({ personId, serviceAccount }) => {
    if (serviceAccount === null) return personId === null ? '' : nameOf(personId)
    return `service account ${plain(serviceAccount.name)} (${nameOf(serviceAccount.ownerId)} answers for it)`
  }
}

const anyOf = (words: readonly string[]): string => new Intl.ListFormat('en', { type: 'disjunction' }).format(words)
const withArticle = (role: string): string => (/^[aeio]/.test(role) ? `an ${role}` : `a ${role}`)

/** `an owner, an admin, or Grace Hopper`: who may approve under a policy. */
export const approversOf = async (connection: Connection, id: PolicyId): Promise<string> => {
  const policy = await unlessRefused(connection.call(operations.accessPolicy.read, { id }), null)
  if (!policy) return 'its approvers'
  const { roles, personIds } = policy.value.approvers
  const nameOf = await namesOf(connection, personIds)
  return anyOf([...roles.map(withArticle), ...personIds.map(nameOf)])
}

import { z } from 'zod'
import { PersonId, ServiceAccountId } from './ids.ts'

/** A person or a service account; its prefix says which. */
export const RequesterId = z.union([PersonId, ServiceAccountId])

/** Whose access it is: of these two exactly one is not null. */
export const requester = {
  personId: PersonId.nullable().describe('whose it is; null: a service account’s'),
  serviceAccount: z
    .object({
      id: ServiceAccountId,
      name: z.string(),
      ownerId: PersonId.describe('the member who answers for it now'),
    })
    .nullable()
    .describe('whose it is; null: a person’s'),
}

import { z } from 'zod'
import { capability, events } from './operation.ts'

export const AccessTopic = z
  .enum(['grants', 'approvals', 'staff_access'])
  .describe(
    'grants: those that grant.list shows the caller; approvals: what waits for the caller’s; staff_access: of the operator’s people',
  )

/** What changes about access, told to whoever waits for it. */
export const access = capability('access', {
  news: events({
    path: '/access/news',
    summary: 'Tells at once when something changed about one’s grants, what one is to approve, or access of the operator’s staff',
    permission: 'access:read',
    input: z.object({}),
    event: 'changed',
    data: z.object({
      about: z.array(AccessTopic).min(1).max(3).describe('to be read anew; at first everything that may be read'),
    }),
  }),
})

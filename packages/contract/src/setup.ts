import { z } from 'zod'
import { Email, OrgId, PersonId, line } from './ids.ts'
import { capability, command, query } from './operation.ts'

/** Twelve characters at least; length beats rules (NIST SP 800-63B §3.1.1). */
export const Password = z.string().min(12).max(200).describe('at least 12 characters')
/** A one-time token from a link, never part of a URL's path or query. */
export const LinkToken = z.string().min(20).max(100)

/** First run: the operator's organisation and its first Owner. */
export const setup = capability('setup', {
  state: query({
    path: '/setup',
    summary: 'Whether the installation still waits for its first Owner',
    permission: 'public',
    input: z.object({}),
    output: z.object({ needed: z.boolean(), demo: z.boolean() }),
  }),
  complete: command({
    path: '/setup',
    summary: 'Create the operator organisation and its first Owner with the one-time set-up link',
    permission: 'public',
    rate: 'secret',
    input: z.object({ token: LinkToken, organisation: line(1, 100), name: line(1, 100), email: Email, password: Password }),
    output: z.object({ orgId: OrgId, personId: PersonId }),
    errors: { setup_already_done: 409, setup_link_invalid: 403, password_too_common: 422 },
    audit: { action: 'organisation.created', target: (_, { orgId }) => orgId },
  }),
})

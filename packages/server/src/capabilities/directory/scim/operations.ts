/**
 * What a directory does here, as operations of the one path: they are permitted, recorded and logged like any other. Their routes and bodies are
 * the standard's (edge.ts), so they do not stand in the contract beside ours.
 */
import { capability, command, query, type FurtherAction } from '@holdfast/contract'
import { z } from 'zod'
import { scimErrors } from './refusal.ts'

const Resource = z.record(z.string(), z.unknown())
const id = z.string().max(64)
const attributes = { attributes: z.string().max(1_000).optional(), excludedAttributes: z.string().max(1_000).optional() }
/** Our own words for what a client sends as text. */
const wholeNumber = z.coerce.number().int().max(2_000_000_000)
const listing = {
  ...attributes,
  filter: z.string().max(20_000).optional(),
  startIndex: wholeNumber.default(1),
  count: wholeNumber.default(100),
}
const Listed = z.object({ rows: z.array(Resource), total: z.number().int(), startIndex: z.number().int() })
const Changes = z.object({
  schemas: z.array(z.string().max(200)).max(10).optional(),
  Operations: z
    .array(
      z.object({
        op: z
          .string()
          .max(20)
          .transform((op) => op.toLowerCase()) // Entra capitalises
          .pipe(z.enum(['add', 'replace', 'remove'])),
        path: z.string().max(2_000).nullish(),
        value: z.unknown().optional(),
      }),
    )
    .min(1)
    .max(100),
})

const action = (name: FurtherAction): FurtherAction => name
const target = (input: object, output: Record<string, unknown>): string =>
  'id' in input ? String(input.id) : String(output['id'])
const shared = { permission: 'directory', errors: scimErrors } as const
const whole = z.object({ resource: z.unknown(), ...attributes })
const byId = z.object({ id, ...attributes })
const wholeOf = z.object({ id, resource: z.unknown(), ...attributes })
const changesOf = z.object({ id, changes: Changes, ...attributes })
const gone = z.object({ id })

export const scim = capability('scim', {
  listUsers: query({ ...shared, path: '/Users', summary: 'Users', input: z.object(listing), output: Listed }),
  readUser: query({ ...shared, path: '/Users/:id', summary: 'A user', input: byId, output: Resource }),
  createUser: command({
    ...{ ...shared, path: '/Users', summary: 'A new user', input: whole, output: Resource },
    audit: { action: action('directory_user.created'), target },
  }),
  replaceUser: command({
    ...{ ...shared, path: '/Users/:id', summary: 'All of a user', input: wholeOf, output: Resource },
    audit: { action: action('directory_user.replaced'), target },
  }),
  changeUser: command({
    ...{ ...shared, path: '/Users/:id', summary: 'Some of a user', input: changesOf, output: Resource },
    audit: { action: action('directory_user.changed'), target },
  }),
  removeUser: command({
    ...{ ...shared, path: '/Users/:id', summary: 'No user any more', input: gone, output: gone },
    audit: { action: action('directory_user.removed'), target },
  }),
  listGroups: query({ ...shared, path: '/Groups', summary: 'Groups', input: z.object(listing), output: Listed }),
  readGroup: query({ ...shared, path: '/Groups/:id', summary: 'A group', input: byId, output: Resource }),
  createGroup: command({
    ...{ ...shared, path: '/Groups', summary: 'A new group', input: whole, output: Resource },
    audit: { action: action('directory_group.created'), target },
  }),
  replaceGroup: command({
    ...{ ...shared, path: '/Groups/:id', summary: 'All of a group', input: wholeOf, output: Resource },
    audit: { action: action('directory_group.replaced'), target },
  }),
  changeGroup: command({
    ...{ ...shared, path: '/Groups/:id', summary: 'Some of a group', input: changesOf, output: Resource },
    audit: { action: action('directory_group.changed'), target },
  }),
  removeGroup: command({
    ...{ ...shared, path: '/Groups/:id', summary: 'No group any more', input: gone, output: gone },
    audit: { action: action('directory_group.removed'), target },
  }),
  token: command({
    path: '/oauth/token',
    summary: 'An access token for a client (RFC 6749 §4.4)',
    permission: 'public',
    rate: 'secret',
    input: z.object({ grant_type: z.literal('client_credentials'), client_id: id, client_secret: z.string().max(200) }),
    output: z.object({ access_token: z.string(), token_type: z.literal('Bearer'), expires_in: z.number().int() }),
    errors: { client_refused: 401 },
    audit: { action: action('directory.token_issued'), target: ({ client_id }) => client_id },
  }),
})

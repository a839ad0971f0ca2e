/** What this service is, for clients that ask (RFC 7643 §5–7). */
import { filterLimits } from './filter.ts'
import {
  coreGroup,
  coreUser,
  enterpriseAttributes,
  enterpriseUser,
  userAttributes,
  type Attribute,
  type Simple,
} from './schema.ts'
import type { Resource } from './present.ts'

const configSchema = 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'
const typeSchema = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType'
const schemaSchema = 'urn:ietf:params:scim:schemas:core:2.0:Schema'

export const maxBodyBytes = 256 * 1024

export const serviceProviderConfig = (base: string): Resource => ({
  schemas: [configSchema],
  documentationUri: 'https://www.rfc-editor.org/rfc/rfc7644',
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: filterLimits.page },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: false },
  authenticationSchemes: [
    {
      ...{ type: 'oauthbearertoken', name: 'Bearer token', primary: true },
      description: 'A token made in the console, sent as Authorization: Bearer (RFC 6750).',
    },
    {
      ...{ type: 'oauth2', name: 'OAuth 2.0 client credentials' },
      description: `An access token from ${base}/oauth/token (RFC 6749 §4.4).`,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
})

export const resourceTypes = (base: string): Resource[] =>
  [
    { id: 'User', schema: coreUser, schemaExtensions: [{ schema: enterpriseUser, required: false }] },
    { id: 'Group', schema: coreGroup },
  ].map((type) => ({
    schemas: [typeSchema],
    name: type.id,
    endpoint: `/${type.id}s`,
    ...type,
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${type.id}` },
  }))

/** What nobody can search by says so in its description: names are sealed. */
const searchable = new Set(['userName', 'externalId', 'emails', 'active'])

const described = (attribute: Attribute | Simple, isPart: boolean): Resource => ({
  name: attribute.name,
  type: attribute.type,
  multiValued: attribute.multi,
  description:
    isPart || searchable.has(attribute.name) ? attribute.name : `${attribute.name}; kept sealed, cannot be filtered by`,
  required: attribute.name === 'userName',
  caseExact: attribute.name === 'externalId',
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: attribute.name === 'userName' ? 'server' : 'none',
  ...(attribute.type === 'complex' && { subAttributes: attribute.parts.map((part) => described(part, true)) }),
})

const schemaOf = (base: string, id: string, name: string, attributes: readonly Resource[]): Resource => ({
  ...{ schemas: [schemaSchema], id, name, description: name, attributes },
  meta: { resourceType: 'Schema', location: `${base}/Schemas/${id}` },
})

const part = (name: string, mutability: string): Resource => ({
  ...{ name, type: 'string', multiValued: false, description: name, required: false, caseExact: true },
  ...{ mutability, returned: 'default', uniqueness: 'none' },
})

export const schemas = (base: string): Resource[] => [
  schemaOf(
    base,
    coreUser,
    'User',
    userAttributes.map((one) => described(one, false)),
  ),
  schemaOf(
    base,
    enterpriseUser,
    'EnterpriseUser',
    enterpriseAttributes.map((one) => described(one, false)),
  ),
  schemaOf(base, coreGroup, 'Group', [
    { ...part('displayName', 'readWrite'), required: true, caseExact: false },
    part('externalId', 'readWrite'),
    {
      ...part('members', 'readWrite'),
      ...{ type: 'complex', multiValued: true },
      subAttributes: [part('value', 'immutable'), part('$ref', 'immutable'), part('type', 'immutable')],
    },
  ]),
]

/** The attributes we keep (RFC 7643 §4): by this list and no other are names in requests resolved. */
export const coreUser = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const enterpriseUser = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const coreGroup = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const patchMessage = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
export const listMessage = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'
export const errorMessage = 'urn:ietf:params:scim:api:messages:2.0:Error'

export interface Simple {
  name: string
  type: 'string' | 'boolean'
  multi: false
}
export interface Complex {
  name: string
  type: 'complex'
  multi: boolean
  parts: readonly Simple[]
}
export type Attribute = Simple | Complex

const text = (name: string): Simple => ({ name, type: 'string', multi: false })
const flag = (name: string): Simple => ({ name, type: 'boolean', multi: false })
const complex = (name: string, parts: readonly Simple[], multi = false): Complex => ({ name, type: 'complex', multi, parts })

const valued = [text('value'), text('type'), text('display'), flag('primary')]

export const userAttributes: readonly Attribute[] = [
  ...['userName', 'externalId', 'displayName', 'nickName', 'profileUrl', 'title', 'userType'].map(text),
  ...['preferredLanguage', 'locale', 'timezone'].map(text),
  flag('active'),
  complex('name', ['formatted', 'familyName', 'givenName', 'middleName', 'honorificPrefix', 'honorificSuffix'].map(text)),
  complex('emails', valued, true),
  complex('phoneNumbers', valued, true),
  complex(
    'addresses',
    [...['formatted', 'streetAddress', 'locality', 'region', 'postalCode', 'country', 'type'].map(text), flag('primary')],
    true,
  ),
]

export const enterpriseAttributes: readonly Attribute[] = [
  ...['employeeNumber', 'costCenter', 'organization', 'division', 'department'].map(text),
  complex('manager', [text('value'), text('displayName')]),
]

/** Said by us, never by a request. */
export const readOnly: readonly string[] = ['id', 'meta', 'schemas', 'groups']

/** An attribute by its name, whose case does not matter (RFC 7643 §2.1). */
export const named = <A extends { name: string }>(attributes: readonly A[], name: string): A | undefined =>
  attributes.find((attribute) => attribute.name.toLowerCase() === name.toLowerCase())

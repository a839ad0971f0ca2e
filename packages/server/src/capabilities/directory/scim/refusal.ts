/** What a SCIM request is refused with: code → status. The same for every operation; the edge adds the `scimType` (RFC 7644 §3.12). */
export const scimErrors = {
  user_exists: 409,
  group_exists: 409,
  resource_not_found: 404,
  invalid_filter: 400,
  invalid_path: 400,
  invalid_value: 400,
  invalid_syntax: 400,
  no_target: 400,
  read_only: 400,
  too_many: 400,
  last_owner: 409,
  member_already: 409,
} as const
export type ScimCode = keyof typeof scimErrors

/** RFC 7644 table 9, where it has a word for it. */
export const scimTypes: Readonly<Record<string, string>> = {
  user_exists: 'uniqueness',
  group_exists: 'uniqueness',
  member_already: 'uniqueness',
  invalid_filter: 'invalidFilter',
  invalid_path: 'invalidPath',
  invalid_value: 'invalidValue',
  invalid_input: 'invalidValue',
  invalid_syntax: 'invalidSyntax',
  malformed_json: 'invalidSyntax',
  no_target: 'noTarget',
  read_only: 'mutability',
  too_many: 'tooMany',
}

/** A refusal found by the pure parts, before there is a context to make a problem with. */
export class ScimRefusal extends Error {
  readonly code: ScimCode
  constructor(code: ScimCode, detail: string) {
    super(detail)
    this.name = 'ScimRefusal'
    this.code = code
  }
}

import type { directory, OutputOf } from '@holdfast/contract'
import { directory as operations } from '@holdfast/contract'
import type { StateKind } from '../../kit/index.ts'

export type Found = NonNullable<OutputOf<typeof directory.read>['directory']>
export type Credential = Found['credentials'][number]
export type Group = OutputOf<typeof directory.groups>['rows'][number]
export type PersonRow = OutputOf<typeof directory.people>['rows'][number]
export type LogRow = OutputOf<typeof directory.log>['rows'][number]
export type Preview = OutputOf<typeof directory.previewRoles>

/** What any change of the connection may change. */
export const answers = [operations.read, operations.people, operations.groups]

export const notSetUp = 'The connection is not set up.'

export const kindWords: Record<Credential['kind'], string> = { bearer: 'Bearer token', client: 'OAuth client' }
export const credentialStates: Record<Credential['state'], { kind: StateKind; word: string }> = {
  live: { kind: 'good', word: 'Live' },
  expired: { kind: 'quiet', word: 'Expired' },
  revoked: { kind: 'quiet', word: 'Revoked' },
}
export const personStates: Record<PersonRow['state'], { kind: StateKind; word: string }> = {
  member: { kind: 'good', word: 'Member' },
  waiting: { kind: 'warn', word: 'Invited, waits' },
  inactive: { kind: 'quiet', word: 'Switched off' },
}

/** `scim.createUser` → `Create a user`. */
export const requestWords: Record<string, string> = {
  'scim.createUser': 'Create a user',
  'scim.replaceUser': 'Replace a user',
  'scim.changeUser': 'Change a user',
  'scim.removeUser': 'Remove a user',
  'scim.createGroup': 'Create a group',
  'scim.replaceGroup': 'Replace a group',
  'scim.changeGroup': 'Change a group',
  'scim.removeGroup': 'Remove a group',
}

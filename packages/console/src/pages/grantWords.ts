import type { grant, OutputOf } from '@holdfast/contract'
import type { StateKind } from '../kit/index.ts'

export type Row = OutputOf<typeof grant.list>['rows'][number]
export type Detail = OutputOf<typeof grant.read>
type Server = OutputOf<typeof grant.options>['rows'][number]
type Database = OutputOf<typeof grant.databaseOptions>['rows'][number]
export type Terms = Server['policies'][number]

/** A server or a database that may be asked for, and on what terms. */
export interface Option {
  kind: Row['kind']
  id: string
  name: string
  environment: string
  policies: readonly Terms[]
}

export const serverOption = ({ hostId, hostName, environment, policies }: Server): Option => ({
  ...{ kind: 'host', id: hostId, name: hostName, environment, policies },
})

/** A policy may name profiles that this database does not have. */
export const databaseOption = ({ databaseId, databaseName, environment, profiles, policies }: Database): Option => ({
  ...{ kind: 'database', id: databaseId, name: databaseName, environment },
  policies: policies
    .map((policy) => ({ ...policy, logins: policy.logins.filter((login) => profiles.includes(login)) }))
    .filter(({ logins }) => logins.length > 0),
})

const two = (value: number): string => String(value).padStart(2, '0')

/** What is left, to the second once it counts: "2 d 3 h", "1 h 05 min", "4 min 09 s". */
export const leftInWords = (ms: number): string => {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  if (seconds >= 86_400) return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`
  if (seconds >= 60) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`
  return `${seconds} s`
}

const endWords: Record<NonNullable<Row['endReason']>, string> = {
  expired: 'Ran out',
  returned: 'Given back',
  revoked: 'Revoked',
  host_retired: 'Server retired',
  database_retired: 'Database retired',
  policy_retired: 'Policy retired',
  not_entitled: 'No longer entitled',
  account_ended: 'Its key or account ended',
}

/** Whether sessions may be open under it at this moment. */
export const isRunning = ({ state, startsAt, endsAt }: Pick<Row, 'state' | 'startsAt' | 'endsAt'>, now: number): boolean =>
  state === 'approved' && startsAt !== null && endsAt !== null && Date.parse(startsAt) <= now && now < Date.parse(endsAt)

/** Where it stands, in a word; never by colour alone. */
export const stateOf = (row: Row, now: number): { kind: StateKind; word: string } => {
  switch (row.state) {
    case 'requested':
      return row.approvals.length > 0
        ? { kind: 'warn', word: `${row.approvals.length} of ${row.approvalsNeeded} approvals` }
        : { kind: 'warn', word: 'Waits for approval' }
    case 'approved':
      if (isRunning(row, now)) return { kind: 'good', word: 'Running' }
      return row.startsAt !== null && Date.parse(row.startsAt) > now
        ? { kind: 'accent', word: 'Approved for later' }
        : { kind: 'quiet', word: 'Ran out' }
    case 'denied':
      return { kind: 'bad', word: 'Denied' }
    case 'cancelled':
      return { kind: 'quiet', word: 'Cancelled' }
    case 'lapsed':
      return { kind: 'quiet', word: 'Not answered' }
    case 'applied':
      return { kind: 'good', word: 'Extended' }
    case 'ended':
      return { kind: row.endReason === 'revoked' ? 'bad' : 'quiet', word: row.endReason ? endWords[row.endReason] : 'Ended' }
  }
}

const presets = [900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 259_200, 604_800]

/** How long one may ask for, the longest last. */
export const durationsUpTo = (maxSeconds: number): number[] => [...presets.filter((each) => each < maxSeconds), maxSeconds]

export const isState = (value: string | undefined): value is Row['state'] =>
  ['requested', 'approved', 'denied', 'cancelled', 'lapsed', 'applied', 'ended'].includes(value ?? '')

/** What has the states of a list, for its filter. */
export const stateOptions: readonly { value: Row['state']; label: string }[] = [
  { value: 'requested', label: 'Waits for approval' },
  { value: 'approved', label: 'Approved' },
  { value: 'ended', label: 'Ended' },
  { value: 'denied', label: 'Denied' },
  { value: 'cancelled', label: 'Cancelled' },
  { value: 'lapsed', label: 'Not answered' },
  { value: 'applied', label: 'Extensions made' },
]

/** What it is about, in a few words: "root on web-1". */
export const nameOf = ({ login, targetName, extendsId }: Row): string =>
  extendsId === null ? `${login} on ${targetName}` : `More time: ${login} on ${targetName}`

import type { operations, OutputOf } from '@holdfast/contract'

export type Grant = OutputOf<typeof operations.grant.request>
export type GrantDetail = OutputOf<typeof operations.grant.read>
export type Certificate = OutputOf<typeof operations.grant.certificate>
type Server = OutputOf<typeof operations.grant.options>['rows'][number]
type Database = OutputOf<typeof operations.grant.databaseOptions>['rows'][number]
export type Credentials = OutputOf<typeof operations.grant.databaseCredentials>
export type Policy = Server['policies'][number]
export type Kind = Grant['kind']

/** A server or a database that one may ask for, with the policies under which one may. */
export interface Choice {
  target: { hostId: Server['hostId'] } | { databaseId: Database['databaseId'] }
  name: string
  /** What is said of it beside its name. */
  about: readonly string[]
  policies: readonly Policy[]
}

export const serverChoice = ({ hostId, hostName, environment, address, policies }: Server): Choice => ({
  ...{ target: { hostId }, name: hostName, about: [environment, address], policies },
})

/** A policy may name profiles that this database does not have. */
export const databaseChoice = ({ databaseId, databaseName, environment, profiles, policies }: Database): Choice => ({
  ...{ target: { databaseId }, name: databaseName, about: [environment, 'database'] },
  policies: policies
    .map((policy) => ({ ...policy, logins: policy.logins.filter((login) => profiles.includes(login)) }))
    .filter(({ logins }) => logins.length > 0),
})

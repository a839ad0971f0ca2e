import { isIP } from 'node:net'
import { SshError } from './error.ts'

/** An account on a host of an organisation. */
export interface Account {
  org: string
  host: string
  login: string
}

/** Nothing that a list, a pattern, a shell or a path could read otherwise; no colon, which divides. */
const part = '[a-z0-9_-]{1,64}'
const account = new RegExp(`^o:(?<org>${part}):h:(?<host>${part}):u:(?<login>${part})$`)
const partAlone = new RegExp(`^${part}$`)

const checked = (name: string, value: string): string => {
  if (!partAlone.test(value)) throw new SshError('principal_refused', `${name} must be 1 to 64 of a-z, 0-9, "_" and "-"`)
  return value
}

/** `o:<org>:h:<host>:u:<login>`, the only form of principal of a user certificate. Throws `principal_refused`. */
export const principalOf = ({ org, host, login }: Account): string =>
  `${hostPrincipalOf({ org, host })}:u:${checked('login', login)}`

/** `o:<org>:h:<host>`, the first principal of a host certificate; clients ask for it by `HostKeyAlias`. */
export const hostPrincipalOf = ({ org, host }: Omit<Account, 'login'>): string =>
  `o:${checked('org', org)}:h:${checked('host', host)}`

/** Null for every other text. */
export const parsePrincipal = (text: string): Account | null => {
  const { org, host, login } = account.exec(text)?.groups ?? {}
  return org === undefined || host === undefined || login === undefined ? null : { org, host, login }
}

const hostPrincipal = new RegExp(`^o:${part}:h:${part}$`)
/** RFC 1123 §2.1, lower case; the last label is not all digits, so that it is no address. */
const dnsName = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

export const isHostName = (text: string): boolean => dnsName.test(text) || (isIP(text) !== 0 && /^[0-9a-f.:]+$/.test(text))

/**
 * A user certificate has exactly one principal, an account: none at all would let in everybody on older sshd. A host certificate has
 * its host and then names and addresses. No commas, no patterns. Throws `principal_refused`.
 */
export const checkPrincipals = (kind: 'user' | 'host', principals: readonly string[]): void => {
  const [first = '', ...others] = principals
  const fits =
    kind === 'user'
      ? account.test(first) && others.length === 0
      : hostPrincipal.test(first) && others.length <= maxHostNames && others.every(isHostName)
  if (!fits)
    throw new SshError('principal_refused', kind === 'user' ? 'exactly one principal, of one account' : 'a host, then its names')
}

export const maxHostNames = 16

/** Ids as they stand in key ids: no `/` and no `:`, which divide. */
const grantKeyIdFormat = /^grant:(?<grant>[A-Za-z0-9_-]{1,64})\/user:(?<person>[A-Za-z0-9_-]{1,64})$/

/** `grant:<id>/user:<id>`: what sshd's log says of a login. Throws `key_id_refused`. */
export const grantKeyId = ({ grant, person }: { grant: string; person: string }): string => {
  const keyId = `grant:${grant}/user:${person}`
  if (!grantKeyIdFormat.test(keyId)) throw new SshError('key_id_refused', 'ids in a key id are letters, digits, "_" and "-"')
  return keyId
}

/** Null for every other text. */
export const parseGrantKeyId = (text: string): { grant: string; person: string } | null => {
  const { grant, person } = grantKeyIdFormat.exec(text)?.groups ?? {}
  return grant === undefined || person === undefined ? null : { grant, person }
}

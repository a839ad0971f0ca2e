import type { OrgId } from '@holdfast/contract'
import { knownHostsAuthorityLine, parsePublicKey } from '@holdfast/crypto/ssh'
import type { KeyServerClient } from '@holdfast/keyserver/client'

export interface SshKeys {
  /** `@cert-authority` lines: any host of the organisation, by its HostKeyAlias. */
  knownHosts: string[]
  /** Lines of TrustedUserCAKeys. */
  userAuthorities: string[]
  /** Who may sign revocation bundles. */
  revocationAuthorities: string[]
}

/** The organisation's public SSH keys that are to be believed now; they are made when there are none yet. */
export const sshKeysOf = async (keyServer: KeyServerClient, orgId: OrgId): Promise<SshKeys> => {
  const { authorities } = await keyServer.sshAuthorities(orgId)
  const active = ({ keys }: (typeof authorities)['user']): string[] =>
    keys.filter(({ state }) => state === 'active').map(({ publicKey }) => publicKey)
  return {
    knownHosts: active(authorities.host).map((line) => knownHostsAuthorityLine(`o:${orgId}:h:*`, parsePublicKey(line))),
    userAuthorities: active(authorities.user),
    revocationAuthorities: active(authorities.revocations),
  }
}

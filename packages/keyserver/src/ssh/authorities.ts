import { ed25519PublicKey, formatPublicKey, type PublicKey } from '@holdfast/crypto/ssh'
import { createExclusive } from '../exclusive.ts'
import type { MasterKeys } from '../master-keys.ts'
import { Problem } from '../problem.ts'
import { openSigningKeys, type RawSigner, type SigningKeyReport, type SigningKeys } from '../signing-keys.ts'
import type { State } from '../state.ts'

/**
 * Each organisation has keys of its own, apart by purpose, so that none of them can be talked into another's work: `user` signs certificates of
 * persons, `host` those of machines, `revocations` what hosts are told to believe.
 */
export const purposes = ['user', 'host', 'revocations'] as const
export type Purpose = (typeof purposes)[number]

export interface SshAuthoritiesReport {
  org: string
  /** Newest first. Each `publicKey` is a line of OpenSSH. */
  authorities: Record<Purpose, { current: number; keys: SigningKeyReport['keys'] }>
}

export interface SshAuthorities {
  /** Makes the keys that the organisation does not have yet. */
  ensure(org: string): Promise<SshAuthoritiesReport>
  /** The new key signs unless another version is asked for; the old one stays believed until it is retired. */
  rotate(org: string, purpose: Purpose): Promise<SshAuthoritiesReport>
  retire(org: string, purpose: Purpose, version: number): Promise<SshAuthoritiesReport>
  /** Throws `ssh_authority_unknown`, `version_unknown`, `version_retired`. */
  signer(org: string, purpose: Purpose, version?: number): Promise<RawSigner>
  /** All that are not retired, newest first. */
  signers(org: string, purpose: Purpose): Promise<RawSigner[]>
  retired(org: string, purpose: Purpose): Promise<PublicKey[]>
  /** After a rotation of the key server's own ring. */
  rewrap(): Promise<void>
}

export const sshFolder = 'ssh'
/** Organisations whose keys are in memory; the one loaded first goes. */
const maxOpen = 1000

const authorityOf = ({ current, keys }: SigningKeyReport) => ({
  current,
  keys: keys.map((key) => ({ ...key, publicKey: formatPublicKey(ed25519PublicKey(Buffer.from(key.publicKey, 'base64'))) })),
})

const reportOf = (org: string, keys: SigningKeys): SshAuthoritiesReport => {
  const byName = new Map(keys.list().map((report) => [report.name, authorityOf(report)]))
  const of = (purpose: Purpose) => byName.get(purpose) ?? { current: 0, keys: [] }
  return { org, authorities: { user: of('user'), host: of('host'), revocations: of('revocations') } }
}

interface SshAuthoritiesOptions {
  state: State
  masterKeys: MasterKeys
  now: () => number
}

export const openSshAuthorities = ({ state, masterKeys, now }: SshAuthoritiesOptions): SshAuthorities => {
  const opened = new Map<string, Promise<SigningKeys>>()
  const exclusive = createExclusive()

  const hold = (org: string, keys: Promise<SigningKeys>) => {
    opened.delete(org)
    opened.set(org, keys)
    const [first] = opened.keys()
    if (opened.size > maxOpen && first !== undefined) opened.delete(first)
  }
  const load = async (org: string, names: readonly Purpose[]): Promise<SigningKeys> => {
    const keys = await openSigningKeys({ state, masterKeys, names, file: `${sshFolder}/${org}`, context: { ssh: org }, now })
    if (keys.list().length === 0) throw new Problem('ssh_authority_unknown', 'this organisation has no authorities yet')
    return keys
  }
  const keysOf = async (org: string): Promise<SigningKeys> => {
    const existing = opened.get(org)
    if (existing) return existing
    const loading = load(org, [])
    hold(org, loading)
    loading.catch(() => opened.get(org) === loading && opened.delete(org))
    return loading
  }
  /** One change at a time over all organisations: a rotation of the own ring must find every key that was made before it. */
  const change = (org: string, work: (keys: SigningKeys) => Promise<unknown>): Promise<SshAuthoritiesReport> =>
    exclusive('change', async () => {
      const keys = await keysOf(org)
      try {
        await work(keys)
      } finally {
        // If it was let go meanwhile, what was loaded instead does not know of the change.
        hold(org, Promise.resolve(keys))
      }
      return reportOf(org, keys)
    })

  return {
    ensure: (org) =>
      exclusive('change', async () => {
        const known = await keysOf(org).catch((error: unknown) => {
          if (error instanceof Problem && error.code === 'ssh_authority_unknown') return null
          throw error
        })
        const made = new Set(known?.list().map(({ name }) => name))
        if (known && purposes.every((purpose) => made.has(purpose))) return reportOf(org, known)
        const keys = await load(org, purposes)
        hold(org, Promise.resolve(keys))
        return reportOf(org, keys)
      }),
    rotate: (org, purpose) => change(org, (keys) => keys.rotate(purpose)),
    retire: (org, purpose, version) => change(org, (keys) => keys.retire(purpose, version)),
    signer: async (org, purpose, version) => (await keysOf(org)).signer(purpose, version),
    signers: async (org, purpose) => (await keysOf(org)).signers(purpose),
    async retired(org, purpose) {
      const { keys = [] } = (await keysOf(org)).list().find(({ name }) => name === purpose) ?? {}
      return keys.flatMap((key) => (key.state === 'retired' ? ed25519PublicKey(Buffer.from(key.publicKey, 'base64')) : []))
    },
    rewrap: () =>
      exclusive('change', async () => {
        for (const file of await state.list(sshFolder)) {
          const org = file.slice(sshFolder.length + 1)
          const keys = await keysOf(org)
          await keys.rewrap()
          hold(org, Promise.resolve(keys))
        }
      }),
  }
}

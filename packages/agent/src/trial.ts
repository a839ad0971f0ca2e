import { execFile } from 'node:child_process'
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  assembleCertificate,
  authorizedPrincipalsLine,
  ed25519PublicKey,
  encodeCertificate,
  formatPublicKey,
  grantKeyId,
  hostPrincipalOf,
  parsePublicKey,
  principalOf,
  type PublicKey,
} from '@holdfast/crypto/ssh'
import type { Belief, Host } from './belief.ts'
import { hostPublicKey } from './host-certificate.ts'
import type { Layout } from './paths.ts'
import { SshdRefused } from './sshd-settings.ts'

const run = promisify(execFile)

/**
 * A login through sshd as it is configured now, before the sshd that listens is told to read it: an authority that lives for the trial,
 * joined by a pipe to an sshd of its own (`sshd -i`), through PAM, hook, agent and control group.
 */
export interface Trial {
  /** What the agent must believe beside its own. */
  extend(belief: Belief): Belief
  /** Throws `SshdRefused` when a login with a certificate fails, or one for another host succeeds. */
  run(login: string, sshd: string): Promise<void>
}

const lifetimeMs = 120_000
/** Never reported: it is no grant of the server's. */
export const trialGrant = 'trial'
const ids = { grant: trialGrant, person: 'trial' }

const rawKey = (key: KeyObject): PublicKey => ed25519PublicKey(Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url'))

export const createTrial = (layout: Layout, host: Host, login: string): Trial => {
  const authority = generateKeyPairSync('ed25519')
  const key = rawKey(authority.publicKey)
  const startsAtMs = Date.now()
  const grant = {
    ...{ id: ids.grant, personId: ids.person, login, extensions: [] },
    startsAt: new Date(startsAtMs - lifetimeMs).toISOString(),
    endsAt: new Date(startsAtMs + lifetimeMs).toISOString(),
  }
  const certify = (subject: PublicKey, hostId: string): string => {
    const nowSeconds = Math.floor(Date.now() / 1000)
    const bytes = encodeCertificate({
      ...{ kind: 'user', subject, serial: 1n, keyId: grantKeyId(ids), authority: key },
      principals: [principalOf({ org: host.orgId, host: hostId, login })],
      ...{ validAfter: nowSeconds - 60, validBefore: nowSeconds + lifetimeMs / 1000 },
    })
    return assembleCertificate(bytes, sign(null, bytes, authority.privateKey))
  }
  return {
    extend: (belief) => ({
      ...belief,
      bundle: { ...belief.bundle, authorities: [...belief.bundle.authorities, key] },
      grants: new Map([...belief.grants, [grant.id, grant]]),
    }),
    async run(account, sshd) {
      // Below root's own directory: sshd refuses files in a directory that others may write.
      const directory = mkdtempSync(join(layout.etc, 'trial-'))
      const at = (name: string) => join(directory, name)
      try {
        await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'trial', '-f', at('user')])
        writeFileSync(at('authority.pub'), `${formatPublicKey(key)}\n`)
        const principal = principalOf({ org: host.orgId, host: host.hostId, login })
        writeFileSync(at('principals'), `${authorizedPrincipalsLine(principal)}\n`, { mode: 0o644 })
        writeFileSync(at('known_hosts'), `${hostPrincipalOf({ org: host.orgId, host: host.hostId })} ${hostPublicKey(layout)}\n`)
        const subject = parsePublicKey((await run('ssh-keygen', ['-y', '-f', at('user')])).stdout.trim())
        const settings = [`TrustedUserCAKeys=${at('authority.pub')}`, `AuthorizedPrincipalsFile=${at('principals')}`]
        await run('chmod', ['0755', directory])
        const attempt = async (hostId: string): Promise<string | null> => {
          writeFileSync(at('user-cert.pub'), `${certify(subject, hostId)}\n`)
          return logIn({ directory, layout, host, account, sshd, settings })
        }
        const refused = await attempt(host.hostId)
        if (refused !== null) throw new SshdRefused(`a trial login as ${account} failed: ${refused}`)
        if ((await attempt('another-host')) === null)
          throw new SshdRefused('sshd let in a certificate for another host; its settings are not ours')
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    },
  }
}

interface Attempt {
  directory: string
  layout: Layout
  host: Host
  account: string
  sshd: string
  settings: readonly string[]
}

/** Null when it went well, otherwise what ssh and sshd said. */
const logIn = async ({ directory, layout, host, account, sshd, settings }: Attempt): Promise<string | null> => {
  const daemon = [sshd, '-i', '-e', '-f', layout.sshdConfig, ...settings.flatMap((setting) => ['-o', setting])].join(' ')
  const options = [
    `ProxyCommand=${daemon}`,
    `HostKeyAlias=${hostPrincipalOf({ org: host.orgId, host: host.hostId })}`,
    `UserKnownHostsFile=${join(directory, 'known_hosts')}`,
    'GlobalKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=yes',
    'HostKeyAlgorithms=ssh-ed25519',
    `IdentityFile=${join(directory, 'user')}`,
    `CertificateFile=${join(directory, 'user-cert.pub')}`,
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'BatchMode=yes',
  ]
  const args = ['-F', 'none', ...options.flatMap((option) => ['-o', option]), `${account}@trial`, 'echo holdfast-trial']
  try {
    const { stdout } = await run('ssh', args, { timeout: 20_000 })
    return stdout.includes('holdfast-trial') ? null : 'the command did not run'
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string }
    return (stderr.trim() || message).split('\n').slice(-8).join('\n')
  }
}

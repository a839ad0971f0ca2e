import { readFileSync } from 'node:fs'
import { hostPrincipalOf, parseCertificate, parsePublicKey, sameKey, SshError } from '@holdfast/crypto/ssh'
import type { Host } from './belief.ts'
import { readIfThere, replaceFile } from './files.ts'
import type { Layout } from './paths.ts'

export const hostPublicKey = ({ hostKey }: Layout): string => {
  const [type = '', blob = ''] = readFileSync(`${hostKey}.pub`, 'utf8').trim().split(' ')
  return `${type} ${blob}`
}

/** Takes a certificate for this host's own key and name only. Throws `SshError`. */
export const writeHostCertificate = async (layout: Layout, line: string, host: Host): Promise<void> => {
  const certificate = parseCertificate(line)
  const principal = hostPrincipalOf({ org: host.orgId, host: host.hostId })
  if (certificate.kind !== 'host' || certificate.principals[0] !== principal)
    throw new SshError('other_principal', 'not a certificate of this host')
  if (!sameKey(certificate.subject, parsePublicKey(hostPublicKey(layout))))
    throw new SshError('not_authentic', 'a certificate of another key')
  await replaceFile(layout.hostCertificate, `${line.trim()}\n`, { mode: 0o644 })
}

/** Renewed when two thirds of its time are over, so that a server that is away for days does no harm. */
export const isDue = (layout: Layout, nowMs: number): boolean => {
  const line = readIfThere(layout.hostCertificate)
  if (line === null) return true
  try {
    const { validAfter, validBefore } = parseCertificate(line)
    return nowMs / 1000 > validAfter + ((validBefore - validAfter) * 2) / 3
  } catch (error) {
    if (error instanceof SshError) return true
    throw error
  }
}

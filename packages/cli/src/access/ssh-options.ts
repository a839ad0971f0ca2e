import { operations } from '@holdfast/contract'
import { Failed } from '../io.ts'
import type { KeyDirectory } from './key-directory.ts'
import type { Certificate } from './types.ts'

type Option = readonly [name: string, value: string]
export type Files = Pick<KeyDirectory, 'privateKey' | 'certificate' | 'knownHosts'>

/** An answer whose parts may stand in options and files of ssh: nothing in it can become another option or another line. */
export const checkCertificate = (answer: Certificate): Certificate => {
  const { success } = operations.grant.certificate.output.safeParse(answer)
  const plainAlias = /^[a-z0-9:_-]{1,200}$/.test(answer.hostKeyAlias)
  // A plain host key here would be believed without the authority.
  const authorities = answer.knownHosts.every((line) => /^@cert-authority [a-z0-9:_*-]+ [\x20-\x7e]+$/.test(line))
  const oneLine = /^[\x21-\x7e]+ [A-Za-z0-9+/=]+( [\x20-\x7e]*)?$/.test(answer.certificate.trim())
  if (!success || !plainAlias || !authorities || !oneLine || answer.knownHosts.length === 0)
    throw new Failed('the server answered with a certificate that cannot be used')
  return answer
}

/**
 * Everything that ssh must do the same on every machine: this key and no other, the host proved by its certificate, no connection shared with
 * what came before. ssh takes the first value that it reads, so nothing after these changes them.
 */
export const optionsFor = ({ address, port, login, hostKeyAlias }: Certificate, files: Files): Option[] => [
  ['HostName', address],
  ['Port', String(port)],
  ['User', login],
  ['IdentityFile', files.privateKey],
  ['CertificateFile', files.certificate],
  ['IdentitiesOnly', 'yes'],
  ['IdentityAgent', 'none'],
  ['AddKeysToAgent', 'no'],
  ['HostKeyAlias', hostKeyAlias],
  ['UserKnownHostsFile', files.knownHosts],
  ['GlobalKnownHostsFile', 'none'],
  ['StrictHostKeyChecking', 'yes'],
  ['CheckHostIP', 'no'],
  ['UpdateHostKeys', 'no'],
  ['VerifyHostKeyDNS', 'no'],
  ['PreferredAuthentications', 'publickey'],
  ['PasswordAuthentication', 'no'],
  ['KbdInteractiveAuthentication', 'no'],
  ['ControlMaster', 'no'],
  ['ControlPath', 'none'],
  ['CanonicalizeHostname', 'no'],
]

/** The command line of ssh. The person's own options come last, and the command after a `--` that ends all options. */
export const sshArguments = (
  certificate: Certificate,
  files: Files,
  { own, tty, command }: { own: readonly string[]; tty: boolean; command: readonly string[] },
): string[] => [
  ...['-F', 'none'],
  ...optionsFor(certificate, files).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  ...own.flatMap((option) => ['-o', option]),
  ...(tty ? ['-t'] : []),
  ...['--', certificate.address, ...command],
]

/** The same options as lines of an ssh_config. */
export const configLines = (certificate: Certificate, files: Files): string =>
  `${optionsFor(certificate, files)
    .map(([name, value]) => `${name} ${value}`)
    .join('\n')}\n`

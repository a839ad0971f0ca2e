import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'
import { readIfThere, replaceFile } from './files.ts'
import type { Layout } from './paths.ts'

const run = promisify(execFile)

/** sshd does not do what we need of it; its settings are as they were. */
export class SshdRefused extends Error {
  override readonly name = 'SshdRefused'
}

const settingsOf = (layout: Layout): [string, string][] => [
  ['TrustedUserCAKeys', layout.userAuthorities],
  ['AuthorizedPrincipalsFile', join(layout.principals, '%u')],
  ['AuthorizedKeysFile', 'none'],
  ['AuthorizedKeysCommand', 'none'],
  ['AuthorizedPrincipalsCommand', 'none'],
  ['RevokedKeys', layout.revoked],
  ['HostKey', layout.hostKey],
  ['HostCertificate', layout.hostCertificate],
  ['UsePAM', 'yes'],
  // Every other way in would be one that nobody granted.
  ['AuthenticationMethods', 'publickey'],
  ['PubkeyAuthentication', 'yes'],
  ['PasswordAuthentication', 'no'],
  ['KbdInteractiveAuthentication', 'no'],
  ['HostbasedAuthentication', 'no'],
  ['GSSAPIAuthentication', 'no'],
  ['PermitUserEnvironment', 'no'],
  ['LogLevel', 'VERBOSE'],
]
/** GSSAPI is not compiled in everywhere, and then not listed. */
const optional = ['gssapiauthentication', 'hostkey']

export interface BreakGlass {
  login: string
  /** Line of the authority that is kept offline. */
  authority: string
}

/** Apart: an authority, a list and principals of its own, so that nothing that happens to ours shuts this door or opens it. */
const breakGlassLines = (layout: Layout, { login }: BreakGlass): string[] => [
  '',
  `Match User ${login}`,
  `  TrustedUserCAKeys ${join(layout.etc, 'break_glass_ca.pub')}`,
  // `none` in a Match block would be the name of a file.
  `  RevokedKeys ${join(layout.etc, 'break_glass.krl')}`,
  `  AuthorizedPrincipalsFile ${join(layout.etc, 'break_glass_principals')}`,
  'Match all',
]

/** Whatever was asked for, the recorder runs, and nothing passes it by: no forwarding of any kind. */
const recorderLines = (layout: Layout, login: string): string[] => [
  '',
  `Match User ${login}`,
  `  ForceCommand ${layout.recorder}`,
  ...['  DisableForwarding yes', '  PermitTunnel no', '  PermitUserRC no', '  PermitOpen none', '  PermitListen none'],
  'Match all',
]

export interface Special {
  breakGlass: BreakGlass | null
  /** The account of the recorder; null where this is no bastion. */
  recorder: string | null
}

export const dropInOf = (layout: Layout, { breakGlass, recorder }: Special): string =>
  [
    '# Written by holdfast agent install; holdfast agent uninstall removes it.',
    ...settingsOf(layout).map(([name, value]) => `${name} ${value}`),
    ...(breakGlass ? breakGlassLines(layout, breakGlass) : []),
    ...(recorder === null ? [] : recorderLines(layout, recorder)),
    '',
  ].join('\n')

/** Whether sshd_config includes our drop-in before it says anything else. */
const isIncluded = (layout: Layout): boolean => {
  const directory = dirname(layout.dropIn)
  const lines = (readIfThere(layout.sshdConfig) ?? '').split('\n').map((line) => line.trim())
  return lines.some((line) => {
    const [, pattern] = /^include\s+"?([^"\s]+)"?$/i.exec(line) ?? []
    return (
      pattern !== undefined &&
      (isAbsolute(pattern) ? pattern : join(dirname(layout.sshdConfig), pattern)) === join(directory, '*.conf')
    )
  })
}

const errorText = (error: unknown): string => {
  const { stderr, message } = error as { stderr?: string; message: string }
  return (stderr ?? '').trim() || message
}

/** `sshd -t`, and `sshd -T`: that our values are those in force, and not some that come before them. */
export const checkSshd = async (sshd: string, layout: Layout): Promise<void> => {
  const { stdout } = await run(sshd, ['-T', '-f', layout.sshdConfig], { timeout: 20_000 }).catch((error: unknown) => {
    throw new SshdRefused(`sshd refuses its settings: ${errorText(error)}`)
  })
  const inForce = new Set(stdout.split('\n').map((line) => line.trim()))
  const missing = settingsOf(layout)
    .filter(([name]) => !optional.includes(name.toLowerCase()))
    .filter(([name, value]) => !inForce.has(`${name.toLowerCase()} ${value}`))
    .filter(([name]) => ![...inForce].some((line) => line === `${name.toLowerCase()} none`) || name === 'RevokedKeys')
    .filter(([name, value]) => !(name === 'LogLevel' && inForce.has(`loglevel ${value.toUpperCase()}`)))
  if (missing.length > 0) {
    const names = missing.map(([name]) => name).join(', ')
    throw new SshdRefused(`other settings come before ours in ${layout.sshdConfig}: ${names}`)
  }
}

/** For the account of the recorder sshd must run the recorder, whatever else stands in its settings. */
const checkRecorder = async (sshd: string, layout: Layout, login: string): Promise<void> => {
  const connection = `user=${login},host=localhost,addr=127.0.0.1`
  const { stdout } = await run(sshd, ['-T', '-C', connection, '-f', layout.sshdConfig], { timeout: 20_000 })
  const inForce = new Set(stdout.split('\n').map((line) => line.trim()))
  if (!inForce.has(`forcecommand ${layout.recorder}`) || !inForce.has('disableforwarding yes'))
    throw new SshdRefused(`other settings of ${login} come before ours in ${layout.sshdConfig}`)
}

/** Writes the drop-in; what was there before is put back when sshd refuses it. Throws `SshdRefused`. */
export const writeDropIn = async (layout: Layout, sshd: string, special: Special): Promise<void> => {
  if (!isIncluded(layout))
    throw new SshdRefused(
      `${layout.sshdConfig} has no line "Include ${join(dirname(layout.dropIn), '*.conf')}"; add it as the first`,
    )
  const before = readIfThere(layout.dropIn)
  mkdirSync(dirname(layout.dropIn), { recursive: true, mode: 0o755 })
  await replaceFile(layout.dropIn, dropInOf(layout, special), { mode: 0o644 })
  try {
    await checkSshd(sshd, layout)
    if (special.recorder !== null) await checkRecorder(sshd, layout, special.recorder)
  } catch (error) {
    if (before === null) removeDropIn(layout)
    else await replaceFile(layout.dropIn, before, { mode: 0o644 })
    throw error
  }
}

export const removeDropIn = ({ dropIn }: Layout): void => {
  if (existsSync(dropIn)) rmSync(dropIn)
}

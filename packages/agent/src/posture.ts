import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { readIfThere } from './files.ts'
import type { Layout } from './paths.ts'
import type { Posture } from './wire.ts'

const run = promisify(execFile)

/** More accounts than these are not looked at, and that is said. */
const mostAccounts = 100
const mostWays = 20

interface Expected {
  /** The value that has our certificates believed, and no others. */
  authorities: string
}

/** Every way in but a certificate of ours that these settings, as `sshd -T` writes them, leave to one account. */
export const waysIn = (account: string, settings: string, { authorities }: Expected): string[] => {
  const values = new Map(
    settings.split('\n').map((line) => {
      const [name = '', ...rest] = line.trim().split(' ')
      return [name, rest.join(' ')] as const
    }),
  )
  const wanted: readonly (readonly [name: string, value: string])[] = [
    ['authorizedkeysfile', 'none'],
    ['authorizedkeyscommand', 'none'],
    ['authorizedprincipalscommand', 'none'],
    ['passwordauthentication', 'no'],
    ['kbdinteractiveauthentication', 'no'],
    ['hostbasedauthentication', 'no'],
    ['trustedusercakeys', authorities],
  ]
  const wrong = wanted.filter(([name, value]) => values.get(name) !== value)
  // Not compiled in everywhere.
  const gssapi = (values.get('gssapiauthentication') ?? 'no') === 'no' ? [] : (['gssapiauthentication'] as const)
  return [...wrong.map(([name]) => name), ...gssapi].map((name) => `${account}: ${name} ${values.get(name) ?? 'not said'}`)
}

/** Accounts that can have a session: those with a shell, in the order of the file. */
export const accountsIn = (passwd: string): string[] =>
  passwd.split('\n').flatMap((line) => {
    const [name, , , , , , shell = ''] = line.split(':')
    return name === undefined || name === '' || /\/(nologin|false|sync|shutdown|halt)$/.test(shell) ? [] : [name]
  })

/** Conditional blocks that are not ours: what they change for an address or a group shows in no question about an account. */
const foreignBlocks = ({ sshdConfig, dropIn }: Layout): string[] => {
  const directory = dirname(dropIn)
  const more = readdirSync(directory)
    .filter((name) => name.endsWith('.conf'))
    .map((name) => join(directory, name))
  return [sshdConfig, ...more.filter((file) => file !== dropIn)].flatMap((file) =>
    (readIfThere(file) ?? '')
      .split('\n')
      .filter((line) => /^\s*match\s/i.test(line) && !/^\s*match\s+all\s*$/i.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  )
}

const printable = (text: string): string => text.replace(/[^\u0020-\u007e]/g, '?').slice(0, 200)

/**
 * What sshd says that it would honour, for each account that could have a session: asked of `sshd -T`, which reads the settings as they stand on
 * disk. Whatever goes wrong here is a way in that nobody has ruled out.
 */
export const readPosture = async (
  layout: Layout,
  { sshd, breakGlass, now }: { sshd: string; breakGlass: string | null; now: number },
): Promise<Posture> => {
  const ask = async (account: string): Promise<string[]> => {
    const authorities = account === breakGlass ? join(layout.etc, 'break_glass_ca.pub') : layout.userAuthorities
    const connection = `user=${account},host=localhost,addr=127.0.0.1`
    try {
      const { stdout } = await run(sshd, ['-T', '-C', connection, '-f', layout.sshdConfig], { timeout: 20_000 })
      return waysIn(account, stdout, { authorities })
    } catch {
      return [`${account}: sshd -T did not answer`]
    }
  }
  const accounts = accountsIn((await run('getent', ['passwd'], { timeout: 20_000 }).catch(() => ({ stdout: '' }))).stdout)
  const ways = accounts.length === 0 ? ['the accounts of this host are not known'] : foreignBlocks(layout)
  for (const account of accounts.slice(0, mostAccounts)) ways.push(...(await ask(account)))
  if (accounts.length > mostAccounts) ways.push(`${accounts.length - mostAccounts} more accounts were not looked at`)
  return {
    at: new Date(now).toISOString(),
    accounts: Math.min(accounts.length, mostAccounts),
    ways: ways.slice(0, mostWays).map(printable),
  }
}

export const postureMs = 10 * 60_000
/** Told again after so long, though nothing is new: what nobody looks at any more is not known any more. */
const againMs = 60 * 60_000

/** Looks now and then; what it found is new only when it differs, or is an hour old. */
export const watchPosture = (
  layout: Layout,
  { sshd, breakGlass, now, changed }: { sshd: string; breakGlass: string | null; now: () => number; changed: () => void },
) => {
  let last: Posture | null = null
  return {
    found: () => last,
    async look(): Promise<void> {
      const seen = await readPosture(layout, { sshd, breakGlass, now: now() })
      const same = last !== null && last.ways.join('\n') === seen.ways.join('\n') && last.accounts === seen.accounts
      if (same && now() - Date.parse(last?.at ?? '') < againMs) return
      last = seen
      changed()
    },
  }
}

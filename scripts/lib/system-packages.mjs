import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { at } from './root.mjs'

const update = ['apt-get', '-o', 'DPkg::Lock::Timeout=400', 'update', '-q']
const install = ['apt-get', '-o', 'DPkg::Lock::Timeout=400', 'install', '-y', '-q', '--no-install-recommends']

/** Installs the Debian packages of a list that are missing. Where we are not root it says what to run, and stops. */
export function ensureSystemPackages(list = 'scripts/system-packages.txt', who = 'The tests') {
  const wanted = readFileSync(at(list), 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter(Boolean)
  if (spawnSync('dpkg', ['--version'], { stdio: 'ignore' }).status !== 0) {
    process.stderr.write(`This is not a Debian system. ${who} need what these packages hold: ${wanted.join(' ')}\n`)
    return
  }
  const missing = wanted.filter((name) => !isInstalled(name))
  if (missing.length === 0) return
  if (process.getuid?.() !== 0) {
    const line = `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing.join(' ')}`
    throw new Error(`${who} need system packages. Run this, then try again:\n  ${line}`)
  }
  process.stderr.write(`Installing system packages: ${missing.join(' ')} …\n`)
  apt(update)
  apt([...install, ...missing])
}

function isInstalled(name) {
  const { status, stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Status}', name], { encoding: 'utf8' })
  return status === 0 && stdout.includes('install ok installed')
}

function apt([command, ...args]) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env, maxBuffer: 1 << 26 })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout.slice(-2000)}${stderr.slice(-2000)}`)
}

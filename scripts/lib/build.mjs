import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { filesUnder } from './files.mjs'
import { at } from './root.mjs'
import { captureNode } from './run.mjs'

const inputs = ['packages/console', 'packages/contract', 'packages/ledger', 'package-lock.json']
const stamp = at('packages/console/dist/.built-from')

/** Builds the console into packages/console/dist when its sources differ from those of the last build. */
export async function ensureBuild() {
  const hash = sourceHash()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  process.stderr.write('Building the console …\n')
  const started = Date.now()
  const { code, output } = await captureNode([
    at('node_modules/vite/bin/vite.js'),
    'build',
    'packages/console',
    '--logLevel',
    'warn',
  ])
  if (code !== 0) throw new Error(`The console does not build:\n${stripVTControlCharacters(output)}`)
  writeFileSync(stamp, hash)
  process.stderr.write(`Built in ${((Date.now() - started) / 1000).toFixed(1)} s.\n`)
}

// Contents rather than times: a fresh clone and a branch switch touch times without changing anything.
function sourceHash() {
  const hash = createHash('sha256')
  for (const file of inputs.flatMap((input) => filesUnder(input))) {
    if (/\.test\.tsx?$|\/e2e\//.test(file)) continue
    hash.update(`${file}\0`).update(readFileSync(at(file)))
  }
  return hash.digest('hex')
}

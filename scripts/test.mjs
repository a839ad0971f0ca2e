// npm test: everything. `npm test -- packages/ledger` runs a part; further flags go to Vitest.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuild } from './lib/build.mjs'
import { ensureInstall } from './lib/install.mjs'
import { environment } from './lib/node.mjs'
import { at } from './lib/root.mjs'
import { exitWith, runNode } from './lib/run.mjs'
import { ensureSystemPackages } from './lib/system-packages.mjs'

await exitWith(async () => {
  await ensureInstall()
  ensureSystemPackages()
  await ensureBuild()
  const scratch = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  try {
    const tally = join(scratch, 'tally.json')
    const reporters = ['--reporter=default', `--reporter=${at('scripts/lib/tally.mjs')}`]
    const args = [at('node_modules/vitest/vitest.mjs'), 'run', ...reporters, ...process.argv.slice(2)]
    // The tests start the system, the agent and the CLI again and again: compiled once, the CLI takes half the processor time to start.
    const compiled = join(scratch, 'compiled')
    const code = await runNode(args, { env: environment({ HOLDFAST_TALLY: tally, NODE_COMPILE_CACHE: compiled }) })
    const { passed, failed, skipped } = readTally(tally)
    process.stdout.write(`\n${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}\n`)
    return code === 0 && (failed > 0 || passed === 0) ? 1 : code
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
})

// No tally means that Vitest itself broke: that is one failure, never a clean run.
function readTally(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

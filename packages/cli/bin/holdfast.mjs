#!/usr/bin/env node
// Plain JavaScript, since it may be started by any Node: hands over to the Node that is pinned in package.json, which runs TypeScript.
// Node resolves links before `import.meta.url`, so this works through node_modules/.bin and through a link on PATH alike.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { pinnedNode } from '../../../scripts/lib/node.mjs'

const main = new URL('../src/main.ts', import.meta.url)

if (Number.parseInt(process.versions.node, 10) >= 24) {
  await import(main.href)
} else {
  const child = spawn(pinnedNode(), [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both of us; what others send to us alone is passed on. Either way we wait for the program.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => signal === 'SIGINT' || child.kill(signal))
  child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
  child.once('error', (error) => {
    process.stderr.write(`holdfast: ${error.message}\n`)
    process.exit(1)
  })
}

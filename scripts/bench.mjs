// npm run bench: our numbers beside a peer's, in one run. `--json` prints them for machines on stdout.
import { ensureBuild } from './lib/build.mjs'
import { ensureInstall } from './lib/install.mjs'
import { at } from './lib/root.mjs'
import { exitWith, runNode } from './lib/run.mjs'

await exitWith(async () => {
  await ensureInstall()
  await ensureBuild()
  return runNode([at('bench/main.ts'), ...process.argv.slice(2)])
})

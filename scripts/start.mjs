// npm start: installs what is missing, builds the console when it changed, then hands over to the pinned Node.
import { ensureBuild } from './lib/build.mjs'
import { ensureInstall } from './lib/install.mjs'
import { at } from './lib/root.mjs'
import { exitWith, runNode } from './lib/run.mjs'

const flags = process.argv.slice(2)

await exitWith(async () => {
  await ensureInstall()
  if (!flags.includes('--help')) await ensureBuild()
  return runNode([at('packages/server/src/start.ts'), ...flags], { tether: true })
})

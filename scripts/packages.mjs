// npm run packages: what strangers install, as it is published: packages/ledger/dist and packages/cli/dist.
// Then: npm publish ./packages/ledger/dist
import { ensureInstall } from './lib/install.mjs'
import { at } from './lib/root.mjs'
import { exitWith } from './lib/run.mjs'

await exitWith(async () => {
  await ensureInstall()
  const { buildCli, buildLedger } = await import('./lib/packages.mjs')
  await buildLedger(at('packages/ledger/dist'))
  await buildCli(at('packages/cli/dist'))
  process.stdout.write('packages/ledger/dist and packages/cli/dist are ready for npm publish.\n')
  return 0
})

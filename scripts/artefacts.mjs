// npm run artefacts: writes the files that are derived from the sources and checked in, so that a review sees them change.
import { fileURLToPath } from 'node:url'
import { ensureInstall } from './lib/install.mjs'
import { at } from './lib/root.mjs'
import { exitWith, runNode } from './lib/run.mjs'

/** Each generator runs without arguments and writes its files in place. `npm run check` runs them and compares. */
export const generated = [
  {
    generator: 'packages/contract/scripts/artefacts.ts',
    files: ['artefacts/openapi.json', 'artefacts/permissions.txt', 'artefacts/audit-events.md', 'artefacts/obligations.md'],
  },
  { generator: 'packages/ledger/scripts/wasm.ts', files: ['packages/ledger/src/line.wasm.ts'] },
  { generator: 'packages/server/scripts/schema-dump.ts', files: ['packages/server/schema.sql'] },
]

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await exitWith(async () => {
    await ensureInstall()
    for (const { generator } of generated) {
      const code = await runNode([at(generator)])
      if (code !== 0) return code
    }
    return 0
  })
}

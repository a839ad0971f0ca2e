import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { at } from '../lib/root.mjs'
import { direction } from './direction.mjs'

const packages = ['contract', 'ledger', 'crypto', 'server', 'keyserver', 'console', 'cli']

// [rule that must speak, file that trespasses, what it imports]
const trespasses = [
  ['no-circle', 'contract/src/a.ts', './b.ts'],
  ['unresolved', 'server/src/kernel/lost.ts', './nowhere.ts'],
  ['contract-knows-zod-only', 'contract/src/hash.ts', 'node:crypto'],
  ['contract-knows-zod-only', 'contract/src/other.ts', '@holdfast/crypto'],
  ['ledger-knows-nobody', 'ledger/src/node.ts', 'node:crypto'],
  ['ledger-knows-nobody', 'ledger/src/schema.ts', 'zod'],
  ['ledger-knows-nobody', 'ledger/src/shapes.ts', '@holdfast/contract'],
  ['ledger-node-half', 'ledger/src/schema.node.ts', 'zod'],
  ['crypto-knows-node-only', 'crypto/src/schema.ts', 'zod'],
  ['crypto-knows-node-only', 'crypto/src/entry.ts', '@holdfast/ledger'],
  ['kernel-knows-no-adapter', 'server/src/kernel/adapter.ts', '../platform/postgres.ts'],
  ['kernel-knows-no-adapter', 'server/src/kernel/noun.ts', '../capabilities/policy/commands.ts'],
  ['capability-knows-kernel-only', 'server/src/capabilities/policy/mail.ts', '../../platform/postgres.ts'],
  ['capabilities-never-meet', 'server/src/capabilities/policy/person.ts', '../member/queries.ts'],
  ['platform-knows-no-capability', 'server/src/platform/noun.ts', '../capabilities/policy/commands.ts'],
  ['pages-never-meet', 'console/src/pages/policy/Page.tsx', '../member/Page.tsx'],
  ['kit-knows-no-page', 'console/src/kit/Button.tsx', '../pages/member/Page.tsx'],
  ['server-is-a-leaf', 'cli/src/start.ts', '@holdfast/server'],
  ['keyserver-is-a-leaf', 'cli/src/keys.ts', '@holdfast/keyserver'],
  ['console-is-a-leaf', 'server/src/main.ts', '../../console/src/index.ts'],
  ['cli-is-a-leaf', 'server/src/kernel/verb.ts', '../../../cli/src/index.ts'],
  ['source-knows-no-test', 'server/src/kernel/short-cut.ts', './run.test.ts'],
] as const

// What the trespassers reach for, and imports that are allowed.
const innocent: Record<string, string> = {
  'contract/src/b.ts': "import './a.ts'",
  'server/src/platform/postgres.ts': "import '../kernel/run.ts'",
  'server/src/kernel/run.ts': "import '@holdfast/contract'\nimport 'node:http'",
  'server/src/kernel/run.test.ts': "import '../platform/postgres.ts'",
  'server/src/capabilities/policy/commands.ts': "import '../../kernel/run.ts'\nimport './rules.ts'",
  'server/src/capabilities/policy/rules.ts': '',
  'server/src/capabilities/member/queries.ts': "import '../../kernel/run.ts'",
  'server/src/compose.ts':
    "import './capabilities/policy/commands.ts'\nimport './platform/postgres.ts'\nimport '@holdfast/keyserver'",
  'console/src/pages/member/Page.tsx': "import '@holdfast/contract'",
  'crypto/src/envelope.ts': "import 'node:crypto'",
  'ledger/src/sha256.node.ts': "import 'node:crypto'",
  'cli/src/verify.ts': "import '@holdfast/ledger'",
}

/** A tree laid out like ours, with the given files and the real zod. */
function plant(files: Record<string, string>) {
  const home = mkdtempSync(join(tmpdir(), 'holdfast-direction-'))
  mkdirSync(join(home, 'node_modules/@holdfast'), { recursive: true })
  symlinkSync(at('node_modules/zod'), join(home, 'node_modules/zod'))
  for (const name of packages) {
    mkdirSync(join(home, 'packages', name, 'src'), { recursive: true })
    cpSync(at('packages', name, 'package.json'), join(home, 'packages', name, 'package.json'))
    symlinkSync(join(home, 'packages', name), join(home, 'node_modules/@holdfast', name))
    writeFileSync(join(home, 'packages', name, 'src/index.ts'), 'export {}\n')
  }
  for (const [path, text] of Object.entries(files)) {
    const file = join(home, 'packages', path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${text}\n`)
  }
  return home
}

describe('the dependency check', () => {
  const homes: string[] = []
  let verdict: Awaited<ReturnType<typeof direction>>

  beforeAll(async () => {
    const home = plant({ ...innocent, ...Object.fromEntries(trespasses.map(([, file, target]) => [file, `import '${target}'`])) })
    homes.push(home)
    verdict = await direction(home)
  })
  afterAll(() => homes.forEach((home) => rmSync(home, { recursive: true })))

  test.each(trespasses)('%s: catches %s importing %s', (rule, file) => {
    expect(verdict.ok).toBe(false)
    expect(verdict.output).toContain(`${rule}: packages/${file} → `)
  })

  test('accuses nobody else', () => {
    const accused = verdict.output.split('\n').map((line: string) => line.replace(/^[^:]+: packages\/(.*) → .*$/, '$1'))
    expect(new Set(accused)).toEqual(new Set(trespasses.map(([, file]) => file)))
  })

  test('lets a tree without trespassers pass', async () => {
    const { 'contract/src/b.ts': _circle, ...clean } = innocent
    const home = plant(clean)
    homes.push(home)
    expect(await direction(home)).toMatchObject({ ok: true, output: '' })
  })

  test('fails when a package was not read at all', async () => {
    const home = plant({})
    homes.push(home)
    // The cruiser leaves out what lies in dist, as it would leave out what it cannot parse.
    rmSync(join(home, 'packages/ledger/src/index.ts'))
    mkdirSync(join(home, 'packages/ledger/src/dist'))
    writeFileSync(join(home, 'packages/ledger/src/dist/entry.ts'), '')
    expect((await direction(home)).output).toContain('packages/ledger: not one module was read')
  })
})

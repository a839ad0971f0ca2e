import { chmodSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { at } from './root.mjs'
import { captureNode } from './run.mjs'

// Node refuses to strip types below node_modules, so what is published is JavaScript, in a folder with a manifest of its own.
// The manifests of the sources are private: `npm publish` in them by mistake is refused.
const oldestNode = '>=20.12' // crypto.hash

const manifestOf = (name) => JSON.parse(readFileSync(at('packages', name, 'package.json'), 'utf8'))

function emptied(folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
}

function writeManifest(folder, source, rest) {
  const { name, version, description, license, type } = source
  const manifest = { name, version, description, license, type, engines: { node: oldestNode }, ...rest }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  cpSync(at('LICENSE'), join(folder, 'LICENSE'))
}

/** `./entry.ts` → `./entry.js`, `./entry.d.ts` or both, as a consumer's `exports` and `imports` name it. */
const built = (path) => path.replace(/^\.\/src\/(.*)\.ts$/, './$1.js')

/** @holdfast/ledger into `folder`: a file of JavaScript and one of types for each source, and the test vectors. No dependencies. */
export async function buildLedger(folder) {
  emptied(folder)
  const source = manifestOf('ledger')
  const config = { extends: at('tsconfig.base.json'), compilerOptions: compilerOptions(folder), files: entries(source) }
  const project = join(folder, 'tsconfig.json')
  writeFileSync(project, JSON.stringify(config))
  const { code, output } = await captureNode([at('node_modules/@typescript/native/bin/tsc'), '-p', project, '--pretty', 'false'])
  if (code !== 0) throw new Error(`The ledger package does not build:\n${output}`)
  rmSync(project)
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.d.ts'))) typesNameJavaScript(join(folder, file))
  cpSync(at('packages/ledger/vectors'), join(folder, 'vectors'), { recursive: true })
  cpSync(at('docs/ledger-format.md'), join(folder, 'ledger-format.md'))
  cpSync(at('packages/ledger/README.md'), join(folder, 'README.md'))
  const { './bench': _, ...published } = source.exports
  writeManifest(folder, source, {
    sideEffects: false,
    imports: mapped(source.imports),
    exports: mapped(published),
    publishConfig: { access: 'public' },
  })
}

const compilerOptions = (outDir) => ({
  target: 'ES2023',
  lib: ['ES2024', 'DOM'],
  types: ['node'],
  typeRoots: [at('node_modules/@types')],
  rootDir: at('packages/ledger/src'),
  outDir,
  noEmit: false,
  declaration: true,
  rewriteRelativeImportExtensions: true,
})

// The worker is named by a URL and the browser's hash by a condition: neither is imported by what is.
const entries = (source) =>
  [source.exports['.'], source.exports['./node'], './src/segment-thread.node.ts', './src/sha256.browser.ts'].map((path) =>
    at('packages/ledger', path),
  )

function mapped(entry) {
  if (typeof entry === 'string') return built(entry)
  return Object.fromEntries(Object.entries(entry).map(([key, value]) => [key, mapped(value)]))
}

/** TypeScript leaves `.ts` in declarations, where a consumer without `allowImportingTsExtensions` may not have it. */
function typesNameJavaScript(file) {
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace(/(from |import\()(['"]\.\/[^'"]+)\.ts(['"])/g, '$1$2.js$3'))
}

/** @holdfast/cli into `folder`: one file with everything in it, so that `npx` fetches one package and trusts nobody else. */
export async function buildCli(folder) {
  emptied(folder)
  await build({
    configFile: false,
    root: at('packages/cli'),
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: at('packages/cli/src/main.ts'),
      target: 'node20',
      outDir: folder,
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'holdfast.js', codeSplitting: false, banner: '#!/usr/bin/env node' } },
    },
  })
  chmodSync(join(folder, 'holdfast.js'), 0o755)
  cpSync(at('docs/cli.md'), join(folder, 'README.md'))
  writeFileSync(join(folder, 'THIRD-PARTY.txt'), bundledLicences())
  writeManifest(folder, manifestOf('cli'), { bin: { holdfast: 'holdfast.js' }, publishConfig: { access: 'public' } })
}

/** Their licences ask that copies carry them. */
const bundledLicences = () =>
  ['commander', 'zod'].map((name) => `${name}\n\n${readFileSync(at('node_modules', name, 'LICENSE'), 'utf8')}`).join('\n\n')

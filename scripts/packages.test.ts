import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type * as ledger from '@holdfast/ledger'
import { buildCli, buildLedger } from './lib/packages.mjs'
import { at } from './lib/root.mjs'

type Ledger = typeof ledger
const execute = promisify(execFile)
const scratch = mkdtempSync(join(tmpdir(), 'holdfast-packages-'))
const consumer = join(scratch, 'consumer')
const sample = at('packages/ledger/vectors/export.jsonl')

const pack = async (folder: string): Promise<string> => {
  await execute('npm', ['pack', '--silent', '--pack-destination', scratch], { cwd: folder })
  return join(
    scratch,
    readdirSync(scratch).find((name) => name.endsWith('.tgz') && name.includes(folder.split('/').at(-1)!))!,
  )
}

beforeAll(async () => {
  for (const folder of ['ledger', 'cli']) mkdirSync(join(scratch, folder))
  await buildLedger(join(scratch, 'ledger'))
  await buildCli(join(scratch, 'cli'))
  const tarballs = [await pack(join(scratch, 'ledger')), await pack(join(scratch, 'cli'))]
  mkdirSync(consumer)
  writeFileSync(join(consumer, 'package.json'), '{"name":"consumer","private":true,"type":"module"}')
  await execute('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs], { cwd: consumer })
}, 120_000)

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const inConsumer = (name: string, source: string): string => {
  const file = join(consumer, name)
  writeFileSync(file, source)
  return file
}

test('the packed ledger verifies a file where it is installed, with nothing else installed', async () => {
  const file = inConsumer(
    'verify.js',
    `import { verifyExport } from '@holdfast/ledger'
     import { verifyFile } from '@holdfast/ledger/node'
     import { createReadStream } from 'node:fs'
     const file = process.argv[2]
     console.log(JSON.stringify([await verifyFile(file), await verifyExport(createReadStream(file))]))`,
  )
  const { stdout } = await execute('node', [file, sample], { cwd: consumer })
  expect(JSON.parse(stdout)).toEqual([expect.objectContaining({ ok: true }), expect.objectContaining({ ok: true })])
  expect(readdirSync(join(consumer, 'node_modules/@holdfast')).toSorted()).toEqual(['cli', 'ledger'])
})

test('the worker that verifies a part of a large file starts from the package', async () => {
  const file = inConsumer(
    'threads.js',
    `import { Worker } from 'node:worker_threads'
     import { readFileSync } from 'node:fs'
     const [path, file] = [process.argv[2], readFileSync(process.argv[2])]
     const lines = { path, org: '0197f2a0-0000-7000-8000-00000000000a', start: file.indexOf('\\n') + 1, end: file.length, from: 0, to: 3 }
     const worker = new Worker(new URL(import.meta.resolve('@holdfast/ledger/node').replace('verify-file', 'segment-thread')), { workerData:
       { ...lines, sizes: [], progressEvery: 10 } })
     worker.on('message', (message) => console.log(JSON.stringify(message)))`,
  )
  const { stdout } = await execute('node', [file, sample], { cwd: consumer })
  expect(JSON.parse(stdout)).toMatchObject({ result: { ok: true, states: [{ size: 3 }] } })
})

test('its types are found by a consumer who does not allow .ts imports', async () => {
  const file = inConsumer(
    'typed.ts',
    `import { verifyExport, sha256, type Verdict } from '@holdfast/ledger'
     import { verifyFile } from '@holdfast/ledger/node'
     export const verdict: Promise<Verdict> = verifyFile('x').then(() => verifyExport([sha256('')]))`,
  )
  const wrong = inConsumer('wrong.ts', `import { verifyFile } from '@holdfast/ledger/node'\nvoid verifyFile(1)`)
  const settings = ['--ignoreConfig', '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023,dom']
  const check = (path: string) =>
    execute('node', [at('node_modules/@typescript/native/bin/tsc'), ...settings, path], { cwd: consumer })
  await check(file)
  await expect(check(wrong)).rejects.toMatchObject({ stdout: expect.stringContaining('TS2345') })
})

test('it bundles for a browser without anything of Node, and that bundle verifies', async () => {
  const entry = inConsumer('page.js', `export { verifyExport } from '@holdfast/ledger'`)
  await build({
    configFile: false,
    root: consumer,
    logLevel: 'error',
    build: { outDir: 'page', lib: { entry, formats: ['es'], fileName: 'page' }, minify: false },
  })
  const bundle = join(consumer, 'page/page.js')
  expect(readFileSync(bundle, 'utf8')).not.toMatch(/node:|require\(|^import /m)
  const { verifyExport } = (await import(pathToFileURL(bundle).href)) as Ledger
  expect(await verifyExport([readFileSync(sample)])).toMatchObject({ ok: true })
})

test('npx holdfast ledger verify works from the packed command, offline, and names what is broken', async () => {
  const npx = (...args: string[]) => execute('npx', ['--offline', 'holdfast', ...args], { cwd: consumer })
  expect((await npx('ledger', 'verify', sample)).stdout).toMatch(/^OK /)
  const broken = inConsumer(
    'broken.jsonl',
    readFileSync(sample, 'utf8').replace(/"prev":"(.)/, (_, digit) => `"prev":"${digit === '0' ? 1 : 0}`),
  )
  await expect(npx('ledger', 'verify', broken)).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^BROKEN at entry/),
  })
  await expect(npx('start')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('runs from a clone') })
})

/** A Node on the path that is older than ours; on most machines the system's own. */
const olderNode = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .find((path) => existsSync(path) && /^v2[0-3]\./.test(execFileSync(path, ['--version'], { encoding: 'utf8' })))

test.runIf(olderNode)('the packed command runs on an older Node', async () => {
  const command = join(consumer, 'node_modules/.bin/holdfast')
  const holdfast = (...args: string[]) => execute(olderNode!, [command, ...args], { cwd: consumer })
  expect((await holdfast('ledger', 'verify', sample)).stdout).toMatch(/^OK /)
  expect((await holdfast('psql', '--help')).stdout).toContain('holdfast psql')
})

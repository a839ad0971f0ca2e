import { at } from '../lib/root.mjs'
import { captureNode } from '../lib/run.mjs'

const tool = (path) => at('node_modules', path)

// What runs in Node, what runs in browsers, and the tests between them: each knows its own globals only.
const projects = ['tsconfig.json', 'packages/console/tsconfig.json', 'packages/console/tsconfig.test.json']

/** TypeScript 7 over every project. */
export async function types() {
  let files = 0
  let output = ''
  let ok = true
  for (const project of projects) {
    const result = await captureNode([tool('@typescript/native/bin/tsc'), '-p', at(project), '--listFiles', '--pretty', 'false'])
    const lines = result.output.split('\n')
    const ours = lines.filter((line) => line.startsWith(at('')) && !line.includes('/node_modules/'))
    files += ours.length
    ok &&= result.code === 0 && ours.length > 0
    if (result.code !== 0) output += lines.filter((line) => !line.startsWith('/')).join('\n')
    if (ours.length === 0) output += `${project} names no files\n`
  }
  return { ok, output, summary: `${files} files` }
}

/** oxlint with the type-aware rules of tsgolint (.oxlintrc.json); warnings count as errors. */
export async function lint() {
  const { code, output, stdout } = await captureNode([tool('oxlint/bin/oxlint'), '--deny-warnings', '.'])
  const looked = /on (\d+) files? with (\d+) rules/.exec(stdout)
  return {
    ok: code === 0 && Number(looked?.[1] ?? 0) > 0,
    output,
    summary: looked ? `${looked[1]} files, ${looked[2]} rules` : 'no files',
  }
}

/** Prettier; `npm run format` repairs. */
export async function format() {
  const { code, output } = await captureNode([
    tool('prettier/bin/prettier.cjs'),
    '--check',
    '--cache',
    '--log-level',
    'warn',
    '.',
  ])
  return { ok: code === 0, output: `${output}Run: npm run format`, summary: code === 0 ? 'as prettier writes it' : 'differs' }
}

/** knip: files, exports, dependencies that nothing uses, and dependencies that are used but not declared (knip.json). */
export async function unused() {
  const { code, output } = await captureNode([tool('knip/bin/knip.js'), '--no-progress', '--no-config-hints'])
  return { ok: code === 0, output, summary: code === 0 ? 'no unused files, exports or dependencies' : 'something is unused' }
}

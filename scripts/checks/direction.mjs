import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { at, root } from '../lib/root.mjs'
import { captureNode } from '../lib/run.mjs'

const cruiser = at('node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
const rules = at('.dependency-cruiser.mjs')

/** Who imports whom, held against .dependency-cruiser.mjs. `home` is another tree of the same layout (the test's). */
export async function direction(home = root) {
  const { code, output, stdout } = await captureNode([cruiser, '--config', rules, '--output-type', 'json', 'packages'], {
    cwd: home,
  })
  if (!stdout.startsWith('{')) return { ok: false, summary: `cruise ended with ${code}`, output }
  const { modules, summary } = JSON.parse(stdout)
  const violations = summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)
  const unseen = packagesWithSource(home).filter(
    (name) => !modules.some(({ source }) => source.startsWith(`packages/${name}/src/`)),
  )
  const problems = [...violations, ...unseen.map((name) => `packages/${name}: not one module was read`)]
  if (summary.totalDependenciesCruised === 0) problems.push('no import was read')
  return {
    ok: problems.length === 0,
    output: problems.join('\n'),
    summary: `${summary.totalCruised} modules, ${summary.totalDependenciesCruised ?? 0} imports`,
  }
}

// With a TypeScript it does not understand, the cruiser sees no module and passes: so every package must have been seen.
function packagesWithSource(home) {
  return readdirSync(join(home, 'packages')).filter((name) => {
    const source = join(home, 'packages', name, 'src')
    return existsSync(source) && readdirSync(source, { recursive: true }).some((file) => /\.tsx?$/.test(file))
  })
}

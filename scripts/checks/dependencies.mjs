import { readFileSync, readdirSync } from 'node:fs'
import { at } from '../lib/root.mjs'

const read = (path) => readFileSync(at(path), 'utf8')

/** Every direct dependency has a line in docs/dependencies.md that says why it is here, and every line a dependency. */
export function dependencies() {
  const declared = new Set(
    manifests().flatMap((manifest) =>
      Object.keys({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }),
    ),
  )
  const external = [...declared].filter((name) => !name.startsWith('@holdfast/'))
  const explained = new Set(read('docs/dependencies.md').split('\n').flatMap(namesIn))
  const problems = [
    ...external.filter((name) => !explained.has(name)).map((name) => `docs/dependencies.md says nothing about ${name}`),
    ...[...explained]
      .filter((name) => !declared.has(name))
      .map((name) => `docs/dependencies.md explains ${name}, which nobody depends on`),
  ]
  return { ok: problems.length === 0, output: problems.join('\n'), summary: `${external.length} direct dependencies explained` }
}

const manifests = () =>
  ['package.json', ...readdirSync(at('packages')).map((name) => `packages/${name}/package.json`)].map((path) =>
    JSON.parse(read(path)),
  )

// A line of the table: | `name`, `name` | what for | why this one |
function namesIn(line) {
  const cell = /^\| (`[^|]+`) \|/.exec(line)?.[1]
  return cell ? [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name) : []
}

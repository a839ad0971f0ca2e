import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { at } from './root.mjs'

const skipped = new Set(['node_modules', 'dist', '.git', '.holdfast', '.cache', 'coverage', 'test-results'])

/**
 * Paths of the files under a directory of the clone, relative to the clone, sorted; what is built or installed is left out.
 * @returns {string[]}
 */
export function filesUnder(directory = '.') {
  if (statSync(at(directory)).isFile()) return [directory]
  return readdirSync(at(directory), { withFileTypes: true })
    .filter((entry) => !skipped.has(entry.name) && !entry.isSymbolicLink())
    .flatMap((entry) => {
      const path = directory === '.' ? entry.name : join(directory, entry.name)
      return entry.isDirectory() ? filesUnder(path) : [path]
    })
    .sort()
}

// Writes what is derived from the contract and checked in. With --check it writes nothing, names the files that differ and exits with 1.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { auditEvents } from '../src/catalogue.ts'
import { permissionMatrix } from '../src/matrix.ts'
import { obligationTable } from '../src/obligations.ts'
import { openApiDocument } from '../src/openapi.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const artefacts: Record<string, () => string> = {
  'artefacts/openapi.json': () => `${JSON.stringify(openApiDocument(), null, 2)}\n`,
  'artefacts/permissions.txt': permissionMatrix,
  'artefacts/audit-events.md': auditEvents,
  'artefacts/obligations.md': obligationTable,
}

const contentOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, root: { type: 'string', default: root } } })
const drifting = Object.entries(artefacts).filter(([name, make]) => contentOf(join(values.root, name)) !== make())

for (const [name, make] of drifting) {
  process.stdout.write(values.check ? `${name} is not what the contract says\n` : `wrote ${name}\n`)
  if (values.check) continue
  mkdirSync(dirname(join(values.root, name)), { recursive: true })
  writeFileSync(join(values.root, name), make())
}
if (values.check && drifting.length > 0) process.exitCode = 1

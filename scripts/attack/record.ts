import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { attackSurface, type AttackRun } from '../../packages/server/src/kernel/http/attack-run.ts'
import type { Verdict } from './finding.ts'
import { runTool } from './run-tool.ts'

const file = fileURLToPath(new URL('../../packages/server/src/kernel/http/attack-run.json', import.meta.url))
const packages: Record<string, string> = { testssl: 'testssl.sh' }

const versionOf = async (tool: string): Promise<string> => {
  if (tool === 'bad-input') return process.version
  const { output } = await runTool('dpkg-query', ['-W', '-f', '${Version}', packages[tool] ?? tool], { seconds: 10 })
  return output.trim()
}

/** Notes clean verdicts of a tool, for the trust page's check of O10: sqlmap's operation by operation, so that only new ones need to be run. */
export const record = async (tool: string, verdicts: readonly Verdict[], now: Date): Promise<void> => {
  const run = JSON.parse(await readFile(file, 'utf8')) as AttackRun
  run.tools[tool] = { version: await versionOf(tool), ranOn: now.toISOString().slice(0, 10) }
  const surface = attackSurface()
  for (const { target } of tool === 'sqlmap' ? verdicts : [])
    if (surface[target] !== undefined) run.operations[target] = surface[target]
  await writeFile(file, `${JSON.stringify(run, null, 2)}\n`)
}

import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { attackSurface, type AttackRun } from '../../packages/server/src/kernel/http/attack-run.ts'
import { runTool } from './run-tool.ts'

const file = fileURLToPath(new URL('../../packages/server/src/kernel/http/attack-run.json', import.meta.url))
const packages: Record<string, string> = { testssl: 'testssl.sh' }

const versionOf = async (tool: string): Promise<string> => {
  if (tool === 'bad-input') return process.version
  const { output } = await runTool('dpkg-query', ['-W', '-f', '${Version}', packages[tool] ?? tool], { seconds: 10 })
  return output.trim()
}

/** Notes a clean run of a tool, for the trust page's check of O10. */
export const record = async (tool: string, now: Date): Promise<void> => {
  const run = JSON.parse(await readFile(file, 'utf8')) as AttackRun
  run.tools[tool] = { version: await versionOf(tool), ranOn: now.toISOString().slice(0, 10) }
  if (tool === 'sqlmap') run.operations = attackSurface()
  await writeFile(file, `${JSON.stringify(run, null, 2)}\n`)
}

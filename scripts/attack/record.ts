import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { attackSurface, type AttackRun } from '../../packages/server/src/kernel/http/attack-run.ts'
import { failed, type Verdict } from './finding.ts'
import { runTool } from './run-tool.ts'

const file = fileURLToPath(new URL('../../packages/server/src/kernel/http/attack-run.json', import.meta.url))
const packages: Record<string, string> = { testssl: 'testssl.sh' }

const versionOf = async (tool: string): Promise<string> => {
  if (tool === 'bad-input') return process.version
  const { output } = await runTool('dpkg-query', ['-W', '-f', '${Version}', packages[tool] ?? tool], { seconds: 10 })
  return output.trim()
}

/**
 * Notes clean runs of a tool, for the trust page's check of O10. sqlmap's are noted operation by operation, so that only new ones need to be
 * run; one that was not clean is taken off. What the server's own log complains of belongs to no operation: then nothing is noted.
 */
export const record = async (tool: string, verdicts: readonly Verdict[], now: Date): Promise<void> => {
  const run = JSON.parse(await readFile(file, 'utf8')) as AttackRun
  const surface = attackSurface()
  const attacked = verdicts.filter(({ target }) => tool === 'sqlmap' && surface[target] !== undefined)
  const isClean = !verdicts.some((verdict) => failed(verdict) && !attacked.includes(verdict))
  for (const verdict of attacked) {
    const fields = surface[verdict.target]
    if (failed(verdict)) Reflect.deleteProperty(run.operations, verdict.target)
    else if (isClean && fields !== undefined) run.operations[verdict.target] = fields
  }
  if (isClean) run.tools[tool] = { version: await versionOf(tool), ranOn: now.toISOString().slice(0, 10) }
  await writeFile(file, `${JSON.stringify(run, null, 2)}\n`)
}

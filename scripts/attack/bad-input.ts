import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { finding, type Verdict } from './finding.ts'
import { runTool } from './run-tool.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Report {
  numPassedTests: number
  numTotalTests: number
  testResults: { assertionResults: { fullName: string; status: string }[] }[]
}

/** Our own sweep of hostile requests: the kept tests of the HTTPS edge, each on a server of its own. */
export const badInput = async (): Promise<Verdict> => {
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-bad-input-'))
  const file = join(scratch, 'report.json')
  try {
    const args = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=json', `--outputFile=${file}`, 'packages/server/test/http']
    const { output } = await runTool(process.execPath, args, { seconds: 900, cwd: root })
    const report = await readFile(file, 'utf8').then(
      (text) => JSON.parse(text) as Report,
      () => null,
    )
    const results = report?.testResults.flatMap(({ assertionResults }) => assertionResults) ?? []
    const failed = results.filter(({ status }) => status !== 'passed').map(({ fullName, status }) => `${status}: ${fullName}`)
    if (results.length === 0) failed.push(`no test ran: ${output.slice(-300)}`)
    const seen = `${report?.numPassedTests ?? 0} of ${report?.numTotalTests ?? 0} tests passed`
    return {
      tool: 'bad-input',
      target: 'packages/server/test/http',
      seen,
      findings: failed.map((what) => finding('bad-input', what)),
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

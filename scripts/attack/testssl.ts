import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finding, type Verdict } from './finding.ts'
import type { Ground } from './ground.ts'
import { runTool } from './run-tool.ts'

interface Row {
  id: string
  severity: string
  finding: string
}

/** A run that was cut off leaves half a list. */
const rowsIn = (text: string): Row[] => {
  try {
    return JSON.parse(text) as Row[]
  } catch {
    return []
  }
}

const grades = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL', 'FATAL', 'WARN']

/** The TLS of the server: protocols, suites, certificate, known attacks. Whatever is not OK or INFO is a finding. */
export const testssl = async ({ system }: Ground): Promise<Verdict> => {
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-testssl-'))
  const file = join(scratch, 'tls.json')
  try {
    const args = ['--quiet', '--color', '0', '--nodns', 'none', '--add-ca', system.caFile, '--jsonfile', file]
    const { output, timedOut } = await runTool('testssl', [...args, new URL(system.url).host], { seconds: 1800 })
    const rows = rowsIn(await readFile(file, 'utf8').catch(() => '[]'))
    const bad = rows.filter(({ severity }) => grades.includes(severity))
    const said = bad.map((row) => `${row.id}: ${row.severity}, ${row.finding}`)
    const whole = !timedOut && rows.some(({ id }) => id === 'scanTime')
    const findings = whole ? said : [...said, `did not finish: ${output.slice(-300)}`]
    const count = (grade: string): number => rows.filter(({ severity }) => severity === grade).length
    const seen = `${rows.length} results, ${count('OK')} OK, ${count('INFO')} informative`
    return { tool: 'testssl', target: system.url, seen, findings: findings.map((what) => finding('testssl', what)) }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allOperations, methodOf, requestOf } from '@holdfast/contract'
import { finding, type Verdict } from './finding.ts'
import { answersOf, openGateway } from './gateway.ts'
import { person, type Ground } from './ground.ts'
import { runTool } from './run-tool.ts'
import { sampleOf } from './samples.ts'

/** `ssrf` and `xxe` ask a server on the Internet for results, `nikto` and `wapp` fetch their lists from there: left out. */
const modules = [
  ...['backup', 'blindsql', 'cookieflags', 'crlf', 'csp', 'csrf', 'exec', 'file', 'htaccess', 'http_headers', 'methods'],
  ...['permanentxss', 'redirect', 'shellshock', 'sql', 'xss'],
]

interface Report {
  vulnerabilities: Record<string, { info: string; path: string; parameter: string | null }[]>
  anomalies: Record<string, { info: string; path: string }[]>
  infos: { crawled_pages_nbr?: number; crawled_pages?: number }
}

/** Every page and every GET operation, as the demo's Owner. It sends no JSON: bodies are sqlmap's and our own tests' part. */
export const wapiti = async (ground: Ground): Promise<Verdict> => {
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-wapiti-'))
  const file = join(scratch, 'report.json')
  const { url, ca } = ground.system
  const gateway = await openGateway({ url, ca, caller: { headers: () => ground.keys.owner } })
  try {
    const who = await person(ground)
    const reads = allOperations.filter((operation) => methodOf(operation) === 'GET' && !operation.sessionOnly)
    const paths = ['/', '/trust', '/trust.json', '/problems', '/openapi.json', '/healthz', '/sign-in']
    for (const operation of reads) {
      const { input } = await sampleOf(ground, operation, who, ground.keys.owner)
      paths.push(requestOf(operation, input).path)
    }
    const { output, timedOut } = await runTool(
      'wapiti',
      [
        ...['-u', `${gateway.url}/`, ...paths.flatMap((path) => ['-s', gateway.url + path]), '--scope', 'domain'],
        ...['-m', modules.join(','), '-f', 'json', '-o', file, '--flush-session', '--store-session', scratch],
        ...['--store-config', scratch, '--no-bugreport', '--max-attack-time', '240', '-t', '30'],
      ],
      { seconds: 3000, cwd: scratch },
    )
    const report = await readFile(file, 'utf8').then(
      (text) => JSON.parse(text) as Report,
      () => null,
    )
    const all = report ? [...Object.entries(report.vulnerabilities), ...Object.entries(report.anomalies)] : []
    const found = all.flatMap(([kind, ones]) => ones.map(({ info, path }) => `${kind}: ${info} (${path})`))
    if (!report || timedOut) found.push(`did not finish: ${output.slice(-300)}`)
    const seen = `${paths.length} addresses given; ${modules.length} modules; ${answersOf(gateway)}`
    return {
      tool: 'wapiti',
      target: 'pages and GET operations',
      seen,
      findings: [...found, ...gateway.wrong].map((what) => finding('wapiti', what)),
    }
  } finally {
    await gateway.close()
    await rm(scratch, { recursive: true, force: true })
  }
}

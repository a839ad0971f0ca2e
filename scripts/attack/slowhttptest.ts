import { request } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import { finding, type Verdict } from './finding.ts'
import type { Ground, Headers } from './ground.ts'
import { runTool } from './run-tool.ts'

const many = ['-c', '1000', '-r', '200', '-p', '3', '-l', '25']
const attacks: Record<string, (url: string) => string[]> = {
  'slow headers': (url) => ['-H', ...many, '-i', '2', '-x', '24', '-u', `${url}/api/v1/setup`],
  'slow body': (url) => {
    const body = ['-s', '8192', '-t', 'POST', '-f', 'application/json']
    return ['-B', ...many, '-i', '2', '-x', '24', ...body, '-u', `${url}/api/v1/setup`]
  },
  'slow read': (url) => ['-X', ...many, '-k', '3', '-u', `${url}/openapi.json`],
}

interface Served {
  ms: number[]
  failed: string[]
  /** Connections open at most, and those that were closed at once, as the server counts them. */
  open: number
  refused: number
}

/** Asks from another address of loopback than the attack's, by a new connection each time: it must find a free one. */
const askFrom = ({ system }: Ground, path: string, headers: Headers): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(system.url)
    const here = { host: '127.0.0.1', localAddress: '127.0.0.2', servername: 'localhost', ca: system.ca }
    const sent = request({ ...here, port, path, headers, agent: false, timeout: 5_000 }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text })).on('error', reject)
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer in 5 s'))).on('error', reject)
    sent.end()
  })

const gauge = (metrics: string, name: string): number => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0)

const serveGoodClient = async (ground: Ground, until: () => boolean): Promise<Served> => {
  const served: Served = { ms: [], failed: [], open: 0, refused: 0 }
  const before = gauge((await askFrom(ground, '/metrics', {})).text, 'holdfast_connections_refused')
  const good = [
    ['/trust', {}],
    ['/api/v1/policies?limit=5', ground.keys.member],
    ['/metrics', {}],
  ] as const
  while (!until()) {
    for (const [path, headers] of good) {
      const began = performance.now()
      const answer = await askFrom(ground, path, headers).catch((error: unknown) => ({ status: String(error), text: '' }))
      served.ms.push(performance.now() - began)
      if (answer.status !== 200) served.failed.push(`a good client was answered ${answer.status} at ${path}`)
      if (path !== '/metrics') continue
      served.open = Math.max(served.open, gauge(answer.text, 'holdfast_connections_open'))
      served.refused = Math.max(served.refused, gauge(answer.text, 'holdfast_connections_refused') - before)
    }
    await pause(100)
  }
  return served
}

/** A thousand slow clients at one address; a good client at another must be served all the while. */
export const slowhttptest = async (ground: Ground): Promise<Verdict[]> => {
  const verdicts: Verdict[] = []
  for (const [name, args] of Object.entries(attacks)) {
    let over = false
    const good = serveGoodClient(ground, () => over)
    const began = performance.now()
    await runTool('slowhttptest', args(ground.system.url), { seconds: 90 }).finally(() => {
      over = true
    })
    const { ms, failed, open, refused } = await good
    const seconds = Math.round((performance.now() - began) / 1000)
    const seen = `${seconds} s; at most ${open} connections open, ${refused} refused; good client ${ms.length - failed.length} of ${ms.length} served, the slowest in ${Math.round(Math.max(...ms))} ms`
    // A tool that opened next to nothing has shown nothing.
    const findings = open < 100 ? [`the attack did not run: ${open} connections`, ...failed] : failed
    verdicts.push({ tool: 'slowhttptest', target: name, seen, findings: findings.map((what) => finding('slowhttptest', what)) })
  }
  return verdicts
}

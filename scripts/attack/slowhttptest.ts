import { request } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import { finding, type Verdict } from './finding.ts'
import type { Ground, Headers } from './ground.ts'
import { runTool } from './run-tool.ts'

const attacks: Record<string, (url: string) => string[]> = {
  'slow headers': (url) => [
    '-H',
    '-c',
    '1000',
    '-r',
    '200',
    '-i',
    '2',
    '-x',
    '24',
    '-p',
    '3',
    '-l',
    '25',
    '-u',
    `${url}/api/v1/setup`,
  ],
  'slow body': (url) => [
    ...['-B', '-c', '1000', '-r', '200', '-i', '2', '-x', '24', '-p', '3', '-l', '25', '-s', '8192', '-t', 'POST'],
    ...['-f', 'application/json', '-u', `${url}/api/v1/setup`],
  ],
  'slow read': (url) => ['-X', '-c', '1000', '-r', '200', '-k', '3', '-p', '3', '-l', '25', '-u', `${url}/openapi.json`],
}

interface Served {
  asked: number
  failed: string[]
  ms: number[]
}

/** A caller from another address of loopback than the attack's: a new connection each time, so that it must find a free one. */
const serveGoodClient = async ({ system, keys }: Ground, until: () => boolean): Promise<Served> => {
  const { port } = new URL(system.url)
  const ask = (path: string, headers: Headers): Promise<number> =>
    new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        servername: 'localhost',
        localAddress: '127.0.0.2',
        port,
        path,
        headers,
        ca: system.ca,
      }
      const sent = request({ ...options, agent: false, timeout: 5_000 }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
      })
      sent.on('timeout', () => sent.destroy(new Error('no answer in 5 s'))).on('error', reject)
      sent.end()
    })
  const served: Served = { asked: 0, failed: [], ms: [] }
  while (!until()) {
    for (const [path, headers] of [
      ['/trust', {}],
      ['/api/v1/policies?limit=5', keys.member],
    ] as const) {
      const began = performance.now()
      const status = await ask(path, headers).catch((error: unknown) => String(error))
      served.asked++
      served.ms.push(performance.now() - began)
      if (status !== 200) served.failed.push(`a good client was answered ${status} at ${path}`)
    }
    await pause(100)
  }
  return served
}

const worst = (ms: number[]): number => Math.round(Math.max(0, ...ms))

/** Slow clients by the thousand from one address; a good client at another must be served all the while. */
export const slowhttptest = async (ground: Ground): Promise<Verdict[]> => {
  const verdicts: Verdict[] = []
  for (const [name, args] of Object.entries(attacks)) {
    let over = false
    const good = serveGoodClient(ground, () => over)
    const { output } = await runTool('slowhttptest', args(ground.system.url), { seconds: 90 }).finally(() => {
      over = true
    })
    const { asked, failed, ms } = await good
    const last = (what: string): string => [...output.matchAll(new RegExp(`${what}:\\s+(\\d+)`, 'g'))].at(-1)?.[1] ?? '?'
    const most = Math.max(0, ...[...output.matchAll(/connected:\s+(\d+)/g)].map((match) => Number(match[1])))
    const seen = `at most ${most} of 1000 connected at a time, ${last('closed')} closed at the end; good client ${asked - failed.length} of ${asked} served, the slowest in ${worst(ms)} ms`
    const findings = most === 0 ? ['the attack did not run', ...failed] : failed
    verdicts.push({ tool: 'slowhttptest', target: name, seen, findings: findings.map((what) => finding('slowhttptest', what)) })
  }
  return verdicts
}

/** The whole system, started as a user starts it: an operation over HTTPS, a second start, and what the app holds in memory. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { makeInstallation, type Installation } from './installation.ts'
import { stoppable } from './leaving.ts'
import { measured, median, rounded, type Measured, type Scale } from './measure.ts'

export const systemMeasures = ['http.operation', 'start.again', 'app.memory']

const connections = 16

interface Load {
  /** Requests answered a second. */
  readonly rate: number
  readonly p50: number
  readonly p99: number
}

const load = async (url: string, ca: string, key: string | null, seconds: number): Promise<Load> => {
  const result = await autocannon({
    ...{ url, connections, duration: seconds, tlsOptions: { ca } },
    ...(key !== null && { headers: { authorization: `Bearer ${key}` } }),
  })
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${url}: ${result.non2xx} refused, ${result.errors} failed`)
  return { rate: result.requests.total / result.duration, p50: result.latency.p50, p99: result.latency.p99 }
}

const startBareRoute = async (home: string, orgId: string): Promise<{ url: string; stop: () => Promise<void> }> => {
  const module = fileURLToPath(new URL('bare-route.ts', import.meta.url))
  const child = spawn(process.execPath, [module, home, orgId], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const gone = once(child, 'exit')
  const stop = stoppable(async () => {
    child.kill()
    await gone
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { port } = JSON.parse(line.toString()) as { port: number }
  return { url: `https://localhost:${port}/`, stop }
}

const measureOperation = async (installation: Installation, { quick, say }: Scale): Promise<Measured> => {
  say('http.operation …')
  const { orgId, key } = await installation.found()
  const ca = await readFile(installation.ca, 'utf8')
  const bare = await startBareRoute(installation.home, orgId)
  const [rounds, seconds] = quick ? [2, 2] : [5, 4]
  const ours: Load[] = []
  const peer: Load[] = []
  const operation = `${installation.url}/api/v1/organisation`
  try {
    await Promise.all([load(operation, ca, key, 2), load(bare.url, ca, null, 2)])
    for (let round = 0; round < rounds; round++) {
      ours.push(await load(operation, ca, key, seconds))
      peer.push(await load(bare.url, ca, null, seconds))
    }
  } finally {
    await bare.stop()
  }
  const times = (side: Load[], which: 'p50' | 'p99'): number => rounded(median(side.map((one) => one[which])))
  const latency = (side: Load[]): string => `p50 ${times(side, 'p50')} ms, p99 ${times(side, 'p99')} ms`
  const beside = `${connections} connections; ours ${latency(ours)}; bare route ${latency(peer)}`
  const rates = { ours: ours.map(({ rate }) => rate), peer: peer.map(({ rate }) => rate) }
  return measured('http.operation', rates, { goal: 0.5, better: 'higher', unit: 'requests/s', beside })
}

/** Each round stops and starts the installation; then it is left alone for a while before its memory is looked at. */
const measureStarts = async (installation: Installation, { quick, say }: Scale, wanted: (name: string) => boolean) => {
  say('start.again, app.memory …')
  const [rounds, idle] = quick ? [2, 2_000] : [5, 5_000]
  const seconds: number[] = []
  const megabytes: number[] = []
  for (let round = 0; round < rounds; round++) {
    await installation.stop()
    seconds.push(await installation.start())
    if (!wanted('app.memory')) continue
    await pause(idle)
    megabytes.push((await installation.appTakes()).residentMegabytes)
  }
  const against = (name: string, values: number[], limit: number, unit: string): Measured =>
    measured(
      name,
      { ours: values, peer: values.map(() => limit) },
      { goal: 1, better: 'lower', unit, beside: `at most ${limit} ${unit}` },
    )
  return [
    ...(wanted('start.again') ? [against('start.again', seconds, 4, 's')] : []),
    ...(wanted('app.memory') ? [against('app.memory', megabytes, 250, 'MB')] : []),
  ]
}

export const measureSystem = async (scale: Scale, wanted: (name: string) => boolean): Promise<Measured[]> => {
  scale.say('starting the system …')
  const installation = await makeInstallation()
  try {
    await installation.start()
    const operation = wanted('http.operation') ? [await measureOperation(installation, scale)] : []
    const rest = wanted('start.again') || wanted('app.memory') ? await measureStarts(installation, scale, wanted) : []
    return [...operation, ...rest]
  } finally {
    await installation.remove()
  }
}

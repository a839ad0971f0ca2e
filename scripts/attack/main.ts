import { parseArgs } from 'node:util'
import { lastAttackRun, unattacked } from '../../packages/server/src/kernel/http/attack-run.ts'
import { exitWith } from '../lib/run.mjs'
import { badInput } from './bad-input.ts'
import { failed, type Verdict } from './finding.ts'
import { startGround, type Ground } from './ground.ts'
import { record } from './record.ts'
import { slowhttptest } from './slowhttptest.ts'
import { sqlmap } from './sqlmap.ts'
import { testssl } from './testssl.ts'
import { wapiti } from './wapiti.ts'

const help = `npm run attack: the usual attack tools against a demo of our own, on this machine only.

Installs testssl.sh, sqlmap, wapiti and slowhttptest where it is root on Debian. Starts --demo in a temporary home with rate limits
lifted (else only the limiter would be tested), attacks it, and prints what was found. Findings that are known and harmless are listed
with their reason; any other ends with exit code 1. Where the system allows, everything runs in a network of its own that holds
nothing but loopback. Takes about half an hour.

  --only TOOL          testssl, sqlmap, wapiti, slowhttptest or bad-input
  --operations REGEX   sqlmap: only the operations whose name matches
  --changed            sqlmap: only the operations that came or changed since the clean run on record
  --seconds N          sqlmap: longest time for one operation (900); reaching it counts as a finding
  --minutes N          sqlmap: longest time for all of them (no limit); what is not attacked by then counts as a finding
  --record             note clean runs for the trust page (packages/server/src/kernel/http/attack-run.json)
  --json               verdicts as JSON on stdout
  --help               this text
`

type Tools = Record<string, (ground: Ground) => Promise<Verdict[]>>

const table = (verdicts: Verdict[]): string =>
  verdicts
    .map((verdict) => {
      const state = failed(verdict) ? 'FOUND' : verdict.findings.length > 0 ? 'known' : 'clean'
      const lines = verdict.findings.map(
        ({ what, expected }) => `        ${expected === null ? '!' : '·'} ${what}${expected === null ? '' : ` (${expected})`}`,
      )
      return [`${state}  ${verdict.tool} ${verdict.target}: ${verdict.seen}`, ...lines].join('\n')
    })
    .join('\n')

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      operations: { type: 'string' },
      changed: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '900' },
      minutes: { type: 'string', default: 'Infinity' },
      json: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const pattern = new RegExp(values.operations ?? '')
  const changed = new Set(unattacked(lastAttackRun))
  const isWanted = (name: string): boolean => pattern.test(name) && (!values.changed || changed.has(name))
  const tools: Tools = {
    testssl: async (ground) => [await testssl(ground)],
    sqlmap: (ground) => sqlmap(ground, { seconds: Number(values.seconds), minutes: Number(values.minutes), isWanted, say }),
    wapiti: async (ground) => [await wapiti(ground)],
    slowhttptest,
    'bad-input': async () => [await badInput()],
  }
  const chosen = Object.entries(tools).filter(([name]) => values.only === undefined || name === values.only)
  if (chosen.length === 0) throw new Error(`--only takes one of ${Object.keys(tools).join(', ')}`)
  say('Starting a demo to attack …')
  const ground = await startGround()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void ground.stop().then(() => process.exit(130)))
  const verdicts: Verdict[] = []
  try {
    for (const [name, run] of chosen) {
      say(`${name} …`)
      const found = [...(await run(ground)), logged(ground, name)]
      verdicts.push(...found)
      if (values.record) await record(name, found, new Date())
    }
  } finally {
    await ground.stop()
  }
  process.stdout.write(values.json ? `${JSON.stringify({ verdicts }, null, 2)}\n` : `${table(verdicts)}\n`)
  return verdicts.some(failed) ? 1 : 0
}

/** What the server itself complained of so far. */
const logged = ({ system }: Ground, during: string): Verdict => {
  const lines = system
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{"level":50') || line.startsWith('{"level":60'))
  const findings = lines.slice(0, 20).map((what) => ({ what: what.slice(0, 600), expected: null }))
  return { tool: 'server log', target: `during ${during}`, seen: `${lines.length} errors`, findings }
}

await exitWith(main)

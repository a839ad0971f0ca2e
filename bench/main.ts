/** `npm run bench`: see docs/benchmarks.md. */
import { availableParallelism, cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { measureVerification } from '@holdfast/ledger/bench'
import { accessMeasures, measureAccess } from './access-agent.ts'
import { fleetMeasures, measureFleet } from './access-fleet.ts'
import { certificateMeasures, measureCertificates } from './access-certificates.ts'
import { identityMeasures, measureIdentity } from './identity.ts'
import { databaseMeasures, measureDatabaseAccess } from './access-database.ts'
import { isolationMeasures, measureIsolation } from './isolation.ts'
import { appendMeasures, measureAppend } from './ledger-append.ts'
import { stopOnSignals } from './leaving.ts'
import { reached, rounded, type Measure, type Measured, type Scale } from './measure.ts'
import { startBenchPlatform, type BenchPlatform } from './platform.ts'
import { measureSaml, samlMeasures } from './saml.ts'
import { measureScim, scimMeasures } from './scim.ts'
import { measureSystem, systemMeasures } from './system.ts'

const help = `npm run bench -- [--json] [--quick] [--only NAME]…

  --json        {"measures":[{"name","ours","peer","ratio","goal","better"}]} on stdout
  --quick       less than a minute, less exact
  --only NAME   only this measure, or all that begin so (ledger, http …); may be given several times
`

const refuse = (why: string): never => {
  process.stderr.write(`${why}\n\n${help}`)
  process.exit(2)
}

const readFlags = () => {
  try {
    return parseArgs({
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}
const values = readFlags()
const scale: Scale = { quick: values.quick, say: (text) => void process.stderr.write(`${text}\n`) }
const isOf = (name: string, only: string): boolean => name === only || name.startsWith(`${only}.`)
const wanted = (name: string): boolean => values.only.length === 0 || values.only.some((only) => isOf(name, only))

/** One thread against one thread; how much a second thread brings stands beside it. */
const measureVerify = async (): Promise<Measured[]> => {
  scale.say('ledger.verify …')
  const { single, peer, singleRatio, ours, ratio } = values.quick
    ? await measureVerification(100_000, 2)
    : await measureVerification(400_000, 3)
  const beside = `with two threads: ${rounded(ours)}/s, ${rounded(ratio)} of the peer`
  return [
    {
      ...{ name: 'ledger.verify', ours: rounded(single), peer: rounded(peer), ratio: rounded(singleRatio) },
      ...{ goal: 0.5, better: 'higher', unit: 'entries/s', beside },
    },
  ]
}

const withPlatform = async (work: (platform: BenchPlatform) => Promise<Measured[]>): Promise<Measured[]> => {
  const platform = await startBenchPlatform()
  try {
    return await work(platform)
  } finally {
    await platform.close()
  }
}

const groups: readonly { names: readonly string[]; run: () => Promise<Measured[]> }[] = [
  { names: appendMeasures, run: () => withPlatform((platform) => measureAppend(platform, scale, wanted)) },
  { names: ['ledger.verify'], run: measureVerify },
  { names: isolationMeasures, run: () => withPlatform((platform) => measureIsolation(platform, scale, wanted)) },
  { names: certificateMeasures, run: () => measureCertificates(scale) },
  { names: samlMeasures, run: () => measureSaml(scale) },
  { names: accessMeasures, run: () => measureAccess(scale, wanted) },
  { names: fleetMeasures, run: () => measureFleet(scale) },
  { names: identityMeasures, run: () => measureIdentity(scale, wanted) },
  { names: scimMeasures, run: () => measureScim(scale) },
  { names: databaseMeasures, run: () => measureDatabaseAccess(scale) },
  { names: systemMeasures, run: () => measureSystem(scale, wanted) },
]

const table = (measures: readonly Measured[]): string => {
  const rows = measures.map((measure) => {
    const { name, ours, peer, unit, ratio, goal, better } = measure
    const sign = better === 'higher' ? '≥' : '≤'
    return [name, `${ours}`, `${peer}`, unit, `${ratio}`, `${sign} ${goal}`, reached(measure) ? 'reached' : 'missed']
  })
  const all = [['measure', 'ours', 'peer', 'unit', 'ratio', 'goal', ''], ...rows]
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? []
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const notes = measures.flatMap(({ name, beside }) => (beside === undefined ? [] : [`${name}: ${beside}`]))
  return `${[...lines, '', ...notes].join('\n')}\n`
}

const machine = (): string =>
  `${new Date().toISOString()}, Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB`

if (values.help) process.stdout.write(help)
else {
  const names = groups.flatMap((group) => group.names)
  const unknown = values.only.find((only) => !names.some((name) => isOf(name, only)))
  if (unknown !== undefined) refuse(`There is no measure ${unknown}. There are: ${names.join(', ')}`)
  stopOnSignals()
  const measures: Measured[] = []
  for (const { names: ofGroup, run } of groups) {
    if (!ofGroup.some(wanted)) continue
    try {
      measures.push(...(await run()))
    } catch (error) {
      // The others are worth having; the exit code tells.
      scale.say(
        `failed: ${ofGroup.filter(wanted).join(', ')}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      )
      process.exitCode = 1
    }
  }
  const published: Measure[] = measures.map(({ unit: _, beside: __, ...measure }) => measure)
  process.stdout.write(values.json ? `${JSON.stringify({ measures: published })}\n` : `${machine()}\n\n${table(measures)}`)
  if (values.json) scale.say(table(measures))
}

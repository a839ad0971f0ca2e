/** What a SAML response costs: a good one from the form to the verdict, and a hostile one until it is refused. */
import { createValidator } from '@holdfast/saml'
import { libraryAlone } from '../packages/saml/src/libraries.fixture.ts'
import * as given from '../packages/saml/src/provider.fixture.ts'
import { measured, median, rounded, type Measured, type Scale } from './measure.ts'

export const samlMeasures = ['identity.saml', 'identity.saml.hostile']

const goodMs = 15
const hostileMs = 20

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begin = performance.now()
  await work()
  return performance.now() - begin
}

/** Median milliseconds that a call takes, and what it takes of the processor in all threads, which the load of the machine changes less. */
const spent = async (count: number, work: () => Promise<unknown>): Promise<{ times: number[]; processorMs: number }> => {
  const before = process.cpuUsage()
  const times = await rounds(count, work)
  const { user, system } = process.cpuUsage(before)
  return { times, processorMs: (user + system) / 1000 / count }
}

const rounds = async (count: number, work: () => Promise<unknown>): Promise<number[]> => {
  const times: number[] = []
  for (let round = 0; round < count; round++) times.push(await timed(work))
  return times
}

export const measureSaml = async ({ quick, say }: Scale): Promise<Measured[]> => {
  say('identity.saml …')
  const provider = await given.pair()
  const settings = given.settingsFor(provider)
  const good = given.base64(given.signed(given.signedResponse(provider), given.honest.id, provider))
  const siblings = `<samlp:Extensions>${'<x a="0123456789012345678901234567"/>'.repeat(10_500)}</samlp:Extensions>`
  const hostile = given.base64(
    given.signed(given.responseXml(siblings + given.assertionXml()), given.honest.assertionId, provider),
  )
  const alone = (response: string) => () => libraryAlone(settings, response).catch(() => null)
  const validator = createValidator()
  const ours = (base64: string, accepted: boolean) => async () => {
    const verdict = await validator.validate(settings, base64, given.now, given.expected)
    if (verdict.accepted !== accepted) throw new Error(`the verdict was ${JSON.stringify(verdict)}`)
  }
  try {
    await rounds(100, ours(good, true)) // threads start, code is compiled
    await rounds(100, alone(good))
    const { times, processorMs } = await spent(quick ? 100 : 400, ours(good, true))
    const library = await spent(quick ? 100 : 400, alone(good))
    const refused = await rounds(quick ? 10 : 50, ours(hostile, false))
    const hostileAloneMs = await timed(alone(hostile))
    const limit = (values: readonly number[], ms: number) => values.map(() => ms)
    const about = { better: 'lower', unit: 'ms', goal: 1 } as const
    return [
      measured(
        'identity.saml',
        { ours: times, peer: limit(times, goodMs) },
        {
          ...about,
          beside: `signed twice, in a thread, at most ${goodMs} ms; processor time ${rounded(processorMs)} ms; node-saml alone, in the same run: ${rounded(median(library.times))} ms, processor time ${rounded(library.processorMs)} ms`,
        },
      ),
      measured(
        'identity.saml.hostile',
        { ours: refused, peer: limit(refused, hostileMs) },
        {
          ...about,
          beside: `${Math.round(Buffer.from(hostile, 'base64').length / 1000)} kB, at most ${hostileMs} ms; node-saml alone: ${rounded(hostileAloneMs)} ms`,
        },
      ),
    ]
  } finally {
    await validator.close()
  }
}

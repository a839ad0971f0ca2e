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
    await rounds(20, ours(good, true)) // threads start, code is compiled
    await rounds(20, alone(good))
    const times = await rounds(quick ? 50 : 400, ours(good, true))
    const aloneMs = median(await rounds(quick ? 50 : 400, alone(good)))
    const refused = await rounds(quick ? 10 : 50, ours(hostile, false))
    const hostileAloneMs = await timed(alone(hostile))
    const limit = (values: readonly number[], ms: number) => values.map(() => ms)
    const about = { better: 'lower', unit: 'ms', goal: 1 } as const
    return [
      measured(
        'identity.saml',
        { ours: times, peer: limit(times, goodMs) },
        { ...about, beside: `signed twice, in a thread, at most ${goodMs} ms; node-saml alone: ${rounded(aloneMs)} ms` },
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

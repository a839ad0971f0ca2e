import { SsoConnectionId } from '@holdfast/contract'
import type { Gate } from '../gate.ts'
import { newIdOf } from '../identifier.ts'
import type { Secrets } from '../identity/secrets.ts'
import type { Services } from '../services.ts'
import { oidcFlaws } from './attack-oidc.ts'
import { samlFlaws } from './attack-saml.ts'
import { oidcOver } from './oidc.ts'
import { browserToken, newRequest, takeRequest, useOnce, type SignOnRequest } from './request.ts'

interface Trying {
  services: Pick<Services, 'secrets' | 'signOn'>
  gate: Gate
  now: Date
}

/** A request of ours taken up by whom it does not belong to, too late, and twice. */
const requestFlaws = async (
  { secrets, gate, now }: { secrets: Secrets; gate: Gate; now: Date },
  begun: SignOnRequest,
  of: Of,
) => {
  const take = (changes: Partial<Of & { state: string }>, at = now) =>
    takeRequest({ secrets, gate, now: at }, { state: begun.state, ...of, ...changes }).then((request) => request !== null)
  const wrong: [string, boolean][] = [
    ['a request of another browser', await take({ browser: browserToken(null) })],
    ['a request of another connection', await take({ connectionId: newIdOf(SsoConnectionId, 'co') })],
    ['a request without its browser', await take({ browser: null })],
    ['a request of another purpose', await take({ state: `t${begun.state.slice(1)}` })],
    ['a request from an hour ago', await take({}, new Date(now.getTime() + 3_600_000))],
    ['our own request, refused', !(await take({}))],
    ['a request answered twice', await take({})],
  ]
  return { tried: wrong.length, flaws: wrong.flatMap(([what, flawed]) => (flawed ? [what] : [])) }
}
interface Of {
  connectionId: string
  browser: string | null
}

/** Published attacks on single sign-on, tried against the very code that requests meet. Null before the installation is set up. */
export const signOnFlaws = async ({ services, gate, now }: Trying): Promise<{ tried: number; flaws: string[] } | null> => {
  const { secrets, signOn } = services
  const of = { connectionId: newIdOf(SsoConnectionId, 'co'), browser: browserToken(null) }
  const begun = await newRequest(secrets, { ...of, purpose: 'sign_in' }, now)
  if (!begun) return null
  const isNew = (assertionId: string, until: Date) => useOnce(gate, 'assertion', `${of.connectionId}|${assertionId}`, until)
  const found = [
    await samlFlaws(signOn.saml, begun, isNew, now),
    await oidcFlaws(oidcOver, begun, now),
    await requestFlaws({ secrets, gate, now }, begun, of),
  ]
  return { tried: found.reduce((sum, { tried }) => sum + tried, 0), flaws: found.flatMap(({ flaws }) => flaws) }
}

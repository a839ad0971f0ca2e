import type { ConnectionKind, ConnectionSettings } from '@holdfast/contract'
import type { Gate } from '../gate.ts'
import type { Services } from '../services.ts'
import { entityIdOf, redirectUriOf, type Connection } from './connection.ts'
import type { Asserted } from './oidc.ts'
import { checks } from './refusal.ts'
import type { SignOnRequest } from './request.ts'
import { useOnce } from './request.ts'
import { formIn, samlChecks, type SamlConnection } from './saml.ts'
import { answeredRequest } from '@holdfast/saml'

/*
 * One way to ask a provider and to hear its answer, whatever language it speaks.
 */
interface Asking {
  services: Pick<Services, 'signOn' | 'publicUrl'>
  gate: Gate
  now: Date
}

const samlOf = ({ services: { publicUrl } }: Asking, { id, settings, secret }: Connection): SamlConnection | null =>
  settings.kind === 'saml'
    ? { settings, privateKey: secret, acsUrl: redirectUriOf(publicUrl, id), entityId: entityIdOf(publicUrl, id) }
    : null

const oidcOf = ({ services: { publicUrl } }: Asking, { id, settings, secret }: Connection) => {
  if (settings.kind !== 'oidc') throw new Error(`a connection of the kind ${settings.kind}`)
  return { settings, secret, redirectUri: redirectUriOf(publicUrl, id) }
}

/** Where to send the browser. Throws `ProviderUnavailable` or `ProviderUnfit`. */
export const urlFor = async (asking: Asking, connection: Connection, request: SignOnRequest): Promise<string> => {
  const { oidc, saml } = asking.services.signOn
  const spoken = samlOf(asking, connection)
  return spoken ? saml.urlFor(spoken, request) : oidc.urlFor(oidcOf(asking, connection), request)
}

/** Which request an answer says it belongs to; `takeRequest` says whether it does. */
export const stateIn = ({ kind }: ConnectionSettings, parameters: string): string =>
  (kind === 'saml' ? answeredRequest(formIn(parameters)) : new URLSearchParams(parameters).get('state')) ?? ''

/** What the answer proves. Throws `SignOnRefused`, `ProviderUnavailable` or `ProviderUnfit`. A SAML assertion is used up by it. */
export const answerOf = async (
  asking: Asking,
  connection: Connection,
  request: SignOnRequest,
  parameters: string,
): Promise<Asserted> => {
  const { oidc, saml } = asking.services.signOn
  const spoken = samlOf(asking, connection)
  if (!spoken) return oidc.answer(oidcOf(asking, connection), request, parameters, asking.now)
  const isNew = (assertionId: string, until: Date) => useOnce(asking.gate, 'assertion', `${connection.id}|${assertionId}`, until)
  return saml.answer(spoken, request, parameters, asking.now, isNew)
}

/** What is looked at in an answer, in this order. */
export const checksOf = (kind: ConnectionKind): Readonly<Record<string, string>> => (kind === 'oidc' ? checks : samlChecks)

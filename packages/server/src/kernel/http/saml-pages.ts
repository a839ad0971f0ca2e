import { SsoConnectionId } from '@holdfast/contract'
import { largestBase64, ownMetadata } from '@holdfast/saml'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Gate } from '../gate.ts'
import { common } from '../problem.ts'
import type { Services } from '../services.ts'
import { entityIdOf, findConnection, redirectUriOf } from '../sign-on/connection.ts'

/** With every `+`, `/` and `=` written as three characters, and a little for the other fields. */
const formBytes = Math.ceil(largestBase64 * 1.2) + 4_096

const connectionIdOf = ({ params }: FastifyRequest): SsoConnectionId => {
  const parsed = SsoConnectionId.safeParse((params as { id: string }).id)
  if (!parsed.success) throw common('route_not_found')
  return parsed.data
}

/** Our metadata of one connection: what a provider has to know of us, and nothing of it is secret. */
const metadata = async (services: Services, gate: Gate, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
  const id = connectionIdOf(request)
  const connection = await findConnection({ services, gate }, id)
  if (connection?.settings.kind !== 'saml' || connection.certificates.length === 0) throw common('route_not_found')
  const { publicUrl } = services
  const [entityId, acsUrl] = [entityIdOf(publicUrl, id), redirectUriOf(publicUrl, id)]
  const nameIdFormat = connection.settings.nameIdFormat ?? null
  const xml = ownMetadata({ entityId, acsUrl, certificates: connection.certificates, nameIdFormat })
  return reply.header('cache-control', 'no-store').type('application/samlmetadata+xml; charset=utf-8').send(xml)
}

/**
 * The page with the provider's answer in its head, where our own script reads it and sends it on like any other answer. Base64 has no
 * character that means anything in HTML; whatever else was sent is left out, and the script then finds no answer.
 */
const shellWith = (index: string, body: unknown): string => {
  const sent = typeof body === 'string' ? (new URLSearchParams(body).get('SAMLResponse') ?? '') : ''
  const response = sent.replace(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(response)) return index
  return index.replace('</head>', () => `<meta name="saml-response" content="${response}"></head>`)
}

/**
 * The two addresses of a SAML connection that others call: our metadata, and the assertion consumer service. To the latter a page of the
 * provider posts a form, so that no cookie of ours comes along. It decides nothing and changes nothing: the answer becomes a page, and
 * the request of that page, which is our own, is guarded as every other. A stranger's form so gets no further than a stranger's link.
 */
export const registerSamlPages = (
  app: FastifyInstance,
  { services, gate, index }: { services: Services; gate: Gate; index: string },
): void => {
  app.get('/sso/metadata/:id', (request, reply) => metadata(services, gate, request, reply))
  void app.register((scope, _, done) => {
    scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, parsed) =>
      parsed(null, body),
    )
    scope.post('/sso/callback/:id', { bodyLimit: formBytes }, (request, reply) => {
      connectionIdOf(request)
      return reply.header('cache-control', 'no-store').type('text/html; charset=utf-8').send(shellWith(index, request.body))
    })
    done()
  })
}

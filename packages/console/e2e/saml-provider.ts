/** A SAML provider made of the package `samlp`: it checks our signed requests, and answers by a form that posts itself. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { makeTestCertificate } from '../../server/test/certificate.ts'

interface Asked {
  method: string
  url: string
  originalUrl: string
  headers: Record<string, string | string[] | undefined>
  query: Record<string, string>
  body: Record<string, string>
  user: Person
}
interface Answer {
  set: (name: string, value: string) => void
  send: (body: unknown) => void
}
type Middleware = (request: Asked, answer: Answer, next: (error?: unknown) => void) => void
const samlp = createRequire(import.meta.url)('samlp') as {
  auth: (options: object) => Middleware
  metadata: (options: object) => (request: Asked, answer: Answer) => void
}

export interface Person {
  id: string
  displayName: string
  name: { givenName: string; familyName: string }
  emails: { value: string }[]
}
export const personOf = (email: string, name = 'Nora'): Person => ({
  ...{ id: `id-of-${name.toLowerCase()}`, displayName: `${name} Nilsen`, name: { givenName: name, familyName: 'Nilsen' } },
  emails: [{ value: email }],
})

export interface SamlPeer {
  metadata: string
  /** Who is signed in there. */
  person: Person
  /** What it says otherwise than it should. */
  lies: { audience?: string; relayState?: string }
  /** By which of these certificates our requests must be signed; null: it does not look. */
  ourCertificates: readonly string[] | null
  /** The format it is set to, in which it names people. As Okta does, it refuses a signed request that asks for another, or for none. */
  nameIdFormat: string
  /** What it did not understand. */
  errors: string[]
  close: () => Promise<void>
}

/** An RSA key, and a certificate that says which. */
const signingPair = (): { cert: string; key: string } => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-samlp-'))
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
  const arguments_ = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=samlp',
    '-days',
    '2',
    '-out',
    cert,
    '-keyout',
    key,
  ]
  const { status, stderr } = spawnSync('openssl', arguments_, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const pair = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  rmSync(directory, { recursive: true })
  return pair
}

const startHttps = async (handle: (url: string, answer: Answer) => void): Promise<{ server: Server; url: string }> => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-samlp-'))
  const { cert, key } = await makeTestCertificate(directory)
  const tls = { cert: readFileSync(cert), key: readFileSync(key) }
  rmSync(directory, { recursive: true })
  const server = createServer(tls, (request, response) =>
    handle(request.url ?? '/', {
      set: (name, value) => void response.setHeader(name, value),
      send: (body) => void (typeof body === 'number' ? response.writeHead(body).end() : response.end(body)),
    }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const requestIn = (samlRequest: string) => {
  const xml = inflateRawSync(Buffer.from(samlRequest, 'base64')).toString()
  const [, acs = ''] = /AssertionConsumerServiceURL="([^"]+)"/.exec(xml) ?? []
  const [, policy = ''] = /<samlp:NameIDPolicy [^>]*Format="([^"]+)"/.exec(xml) ?? []
  return { acs, policy }
}

export const startSamlPeer = async (person: Person): Promise<SamlPeer> => {
  const options = { issuer: 'urn:samlp', ...signingPair() }
  const peer: SamlPeer = {
    ...{ metadata: '', person, lies: {}, ourCertificates: null, errors: [] },
    nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    close: () => Promise.resolve(),
  }
  const ask = (url: string): Asked => {
    const { searchParams, host } = new URL(url)
    const shared = { method: 'GET', originalUrl: url, url, headers: { host, 'x-forwarded-proto': 'https' }, body: {} }
    return { ...shared, query: Object.fromEntries(searchParams), user: peer.person }
  }
  const { server, url } = await startHttps((path, answer) => {
    if (!path.startsWith('/sso?')) return answer.send(404)
    const asked = ask(url + path)
    const { acs, policy } = requestIn(asked.query['SAMLRequest'] ?? '')
    const refuse = (why: string): void => {
      peer.errors.push(why)
      answer.send('refused')
    }
    const { nameIdFormat } = peer
    if (peer.ourCertificates && policy !== nameIdFormat)
      return refuse(`NameIDPolicy '${policy}' is not the configured Name ID Format '${nameIdFormat}'`)
    const { audience, relayState } = peer.lies
    const respondTo = (signingCert: string | undefined): Middleware =>
      samlp.auth({
        ...options,
        ...{ destination: acs, recipient: acs, nameIdentifierFormat: nameIdFormat },
        ...(signingCert !== undefined && { signingCert }),
        ...(audience !== undefined && { audience }),
        getPostURL: (_issuer: string, _request: unknown, _asked: unknown, done: (error: null, url: string) => void) =>
          done(null, acs),
      })
    const send = (body: unknown): void =>
      answer.send(
        typeof body === 'string' && relayState !== undefined
          ? body.replace('name="RelayState" value=""', `name="RelayState" value="${relayState}"`)
          : body,
      )
    // `samlp` knows one certificate; one that knows several takes what any of them verifies.
    const tryWith = ([signingCert, ...rest]: readonly (string | undefined)[]): void =>
      respondTo(signingCert)(asked, { ...answer, send }, (error) => {
        if (rest.length > 0) return tryWith(rest)
        refuse(String(error))
      })
    tryWith(peer.ourCertificates ?? [undefined])
  })
  const metadata = await new Promise<string>((resolve) =>
    samlp.metadata({ ...options, redirectEndpointPath: '/sso', postEndpointPath: '/sso' })(ask(`${url}/metadata`), {
      set: () => undefined,
      send: (body) => resolve(String(body)),
    }),
  )
  peer.metadata = metadata
  peer.close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return peer
}

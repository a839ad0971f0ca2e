import { randomBytes } from 'node:crypto'
import { createServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { authorizedPrincipalsLine, grantKeyId, principalOf, type Extension } from '@holdfast/crypto/ssh'
import { issueCertificate } from '@holdfast/keyserver/certificates'
import { serverNames, startTestKeyServer, type TestKeyServer } from '@holdfast/keyserver/testing'
import type { AgentState, EndedSession, Grant, Report } from '../src/wire.ts'

/** The server's side of the wire, with a real key server behind it; what it should answer, a test sets. */
export interface WireServer {
  url: string
  authority: string
  keyServer: TestKeyServer
  orgId: string
  hostId: string
  token: string
  reports: Report[]
  /** A running grant; a certificate for it. */
  grant(options: GrantOptions): Promise<GivenGrant>
  /** Another certificate of the same grant. */
  certify(given: GivenGrant, change?: Record<string, unknown>): Promise<string>
  revoke(given: GivenGrant): Promise<void>
  /** Moves its end. */
  move(given: GivenGrant, endsAtMs: number): Promise<void>
  settings: AgentState['settings']
  /** Not reachable at all: connections are dropped. */
  down: boolean
  /** The host was retired: its agent may report, and nothing else. */
  retired: boolean
  /** The account of its recorder, where the host that enrols is to be a bastion. */
  recorder: string | null
  /** Sends no states along with its news, as an earlier server. */
  sparing: boolean
  /** How often the state was fetched. */
  fetches: number
  /** No event streams, nor anything that hangs on one. */
  streamless: boolean
  /** Changes what is answered to `agent.state`. */
  tamper: ((state: AgentState) => AgentState) | null
  /** When the host has acknowledged the newest state. */
  inForce(): Promise<void>
  /** Tells the hosts that something changed. */
  bump(): Promise<void>
  ended(): EndedSession[]
  refused(): Report['refused']
  close(): Promise<void>
}

export interface GrantOptions {
  login: string
  seconds: number
  extensions?: Extension[]
  startsInSeconds?: number
  publicKey: string
  certificateExtensions?: Extension[]
}

export interface GivenGrant extends Grant {
  serials: bigint[]
  publicKey: string
  certificate: string
  principalExtensions: Extension[]
}

const idOf = (prefix: string) =>
  `${prefix}_${randomBytes(20)
    .toString('hex')
    .replace(/[ilou]/g, '0')
    .slice(0, 26)}`

export const startWireServer = async (): Promise<WireServer> => {
  const keyServer = await startTestKeyServer()
  const { authority } = keyServer
  const { certificatePem: cert, privateKeyPem: key } = await issueCertificate({ authority, ...serverNames, usage: 'server' })
  const [orgId, hostId, token] = ['0192f0c1-7a2b-7c3d-8e4f-5a6b7c8d9e0f', idOf('ho'), randomBytes(32).toString('base64url')]
  const agentKey = `hf_${idOf('ag')}.${randomBytes(24).toString('base64url')}`
  const authorities = (await keyServer.client.sshAuthorities(orgId)).authorities
  const grants = new Map<string, GivenGrant>()
  const ended: AgentState['ended'] = []
  const revoked: bigint[] = []
  /** And who wants states along. */
  const streams = new Map<ServerResponse, boolean>()
  const sockets = new Set<Socket>()
  let sequence = 1
  let serial = 0n
  let enrolments = 0

  const linesOf = () => {
    // One line a login, with what any of its grants permits: sshd takes the first line that fits; the certificates differ.
    const byLogin = new Map<string, Extension[]>()
    for (const { login, principalExtensions } of grants.values())
      byLogin.set(login, [...new Set([...(byLogin.get(login) ?? []), ...principalExtensions])])
    return [...byLogin].map(([login, extensions]) => ({
      login,
      lines: [authorizedPrincipalsLine(principalOf({ org: orgId, host: hostId, login }), extensions)],
    }))
  }
  const stateNow = async (): Promise<AgentState> => {
    const version = BigInt(sequence)
    const bundle = await keyServer.client.signRevocations({
      org: orgId,
      kind: 'user',
      version,
      serials: revoked,
      lifetimeSeconds: 600,
    })
    const running = [...grants.values()].filter(({ endsAt }) => Date.parse(endsAt) > Date.now())
    return {
      ...{ sequence: Number(version), now: new Date().toISOString(), bundle: bundle.toString('base64'), principals: linesOf() },
      grants: running.map(({ id, personId, login, startsAt, endsAt, extensions }) => ({
        id,
        personId,
        login,
        startsAt,
        endsAt,
        extensions,
      })),
      ...{ ended, settings: wire.settings, hostCertificateDue: false },
    }
  }
  const hostCertificate = async (publicKey: string) => {
    serial += 1n
    const request = {
      kind: 'host',
      org: orgId,
      host: hostId,
      publicKey,
      serial,
      keyId: `host:${hostId}`,
      lifetimeSeconds: 86_400,
    } as const
    return (await keyServer.client.signCertificate(request)).certificate
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const say = (status: number, body: unknown) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const body = request.method === 'POST' ? (JSON.parse(await text(request)) as Record<string, unknown>) : {}
    if (request.url === '/api/v1/agent/enrol') {
      enrolments += 1
      if (body.token !== token || enrolments > 1) return say(410, { code: 'enrolment_refused' })
      const lines = authorities.revocations.keys.map(({ publicKey }) => publicKey)
      const certificate = await hostCertificate(String(body.hostPublicKey))
      const own = { hostId, orgId, name: 'test-host', agentKey, hostCertificate: certificate, revocationAuthorities: lines }
      return say(200, { ...own, recorderLogin: wire.recorder, state: await stateNow() })
    }
    if (request.headers.authorization !== `Bearer ${agentKey}`) return say(401, { code: 'unauthenticated' })
    if (wire.retired && request.url !== '/api/v1/agent/report') return say(401, { code: 'unauthenticated' })
    if (request.url === '/api/v1/agent/state') {
      wire.fetches += 1
      const state = await stateNow()
      return say(200, wire.tamper ? wire.tamper(state) : state)
    }
    if (request.url === '/api/v1/agent/report') {
      wire.reports.push(body as unknown as Report)
      return say(200, { hostId, ignored: 0 })
    }
    if (request.url === '/api/v1/agent/host-certificate')
      return say(200, { hostId, hostCertificate: await hostCertificate(String(body.hostPublicKey)) })
    if (request.url?.startsWith('/api/v1/agent/events') && !wire.streamless) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`event: changed\ndata: {"sequence":${sequence}}\n\n`)
      streams.set(response, request.url.endsWith('?state=along'))
      return void response.on('close', () => streams.delete(response))
    }
    return say(404, { code: 'not_found' })
  }
  const server = createServer({ cert, key }, (request, response) => {
    if (wire.down) return void request.socket.destroy()
    answer(request, response).catch(() => response.destroy())
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const wire: WireServer = {
    ...{ url: `https://localhost:${(server.address() as AddressInfo).port}`, authority: authority.certificatePem, keyServer },
    ...{
      orgId,
      hostId,
      token,
      reports: [],
      down: false,
      recorder: null,
      retired: false,
      sparing: false,
      streamless: false,
      tamper: null,
    },
    fetches: 0,
    settings: { staleAfterSeconds: 600, whenStale: 'refuse' },
    async grant({ login, seconds, publicKey, extensions = [], startsInSeconds = 0, certificateExtensions }) {
      const startsAt = new Date(Date.now() + startsInSeconds * 1000).toISOString()
      const endsAt = new Date(Date.now() + seconds * 1000).toISOString()
      const ids = { id: idOf('gr'), personId: idOf('pe'), login }
      const given = {
        ...ids,
        startsAt,
        endsAt,
        extensions,
        serials: [],
        publicKey,
        certificate: '',
        principalExtensions: ['permit-pty', ...extensions] as Extension[],
      }
      grants.set(given.id, given)
      await wire.certify(given, certificateExtensions ? { extensions: certificateExtensions } : {})
      await wire.bump()
      return given
    },
    async certify(given, change = {}) {
      serial += 1n
      given.serials.push(serial)
      const names = { kind: 'user', org: orgId, host: hostId, login: given.login, publicKey: given.publicKey, serial } as const
      const signed = await keyServer.client.signCertificate({
        ...{ ...names, keyId: grantKeyId({ grant: given.id, person: given.personId }), lifetimeSeconds: 900 },
        endsAt: Math.max(Math.ceil(Date.parse(given.endsAt) / 1000), Math.ceil(Date.now() / 1000) + 2),
        extensions: given.principalExtensions,
        ...change,
      })
      given.certificate = signed.certificate
      return signed.certificate
    },
    async revoke(given) {
      grants.delete(given.id)
      revoked.push(...given.serials)
      ended.push({ grantId: given.id, at: new Date().toISOString(), reason: 'revoked' })
      await wire.bump()
    },
    async move(given, endsAtMs) {
      given.endsAt = new Date(endsAtMs).toISOString()
      await wire.bump()
    },
    async bump() {
      sequence += 1
      const own = await stateNow()
      const state = wire.tamper ? wire.tamper(own) : own
      for (const [stream, along] of streams) {
        if (wire.down) {
          stream.destroy()
          continue
        }
        const data = { sequence: own.sequence, ...(along && !wire.sparing && !wire.retired && { state, acknowledgeWithinMs: 0 }) }
        stream.write(`event: changed\ndata: ${JSON.stringify(data)}\n\n`)
      }
    },
    async inForce() {
      for (let tries = 0; !wire.reports.some(({ acknowledged }) => acknowledged >= sequence); tries += 1) {
        if (tries > 1000) throw new Error('the host never acknowledged')
        await sleep(10)
      }
    },
    ended: () => wire.reports.flatMap((report) => report.ended),
    refused: () => wire.reports.flatMap((report) => report.refused),
    async close() {
      server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
      await keyServer.close()
    },
  }
  return wire
}

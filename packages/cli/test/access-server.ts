/** What the server knows of one host, one policy and one grant, and a command line in front of it that may leave no key behind. */
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { holdfast, scratch, type Outcome, type Setting } from './terminal.ts'
import { startTestServer, type Answer, type TestServer } from './test-server.ts'

/** Of every id here; what comes before tells them apart. */
const ulid = '01j9zq4w7e8r9t0v1x2y3z4a5b'
const [person, approver, hostId, policyId, grantId] = [
  `pe_${ulid}`,
  `pe_01j9zq4w7e8r9t0v1x2y3z4a5c`,
  `ho_${ulid}`,
  `ap_${ulid}`,
  `gr_${ulid}`,
]
const later = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()

export { approver, grantId, hostId, policyId }
export const otherId = (prefix: string): string => `${prefix}_01j9zq4w7e8r9t0v1x2y3z4a5d`

export const policy = {
  ...{ id: policyId, name: 'Production', logins: ['app', 'root'], maxSeconds: 3600, approvals: 1, reasonRequired: true },
  ...{
    ticketPattern: null as string | null,
    sourceNetworks: [],
    hours: null,
    extensions: ['permit-port-forwarding'],
    apiKeysMayAsk: false,
  },
}
export const host = { hostId, hostName: 'web-1', environment: 'production', address: 'web-1.internal', port: 2222 }
export const requested = () => ({
  ...{
    id: grantId,
    state: 'requested',
    endReason: null,
    kind: 'host',
    hostId,
    databaseId: null,
    targetName: 'web-1',
    environment: 'production',
    login: 'app',
  },
  ...{
    personId: person,
    serviceAccount: null,
    policyId,
    policyVersion: 1,
    seconds: 1800,
    notBefore: null,
    reason: 'Queue',
    ticket: null,
    extensions: [],
  },
  ...{ sourceNetworks: [], extendsId: null, requestHash: 'a'.repeat(64), requestedAt: later(0), requestExpiresAt: later(59.5) },
  ...{ approvals: [], approvalsNeeded: 1, startsAt: null, endsAt: null, endedAt: null, mayApprove: false },
})
export const running = () => ({ ...requested(), state: 'approved', startsAt: later(0), endsAt: later(29.5) })
export const detail = (grant: object) => ({
  ...grant,
  ...{
    policyName: 'Production',
    decisionReason: null,
    endedBy: null,
    certificates: [],
    sessions: [],
    databaseRoles: [],
    proof: null,
  },
})
export const authority = 'AAAAC3NzaC1lZDI1NTE5AAAAIPaw'
export const certificate = (more: object = {}): Answer => ({
  body: {
    ...{ id: grantId, certificate: `ssh-ed25519-cert-v01@openssh.com ${authority}`, serial: '7', validAfter: later(-1) },
    ...{ validBefore: later(10), endsAt: later(29.5), login: 'app', address: 'web-1.internal', port: 2222 },
    ...{
      recordedBy: null,
      hostKeyAlias: `o:acme:h:${hostId}`,
      knownHosts: [`@cert-authority o:acme:h:* ssh-ed25519 ${authority}`],
      ...more,
    },
  },
})

const usual: TestServer['handlers'] = {
  'grant.list': () => ({ body: { rows: [], next: null } }),
  'grant.options': () => ({ body: { rows: [{ ...host, policies: [policy] }], next: null } }),
  'grant.request': () => ({ headers: { 'holdfast-ledger-seq': '4' }, body: requested() }),
  'grant.read': (_, times) => ({ body: detail(times < 3 ? requested() : running()) }),
  'grant.certificate': () => certificate(),
  'grant.cancel': () => ({ body: { ...requested(), state: 'cancelled' } }),
  'grant.return': () => ({ body: { ...running(), state: 'ended', endReason: 'returned' } }),
  'accessPolicy.read': () => ({ body: { approvers: { roles: ['admin', 'owner'], personIds: [approver] } } }),
  'member.list': () => ({ body: { rows: [{ id: approver, name: 'Grace' }], next: null } }),
}

export interface AccessServer {
  handlers: TestServer['handlers']
  /** The inputs with which an operation was called. */
  asked: (operation: string) => Record<string, unknown>[]
  forget: () => void
  cli: (argv: readonly string[], setting?: Setting) => Promise<Outcome>
}

/** For every test of a file: a server that grants what is asked at the third look. */
export const useAccessServer = (): AccessServer => {
  const handlers: TestServer['handlers'] = {}
  const keys = join(scratch(), 'keys')
  const before = process.env.TMPDIR
  let server: TestServer
  beforeAll(async () => {
    mkdirSync(keys)
    server = await startTestServer(handlers)
  })
  beforeEach(() => {
    process.env.TMPDIR = keys
    server.asked.length = 0
    Object.assign(handlers, usual)
  })
  afterEach(() => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    expect(
      readdirSync(keys).filter((name) => name.startsWith('holdfast-ssh-')),
      'no key is left',
    ).toEqual([])
  })
  afterAll(() => server.close())
  return {
    handlers,
    asked: (operation) => server.asked.filter((each) => each.operation === operation).map(({ input }) => input),
    forget: () => void (server.asked.length = 0),
    cli: (argv, setting = {}) =>
      holdfast(argv, { ...setting, env: { ...server.env, PATH: process.env.PATH ?? '', ...setting.env } }),
  }
}

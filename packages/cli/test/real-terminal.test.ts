import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { scratch } from './terminal.ts'
import { startTestServer, type TestServer } from './test-server.ts'
import { commandLine, typeAt, type Answer } from './typing.ts'

const ulid = '01j9zq4w7e8r9t0v1x2y3z4a5b'
const inAnHour = new Date(Date.now() + 3_590_000).toISOString()
const request = {
  ...{
    id: `gr_${ulid}`,
    state: 'requested',
    hostId: `ho_${ulid}`,
    kind: 'host',
    databaseId: null,
    targetName: 'web-1',
    environment: 'production',
    login: 'app',
  },
  ...{
    personId: `pe_${ulid}`,
    serviceAccount: null,
    policyId: `ap_${ulid}`,
    policyVersion: 1,
    policyName: 'Production',
    seconds: 1800,
    notBefore: null,
  },
  ...{ reason: 'Queue', ticket: null, extensions: [], sourceNetworks: [], extendsId: null, requestHash: 'a'.repeat(64) },
  ...{ requestExpiresAt: inAnHour, approvals: [], approvalsNeeded: 1, endsAt: null, decisionReason: null },
}
const policy = {
  id: `ap_${ulid}`,
  name: 'Production',
  logins: ['app'],
  maxSeconds: 3600,
  approvals: 1,
  reasonRequired: true,
  ticketPattern: null,
  extensions: [],
}
const host = { hostId: `ho_${ulid}`, hostName: 'web-1', environment: 'production', address: 'web-1.internal', policies: [policy] }

let server: TestServer
const keys = join(scratch(), 'keys')
beforeAll(async () => {
  mkdirSync(keys)
  server = await startTestServer({
    'grant.list': () => ({ body: { rows: [], next: null } }),
    'grant.options': () => ({ body: { rows: [host], next: null } }),
    'grant.request': () => ({ body: request }),
    'grant.read': () => ({ body: request }),
    'grant.cancel': () => ({ body: { ...request, state: 'cancelled' } }),
    'member.list': () => ({ body: { rows: [], next: null } }),
    'session.current': () => ({ body: { person: { email: 'ada@example.test' }, organisation: { id: 'acme' } } }),
  })
})
beforeEach(() => void (server.asked.length = 0))
afterAll(() => server.close())

const typed = (argv: string, answers: readonly Answer[]) =>
  typeAt(`true | ${commandLine(argv)}`, answers, { ...server.env, TMPDIR: keys, XDG_CONFIG_HOME: keys })

it('asks at the terminal, and Ctrl-C while it waits offers to take the request back', async () => {
  const { code, screen } = await typed('ssh web-1', [
    ...([
      ['For how long?', '20m\r'],
      ['Reason:', 'Queue\r'],
      ['Code of', '123456\r'],
    ] as Answer[]),
    ...([
      ['Waiting for approval', '\u0003'],
      ['Take the request back?', '\r'],
    ] as Answer[]),
  ])
  expect(screen).toContain('59 minutes')
  expect(screen).toContain('The request is taken back.')
  expect(code).toBe(130)
  expect(server.asked.find(({ operation }) => operation === 'grant.request')?.input).toMatchObject({
    seconds: 1200,
    code: '123456',
  })
  expect(server.asked.at(-1)?.operation).toBe('grant.cancel')
  expect(readdirSync(keys)).toEqual([])
})

it('takes Ctrl-D for no answer', async () => {
  const { code, screen } = await typed('ssh web-1', [['For how long?', '\u0004']])
  expect({ code, asked: screen.includes('Reason') }).toEqual({ code: 130, asked: false })
})

it('does not show a password that is typed, and Ctrl-C there does nothing more', async () => {
  const { code, screen } = await typed(`approve gr_${ulid}`, [['Password of ada@example.test', 'seven lanterns\u0003']])
  expect(code).toBe(130)
  expect(screen).toContain('from the approval on')
  expect(screen).not.toContain('lanterns')
  expect(server.asked.some(({ operation }) => operation === 'session.signIn')).toBe(false)
})

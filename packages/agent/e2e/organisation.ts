import { readFileSync } from 'node:fs'
import { operations, type Client, type InputOf } from '@holdfast/contract'
import { fromBase32, totpAt, totpStep } from '@holdfast/crypto'
import { createBrowser } from '../../cli/e2e/browser.ts'
import { openMailbox } from '../../console/e2e/mailbox.ts'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { readSettings } from '../src/index.ts'
import { createManagedHost, eventually, type ManagedHost } from '../test/managed-host.ts'

/** The real system, with somebody who asks and somebody who approves. */
export interface Organisation {
  system: RunningSystem
  asker: Person
  approver: Person
  /** Registers a host; what is needed to install the agent on it. */
  register(
    name: string,
    more?: { port?: number; recorderLogin?: string },
  ): Promise<{ hostId: HostId; token: string; caFingerprint: string | null; command: string }>
  /** Lets the asker ask for a login on a host; through a bastion where one is named. */
  allow(hostId: HostId, login: string, bastionId?: HostId): Promise<void>
  /** Asked, approved: runs. */
  grant(hostId: HostId, login: string, seconds: number): Promise<InputOf<typeof operations.grant.read>['id']>
  certificate(id: InputOf<typeof operations.grant.read>['id'], publicKey: string): Promise<string>
  proof(id: InputOf<typeof operations.grant.read>['id']): Promise<Detail>
  /** Has it end sooner, as if less had been asked for. */
  shorten(id: InputOf<typeof operations.grant.read>['id'], seconds: number): Promise<void>
  close(): Promise<void>
}
type HostId = InputOf<typeof operations.host.read>['id']
type Detail = Awaited<ReturnType<typeof readGrant>>

export interface Person {
  browser: Client
  id: string
  email: string
  /** A recovery code: as good as a code of the app, and there is another at once. */
  code: () => Promise<string>
}

/** Of everybody. */
export const password = 'nine kettles on a quiet hill'
const readGrant = async (browser: Client, id: InputOf<typeof operations.grant.read>['id']) =>
  (await browser.call(operations.grant.read, { id })).value

const settle = async (browser: Client, email: string): Promise<Person> => {
  await browser.call(operations.session.signIn, { email, password })
  const { value } = await browser.call(operations.factor.enrolTotp, { label: 'Phone' })
  const code = totpAt(fromBase32(value.secret) ?? new Uint8Array(), totpStep(Date.now()))
  const codes = (await browser.call(operations.factor.confirmTotp, { id: value.id, code })).value.recoveryCodes
  const { value: who } = await browser.call(operations.session.current, {})
  const spare = async (): Promise<string> => {
    if (codes.length === 1) {
      await browser.call(operations.session.confirmFactor, { code: codes.pop() ?? '' })
      codes.push(...(await browser.call(operations.factor.renewRecoveryCodes, {})).value.recoveryCodes)
    }
    return codes.pop() ?? ''
  }
  return { browser, id: who.person.id, email, code: spare }
}

/** By the superuser, in a transaction with an entry, of which hosts are told: the database takes no other change. */
const shorten = async (system: RunningSystem, id: string, seconds: number): Promise<void> => {
  const database = await system.database()
  try {
    await database.query('begin')
    await database.query('select enter((select org_id from access_grant where id = $1), null, false)', [id])
    await database.query('update access_grant set ends_at = now() + make_interval(secs => $2) where id = $1', [id, seconds])
    await database.query('select announce_access(null)')
    const actor = { type: 'system', id: 'test', via: 'test' }
    const head = { actor, action: 'test.arranged', target: { type: 'grant', id }, outcome: 'done' }
    await database.query('select ledger_append($1)', [JSON.stringify(head)])
    await database.query('commit')
  } finally {
    await database.end()
  }
}

export const startOrganisation = async (): Promise<Organisation> => {
  const mailbox = await openMailbox()
  const system = await startSystem({ env: { HOLDFAST_SMTP_URL: mailbox.url } })
  const [first, second] = [createBrowser(system.url, system.ca), createBrowser(system.url, system.ca)]
  const token = new URL(system.setupLink ?? '').hash.slice(1)
  await first.call(operations.setup.complete, { token, organisation: 'Acme', name: 'Ada', email: 'ada@example.test', password })
  const asker = await settle(first, 'ada@example.test')
  await first.call(operations.invitation.create, { email: 'grace@example.test', role: 'reviewer' })
  const link = await eventually(
    'an invitation',
    () => /\/invitation#([\w-]+)/.exec(mailbox.newestTo('grace@example.test') ?? '')?.[1],
  )
  await second.call(operations.invitation.accept, { token: link, name: 'Grace', password })
  const approver = await settle(second, 'grace@example.test')
  return {
    ...{ system, asker, approver },
    async register(name, more = {}) {
      const { value } = await first.call(operations.host.register, { name, environment: 'test', address: '127.0.0.1', ...more })
      return { hostId: value.host.id, token: value.token, caFingerprint: value.caFingerprint, command: value.command }
    },
    async allow(hostId, login, bastionId) {
      const people = { requesters: { personIds: [asker.id as never] }, approvers: { personIds: [approver.id as never] } }
      const rules = { name: 'Test servers', selects: { hostIds: [hostId] }, logins: [login], ...people }
      await first.call(operations.accessPolicy.create, {
        ...rules,
        maxSeconds: 3600,
        reasonRequired: false,
        ...(bastionId && { bastionId }),
      })
    },
    async grant(hostId, login, seconds) {
      const { value } = await first.call(operations.grant.request, {
        hostId,
        login,
        seconds,
        reason: 'A test',
        code: await asker.code(),
      })
      await second.call(operations.grant.approve, { id: value.id, requestHash: value.requestHash, code: await approver.code() })
      return value.id
    },
    async certificate(id, publicKey) {
      return (await first.call(operations.grant.certificate, { id, publicKey, code: await asker.code() })).value.certificate
    },
    proof: (id) => readGrant(first, id),
    shorten: (id, seconds) => shorten(system, id, seconds),
    async close() {
      await system.remove()
      await mailbox.close()
    },
  }
}

/** What ssh believes of the hosts of the organisation. */
const trustHosts = async (organisation: Organisation, host: ManagedHost, orgId: string, hostId: string): Promise<void> => {
  const { value } = await organisation.asker.browser.call(operations.host.authorities, {})
  host.trustLines(value.knownHosts, `o:${orgId}:h:${hostId}`)
}

/** A real sshd in the care of an agent that has enrolled. */
export const bringHost = async (
  organisation: Organisation,
  name: string,
  recorder = false,
): Promise<{ host: ManagedHost; hostId: HostId }> => {
  const { url: server, caFile } = organisation.system
  const host = await createManagedHost()
  const { hostId, token } = await organisation.register(name, {
    port: host.port,
    ...(recorder && { recorderLogin: host.otherLogin }),
  })
  await host.installBy({ server, token, authority: readFileSync(caFile, 'utf8') })
  await host.startAgent()
  await trustHosts(organisation, host, readSettings(host.layout).orgId, hostId)
  return { host, hostId }
}

/** A running system with a server behind it: who may ask, who approves, and a real sshd that believes the organisation's authority. */
import { operations, type Client, type OutputOf } from '@holdfast/contract'
import { authorizedPrincipalsLine, principalOf } from '@holdfast/crypto/ssh'
import { openMailbox } from '../../console/e2e/mailbox.ts'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { createSshd, type Sshd } from '../test/sshd.ts'
import { createBrowser, signInWithFactor } from './browser.ts'

export interface Person {
  browser: Client
  id: OutputOf<typeof operations.session.current>['person']['id']
  email: string
  password: string
  /** A recovery code that was not used yet. */
  code: () => Promise<string>
  /** An API key of theirs. */
  key: string
}

export interface PeopleWorld {
  system: RunningSystem
  asker: Person
  approver: Person
  close: () => Promise<void>
}

export interface AccessWorld extends PeopleWorld {
  sshd: Sshd
  hostId: OutputOf<typeof operations.host.register>['host']['id']
  /** Has the time of every grant run out, as if it were later. */
  runOut: () => Promise<void>
}

const email = (name: string) => `${name}@example.test`
const password = 'nine kettles on a quiet hill'

const eventually = async <T>(what: string, look: () => T | undefined): Promise<T> => {
  for (let tries = 0; tries < 200; tries++) {
    const found = look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`never happened: ${what}`)
}

const settle = async (browser: Client, name: string, role: 'owner' | 'reviewer'): Promise<Person> => {
  const codes = await signInWithFactor(browser, email(name), password)
  const { value: who } = await browser.call(operations.session.current, {})
  const { value: made } = await browser.call(operations.apiKey.create, { name: 'Terminal', role, days: 1 })
  const code = async (): Promise<string> => {
    if (codes.length === 1) {
      await browser.call(operations.session.confirmFactor, { code: codes.pop() ?? '' })
      codes.push(...(await browser.call(operations.factor.renewRecoveryCodes, {})).value.recoveryCodes)
    }
    return codes.pop() ?? ''
  }
  return { browser, id: who.person.id, email: email(name), password, code, key: made.key }
}

/** Registers the server and brings it in as its agent would; sshd gets what the agent would write for one login. */
const enrolHost = async (system: RunningSystem, browser: Client, sshd: Sshd): Promise<AccessWorld['hostId']> => {
  const place = { name: 'web-1', environment: 'test', address: '127.0.0.1', port: sshd.port }
  const { value: enrolment } = await browser.call(operations.host.register, place)
  const agent = createBrowser(system.url, system.ca)
  const enrol = { token: enrolment.token, hostPublicKey: sshd.hostKey, agentVersion: '0.1.0' }
  const { value } = await agent.call(operations.agent.enrol, enrol)
  const authorities = (await browser.call(operations.host.authorities, {})).value.userAuthorities
  const principal = principalOf({ org: value.orgId, host: value.hostId, login: sshd.login })
  await sshd.start({ authorities, principals: authorizedPrincipalsLine(principal), hostCertificate: value.hostCertificate })
  return value.hostId
}

/** By the superuser, in a transaction with an entry: the database takes no other change. */
const endAllNow = async (system: RunningSystem): Promise<void> => {
  const database = await system.database()
  try {
    await database.query('begin')
    await database.query('select enter((select org_id from access_grant limit 1), null, false)')
    await database.query(`update access_grant set ends_at = now() where state = 'approved'`)
    const actor = { type: 'system', id: 'test', via: 'test' }
    const head = { actor, action: 'test.arranged', target: { type: 'test', id: 'test' }, outcome: 'done' }
    await database.query('select ledger_append($1)', [JSON.stringify(head)])
    await database.query('commit')
  } finally {
    await database.end()
  }
}

/** A running system, an Owner who asks and a reviewer who approves. */
export const createPeopleWorld = async (env: Record<string, string> = {}): Promise<PeopleWorld> => {
  const mailbox = await openMailbox()
  const system = await startSystem({ env: { HOLDFAST_SMTP_URL: mailbox.url, ...env } })
  const [first, second] = [createBrowser(system.url, system.ca), createBrowser(system.url, system.ca)]
  const token = new URL(system.setupLink ?? '').hash.slice(1)
  await first.call(operations.setup.complete, { token, organisation: 'Acme', name: 'Ada', email: email('ada'), password })
  const asker = await settle(first, 'ada', 'owner')
  await first.call(operations.invitation.create, { email: email('grace'), role: 'reviewer' })
  const link = await eventually('an invitation', () => /\/invitation#([\w-]+)/.exec(mailbox.newestTo(email('grace')) ?? '')?.[1])
  await second.call(operations.invitation.accept, { token: link, name: 'Grace', password })
  const approver = await settle(second, 'grace', 'reviewer')
  return {
    ...{ system, asker, approver },
    close: async () => {
      await system.remove()
      await mailbox.close()
    },
  }
}

export const createAccessWorld = async (): Promise<AccessWorld> => {
  const sshd = await createSshd()
  const people = await createPeopleWorld()
  const { system, asker, approver } = people
  const first = asker.browser
  const hostId = await enrolHost(system, first, sshd)
  const who = { requesters: { personIds: [asker.id] }, approvers: { personIds: [approver.id] } }
  const rules = { name: 'Test servers', selects: { hostIds: [hostId] }, logins: [sshd.login], ...who }
  await first.call(operations.accessPolicy.create, rules)
  await first.call(operations.accessPolicy.create, { ...rules, name: 'Robots', apiKeysMayAsk: true })
  return {
    ...{ system, sshd, hostId, asker, approver },
    runOut: () => endAllNow(system),
    close: async () => {
      await people.close()
      await sshd.stop()
    },
  }
}

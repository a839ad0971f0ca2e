import { randomBytes } from 'node:crypto'
import { access, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import {
  apiKey,
  invitation,
  ledger,
  obligations,
  operator,
  organisation,
  policy,
  policyReview,
  session,
  setup,
  signInPolicy,
  type Role,
} from '@holdfast/contract'
import type { Home } from '../platform/home.ts'
import { fillAccess } from './demo-access.ts'
import { fillDatabase } from './demo-database.ts'
import { demoPolicies } from './demo-policies.ts'
import { fillReviews } from './demo-reviews.ts'
import { fillStaffAccess } from './demo-staff.ts'
import { enrol, visitorAt, type Authenticator, type Visitor } from './demo-visitor.ts'
import type { ExampleDatabase } from './example-database.ts'

/** The token of the link in the mail that waits in the outbox for `email`; mail is sent by a job, a moment later. */
const linkTokenFor = async (owner: Visitor, email: string): Promise<string> => {
  for (let attempt = 0; attempt < 60; attempt++) {
    const { rows } = await owner.call(operator.outbox, { limit: 50 })
    const mail = rows.find(({ to }) => to === email)
    const text = mail ? (await owner.call(operator.mail, { id: mail.id })).text : ''
    const token = /\/invitation#(\S+)/.exec(text)?.[1]
    if (token !== undefined) return token
    await sleep(500)
  }
  throw new Error(`the invitation for ${email} did not arrive in the outbox`)
}

const password = (): string => randomBytes(12).toString('base64url')

const people: Record<Exclude<Role, 'owner'>, string> = {
  admin: 'Amir Haddad',
  reviewer: 'Rosa Lindqvist',
  member: 'Milan Kovář',
  viewer: 'Vera Okafor',
}
const emailOf = (role: Role): string => `${role}@example.com`

const invite = async (
  url: string,
  owner: Visitor,
  role: Exclude<Role, 'owner'>,
  authenticators: Partial<Record<Role, Authenticator>>,
): Promise<Visitor> => {
  const email = emailOf(role)
  await owner.call(invitation.create, { email, role })
  const token = await linkTokenFor(owner, email)
  const visitor = visitorAt(url)
  const secret = password()
  await visitor.call(invitation.accept, { token, name: people[role], password: secret })
  await visitor.call(session.signIn, { email, password: secret })
  if (role !== 'viewer') authenticators[role] = await enrol(visitor)
  return visitor
}

/** Policies in every state, written by one, approved by another, acknowledged by some. */
const fillPolicies = async (visitors: Record<Role, Visitor>): Promise<void> => {
  for (const { title, content, promises, until } of demoPolicies) {
    const version = await visitors.member.call(policy.create, { title, content, promises: [...promises] })
    if (until === 'draft') continue
    await visitors.member.call(policy.submit, { id: version.id })
    if (until === 'in_review') continue
    await visitors.reviewer.call(policy.approve, { id: version.id, sha256: version.sha256, comment: 'Read and agreed.' })
    await visitors.admin.call(policy.publish, { id: version.id })
    for (const role of ['owner', 'reviewer', 'member'] as const) {
      await visitors[role].call(policy.acknowledge, { id: version.id, sha256: version.sha256 })
    }
  }
}

/** Working days with holidays; of the reviews that publishing opened, one is wanted soon and one waits. */
const fillDeadlines = async ({ admin, owner }: Record<Role, Visitor>): Promise<void> => {
  const year = new Date().getUTCFullYear()
  const holidays = [year, year + 1].flatMap((each) => [
    { on: `${each}-01-01`, name: 'New Year' },
    { on: `${each}-12-25`, name: 'Christmas' },
  ])
  await admin.call(obligations.setCalendar, { timeZone: 'Europe/Vienna', weekdays: [1, 2, 3, 4, 5], holidays })
  const { rows } = await owner.call(obligations.list, { kind: policyReview.name })
  const [urgent, waiting] = rows
  const soon = new Date(Date.now() + 40 * 3_600_000).toISOString()
  if (urgent) await admin.call(obligations.rebase, { id: urgent.id, dueAt: soon, reason: 'The auditor asks for it this week.' })
  if (waiting) await admin.call(obligations.pause, { id: waiting.id, reason: 'Waiting for the new backup system.' })
}

const [hour, day] = [60, 24 * 60]

/** What this organisation asks of those who sign in: a week at most, and nobody stays signed in at a desk that was left. */
const setSignInPolicy = (owner: Visitor) =>
  owner.call(signInPolicy.set, {
    ...{ requireMfa: false, sessionMinutes: 7 * day, idleMinutes: 2 * day, lockMinutes: 4 * hour, networks: [] },
    methods: ['password', 'passkey', 'sso'],
  })

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

/** Fills a fresh installation through its own public interface; a second start finds it filled. */
export const fillDemo = async (
  home: Home,
  url: string,
  caPem: string,
  setupLink: string | null,
  example: ExampleDatabase,
  say: (text: string) => void,
): Promise<void> => {
  if (setupLink === null) {
    if (!(await exists(home.demoFile))) say('--demo: this installation is set up already and was left as it is.')
    return
  }
  setDefaultCACertificates([...getCACertificates(), caPem])
  say('Filling in the example …')
  const owner = visitorAt(url)
  const ownerPassword = password()
  const token = setupLink.slice(setupLink.indexOf('#') + 1)
  const { orgId } = await owner.call(setup.complete, {
    ...{ token, organisation: 'Example Ltd', name: 'Olga Petrov', email: emailOf('owner'), password: ownerPassword },
  })
  await owner.call(session.signIn, { email: emailOf('owner'), password: ownerPassword })
  const authenticator = await enrol(owner)
  const { secret: totpSecret } = authenticator
  const authenticators: Partial<Record<Role, Authenticator>> = {}
  const visitors = {
    owner,
    admin: await invite(url, owner, 'admin', authenticators),
    reviewer: await invite(url, owner, 'reviewer', authenticators),
    member: await invite(url, owner, 'member', authenticators),
    viewer: await invite(url, owner, 'viewer', authenticators),
  }
  await fillPolicies(visitors)
  await fillDeadlines(visitors)
  await setSignInPolicy(owner)
  await fillAccess(url, visitors, authenticators)
  const customerEmail = 'owner@northwind.example.com'
  const { id } = await owner.call(organisation.create, { name: 'Northwind Traders', ownerEmail: customerEmail, plan: 'growth' })
  const invited = { orgId: id, email: customerEmail, token: await linkTokenFor(owner, customerEmail) }
  const reviewer = authenticators.reviewer
  if (!reviewer) throw new Error('the reviewer has no authenticator')
  await fillDatabase(example, visitors, { ...authenticators, owner: authenticator })
  const staff = { first: { ...owner, authenticator }, second: { ...visitors.reviewer, authenticator: reviewer } }
  const customer = await fillStaffAccess(url, invited, staff)
  await owner.call(ledger.addWitness, { kind: 'email', target: 'auditor@example.com' })
  await owner.call(ledger.checkpoint, {})
  await owner.call(operator.checkPromises, {})
  const keys: Partial<Record<Role, string>> = {}
  for (const [role, visitor] of Object.entries(visitors) as [Role, Visitor][]) {
    keys[role] = (await visitor.call(apiKey.create, { name: `Example, ${role}`, role, days: 30 })).key
  }
  await fillReviews(visitors)
  const write = (file: string, value: unknown): Promise<void> =>
    writeFile(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  await write(home.demoSignInFile, { email: emailOf('owner'), password: ownerPassword, totpSecret, customer })
  await write(home.demoFile, { url, ca: home.caFile, org: orgId, keys })
}

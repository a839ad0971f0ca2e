/** What somebody is shown who joins a second organisation, and whose keys do less since their role changed. */
import { operations } from '@holdfast/contract'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { createAsk } from '../../server/test/http/started.ts'
import { beautiful, foundOrganisation, launchBrowser, newVisitor, type Visitor } from './browsing.ts'
import { heading } from './identity-steps.ts'
import { openMailbox, type Mailbox } from './mailbox.ts'
import { join, linkTo } from './people.ts'

let system: RunningSystem
let browser: Browser
let mailbox: Mailbox
let owner: Visitor
let admin: Visitor
beforeAll(async () => {
  mailbox = await openMailbox()
  ;[system, browser] = await Promise.all([startSystem({ env: { HOLDFAST_SMTP_URL: mailbox.url } }), launchBrowser()])
  owner = await newVisitor(browser, system)
  await foundOrganisation(owner, system)
  admin = await join(owner, browser, system, mailbox, 'admin', 'Ann Admin')
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
  await mailbox?.close()
})

it('a key that does less since a change of role says so, and a mail did', async () => {
  await admin.call(operations.apiKey.create, { name: 'deploy', role: 'admin' })
  const { rows } = await owner.call(operations.member.list, { search: 'Ann' })
  await owner.call(operations.member.changeRole, { id: rows[0]?.id ?? ('' as never), role: 'member' })
  await expect.poll(() => mailbox.newestTo('admin@example.test') ?? '', { timeout: 20_000 }).toMatch(/do only what the role/)
  await admin.page.goto('/api-keys')
  await admin.page.getByText('role lowered').waitFor()
  await beautiful(admin, 'keys-cut-short')
})

it('who joins another organisation sees what opens their account, and can remove it', async () => {
  const created = { name: 'Second Ltd', ownerEmail: 'admin@example.test' }
  await owner.call(operations.organisation.create, created)
  await expect.poll(() => mailbox.newestTo('admin@example.test') ?? '', { timeout: 20_000 }).toContain('Second Ltd')
  const { page } = admin
  await page.goto(`/invitation#${await linkTo(mailbox, 'admin@example.test')}`)
  await page.getByRole('button', { name: 'Join Second Ltd' }).click()
  await heading(page, 'You joined Second Ltd').waitFor()
  await page.getByText('authenticator app, enrolled').waitFor()
  await beautiful(admin, 'joined')
  await expect.poll(() => mailbox.newestTo('admin@example.test') ?? '', { timeout: 20_000 }).toContain('What opens your account')
  await page.getByRole('button', { name: 'Remove something' }).click()
  await page
    .getByRole('button', { name: /^Remove / })
    .first()
    .waitFor()
  expect((await admin.call(operations.session.current, {})).organisation.name).toBe('Second Ltd')
  expect(admin.complaints).toEqual([])
})

/** As the record in the DNS would. */
const proveDomain = async (domain: string): Promise<void> => {
  await owner.call(operations.sso.addDomain, { domain })
  const database = await system.database()
  try {
    await database.query('set session_replication_role = replica')
    await database.query('update sso_domain set proved_at = now(), checked_at = now() where domain = $1', [domain])
  } finally {
    await database.end()
  }
}

it('whose account a directory takes in gets one mail that says so, by SMTP, and can remove what opens it', async () => {
  const member = await join(owner, browser, system, mailbox, 'member', 'Mo Member')
  await owner.call(operations.directory.create, { name: 'Okta', defaultRole: 'viewer' })
  const { secret } = await owner.call(operations.directory.issueCredential, { kind: 'bearer' })
  await proveDomain('example.test')
  const before = mailbox.countTo('member@example.test')
  const ask = createAsk(system.url, system.ca)
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/scim+json' }
  const emails = [{ value: 'member@example.test', type: 'work' }]
  const { status, text } = await ask('POST', '/scim/v2/Users', { headers, body: { userName: 'mo', active: true, emails } })
  expect(status).toBe(201)
  const path = `/scim/v2/Users/${(JSON.parse(text) as { id: string }).id}`
  const changes = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'] }
  for (const title of ['Engineer', 'Head of Engineering'])
    expect(
      (await ask('PATCH', path, { headers, body: { ...changes, Operations: [{ op: 'replace', value: { title } }] } })).status,
    ).toBe(200)
  await expect
    .poll(() => mailbox.newestTo('member@example.test') ?? '', { timeout: 20_000 })
    .toContain('the directory of Northwind Hosting took your account in')
  const mail = mailbox.newestTo('member@example.test') ?? ''
  expect(mail).toContain('You were a member of Northwind Hosting already')
  expect(mail).toMatch(/Ask Olga Owner \(olga@example\.test\), who set this up/)
  // Something else that leaves after it, so that a second mail would have come before.
  await owner.call(operations.invitation.create, { email: 'last@example.test', role: 'viewer' })
  await expect.poll(() => mailbox.countTo('last@example.test'), { timeout: 20_000 }).toBe(1)
  expect(mailbox.countTo('member@example.test')).toBe(before + 1)
  const { page } = member
  await page.goto(new URL(/https:\S+\/settings\/account/.exec(mail)?.[0] ?? '').pathname)
  await heading(page, 'Account').waitFor()
})

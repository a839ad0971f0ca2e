/** What somebody is shown who joins a second organisation, and whose keys do less since their role changed. */
import { operations } from '@holdfast/contract'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
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

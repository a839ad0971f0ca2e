/** Staff access as people see it (C5): asked, agreed, entered under everybody's eyes, ended with one click. */
import { operations } from '@holdfast/contract'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { foundOrganisation, launchBrowser, newVisitor, password, seriousFindings, type Visitor } from './browsing.ts'
import { openMailbox, type Mailbox } from './mailbox.ts'
import { codesOf } from './managed-host.ts'
import { linkTo } from './people.ts'

let system: RunningSystem
let browser: Browser
let mailbox: Mailbox
let staff: Visitor
let customer: Visitor
let staffCode: () => string
let customerCode: () => string

beforeAll(async () => {
  mailbox = await openMailbox()
  ;[system, browser] = await Promise.all([startSystem({ env: { HOLDFAST_SMTP_URL: mailbox.url } }), launchBrowser()])
  staff = await newVisitor(browser, system)
  await foundOrganisation(staff, system)
  staffCode = await codesOf(staff, true)
  const email = 'carla@acme.example'
  await staff.call(operations.organisation.create, { name: 'Acme GmbH', ownerEmail: email })
  customer = await newVisitor(browser, system)
  await customer.call(operations.invitation.accept, { token: await linkTo(mailbox, email), name: 'Carla Customer', password })
  await customer.call(operations.session.signIn, { email, password })
  customerCode = await codesOf(customer)
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
  await mailbox?.close()
})

const code = (page: Page) => page.getByRole('textbox', { name: 'Code' })
const banner = (page: Page) => page.getByRole('status').filter({ hasText: 'staff' })

it('staff ask a customer, and see nothing of theirs before', async () => {
  const { page } = staff
  await page.goto('/operator/staff')
  await page.getByText('You have asked no customer').waitFor()
  await page.getByRole('button', { name: 'Ask a customer' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Organisation').selectOption({ label: 'Acme GmbH' })
  await dialog.getByLabel('Why').fill('A policy cannot be opened')
  await dialog.getByLabel('Ticket').fill('SUP-42')
  await code(page).fill(staffCode())
  await dialog.getByRole('button', { name: 'Ask', exact: true }).click()
  await page.getByRole('cell', { name: 'Waits for an answer' }).waitFor()
  await dialog.waitFor({ state: 'detached' })
  expect(await seriousFindings(page)).toEqual([])
})

it('the customer is told on every page, reads who, why and how far, and lets them in', async () => {
  const { page } = customer
  await page.goto('/members')
  await banner(page).getByRole('link', { name: 'Read and decide' }).click()
  const request = page.getByRole('region', { name: /asks to see your data/ })
  await request.getByText('A policy cannot be opened').waitFor()
  await request.getByText('Reads as a Viewer').waitFor()
  expect(await seriousFindings(page)).toEqual([])
  await code(page).fill(customerCode())
  await request.getByRole('button', { name: 'Let them in' }).click()
  await banner(page).getByText('can see your data').waitFor()
  await page.getByRole('cell', { name: 'Live' }).waitFor()
})

it('staff enter by a code, and see where they are; every read stands in the customer’s log', async () => {
  const { page } = staff
  await page.goto('/operator/staff')
  await page.getByRole('button', { name: 'Enter' }).click()
  await code(page).fill(staffCode())
  await page.getByRole('dialog').getByRole('button', { name: 'Enter' }).click()
  await banner(page).getByText('Whatever you read').waitFor()
  await page.goto('/members')
  await page.getByText('Carla Customer').first().waitFor()
  expect(await seriousFindings(page)).toEqual([])
  const theirs = customer.page
  await theirs.goto('/access/staff')
  await theirs.getByRole('link', { name: 'What they read' }).click()
  await theirs.getByRole('cell', { name: 'member.list' }).first().waitFor()
  expect(await seriousFindings(theirs)).toEqual([])
})

it('one click ends it; staff are told and go back', async () => {
  await customer.page.goto('/')
  await banner(customer.page).getByRole('button', { name: 'End now' }).click()
  await banner(customer.page).waitFor({ state: 'detached' })
  const { page } = staff
  await page.goto('/policies')
  await page.getByRole('heading', { name: 'Your access has ended' }).waitFor()
  expect(await seriousFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Leave' }).click()
  await page.getByRole('heading', { level: 1, name: 'Customers’ data' }).waitFor()
  await page.getByRole('cell', { name: 'Ended' }).waitFor()
  expect([...staff.complaints, ...customer.complaints]).toEqual([])
})

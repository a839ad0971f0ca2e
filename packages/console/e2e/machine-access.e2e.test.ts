/** A service account that asks for a server, in the console: named in a policy, decided by somebody who holds no secret of it, shown on its own page. */
import { operations, type ServiceAccountId } from '@holdfast/contract'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { beautiful, foundOrganisation, launchBrowser, newVisitor, type Visitor } from './browsing.ts'
import { openMailbox, type Mailbox } from './mailbox.ts'
import { codesOf, enrolAgent } from './managed-host.ts'
import { join } from './people.ts'

let system: RunningSystem
let browser: Browser
let mailbox: Mailbox
let owner: Visitor
let reviewer: Visitor
let reviewerCode: () => string
let key = ''
let accountId: ServiceAccountId
let address = ''
let hostId = ''

const arrange = async () => {
  const { token } = await owner.call(operations.host.register, {
    ...{ name: 'web-1', environment: 'production', address: 'web-1.example.test' },
  })
  const agent = await enrolAgent(browser, system, token)
  await agent.report()
  const { person } = await owner.call(operations.session.current, {})
  const described = { name: 'nightly-deploy', purpose: 'Deploys what was merged', role: 'member' as const, ownerId: person.id }
  const account = await owner.call(operations.serviceAccount.create, described)
  accountId = account.id
  const scopes = ['access:request' as const]
  key = (await owner.call(operations.serviceAccount.createKey, { id: accountId, name: 'pipeline', scopes })).key
  hostId = (await owner.call(operations.host.list, {})).rows[0]?.id ?? ''
}

beforeAll(async () => {
  mailbox = await openMailbox()
  ;[system, browser] = await Promise.all([startSystem({ env: { HOLDFAST_SMTP_URL: mailbox.url } }), launchBrowser()])
  owner = await newVisitor(browser, system)
  await foundOrganisation(owner, system)
  reviewer = await join(owner, browser, system, mailbox, 'reviewer', 'Rita Reviewer')
  reviewerCode = await codesOf(reviewer)
  await arrange()
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
  await mailbox?.close()
})

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor()

it('is named in an access policy, by itself and not by its role', async () => {
  const { page } = owner
  await page.goto('/access/policies/new')
  await heading(page, 'New access policy')
  await page.getByRole('textbox', { name: 'Name' }).fill('Deploys at night')
  for (const [label, text] of [
    ['In the environments', 'production'],
    ['Under the logins', 'deploy'],
  ] as const) {
    await page.getByRole('combobox', { name: label }).fill(text)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Escape')
  }
  for (const role of ['Owner', 'Admin', 'Reviewer', 'Member'])
    await page.getByRole('group', { name: 'Who may ask: roles' }).getByLabel(`Any ${role}`).uncheck()
  const accounts = page.getByRole('combobox', { name: 'And these service accounts' })
  await accounts.click()
  await page.getByRole('option', { name: 'nightly-deploy' }).click()
  await accounts.press('Escape')
  await page.getByText('The service account nightly-deploy may ask to log in as deploy').waitFor()
  await beautiful(owner, 'policy-editor')
  await page.getByRole('button', { name: 'Create' }).click()
  await heading(page, 'Deploys at night')
  await page.getByText('The service account nightly-deploy may ask').waitFor()
})

it('asks by its key; whoever decides sees what it is and who answers for it, and not who holds its secret', async () => {
  const answer = await owner.context.request.post(`${system.url}/api/v1/grants`, {
    headers: { authorization: `Bearer ${key}`, cookie: '' },
    data: { hostId, login: 'deploy', seconds: 900, reason: 'Release 42' },
  })
  const asked = (await answer.json()) as { id: string; serviceAccount: { id: string } }
  expect(asked.serviceAccount.id).toBe(accountId)
  address = `/access/grants/${asked.id}`
  await owner.page.goto(address)
  await heading(owner.page, 'deploy on web-1')
  await owner.page.getByText('but nobody who may hold its secret').waitFor()
  expect(await owner.page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
  const { page } = reviewer
  await page.goto('/access?whose=all')
  await page.getByRole('table').getByText('service account', { exact: true }).waitFor()
  await beautiful(reviewer, 'access')
  await page.goto(address)
  await page.getByText('for which Olga Owner answers').waitFor()
  await beautiful(reviewer, 'to-decide')
  await page.getByRole('textbox', { name: 'Code' }).fill(reviewerCode())
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByText('Access is open').waitFor()
  await beautiful(reviewer, 'grant')
})

it('stands in the way of a change that would end it: how many grants end is said before, and by a policy that is kept none does', async () => {
  const { page } = owner
  await page.goto('/access/policies')
  await page.getByRole('link', { name: 'Deploys at night' }).click()
  await page.getByRole('button', { name: 'Change' }).click()
  await page.getByLabel('For at most').selectOption({ label: '15 min' })
  await page.getByRole('group', { name: 'Who may ask: roles' }).getByLabel('Any Member').check()
  const accounts = page.getByRole('combobox', { name: 'And these service accounts' })
  await accounts.click()
  await page.keyboard.press('Backspace')
  await accounts.press('Escape')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('dialog').getByText('1 running grant ends now').waitFor()
  await beautiful(owner, 'policy-save')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Save' }).waitFor()
  // Retiring it would end the same.
  page.once('dialog', (leaving) => void leaving.accept())
  await page.getByRole('link', { name: 'Cancel' }).click()
  await heading(page, 'Deploys at night')
  await page.getByRole('button', { name: 'Retire' }).click()
  await page.getByRole('dialog').getByText('1 running grant ends now').waitFor()
  await beautiful(owner, 'policy-retire')
  await page.keyboard.press('Escape')
})

it('shows on its own page what it has, which ends with it', async () => {
  const { page } = owner
  await page.goto('/service-accounts')
  await heading(page, 'Service accounts')
  await beautiful(owner, 'service-accounts')
  await page.getByRole('link', { name: 'nightly-deploy' }).click()
  await heading(page, 'nightly-deploy')
  await page.getByRole('link', { name: 'deploy on web-1' }).waitFor()
  await beautiful(owner, 'service-account')
  await page.getByRole('button', { name: 'Disable' }).click()
  await page.getByRole('dialog').getByText('Its access to servers and databases ends now').waitFor()
  await page.getByRole('dialog').getByRole('textbox').fill('nightly-deploy')
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
  await page.getByText('Its key or account ended').waitFor()
  await page.goto(address)
  await page.getByText('Its service account was disabled').waitFor()
  await beautiful(owner, 'ended')
  expect([...owner.complaints, ...reviewer.complaints]).toEqual([])
})

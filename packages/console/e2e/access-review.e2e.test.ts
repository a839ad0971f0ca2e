/** A review of access as an administrator meets it: begun, filtered, decided together and by keyboard, completed, exported. */
import { operations } from '@holdfast/contract'
import { readFile } from 'node:fs/promises'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { beautiful, foundOrganisation, launchBrowser, newVisitor, seriousFindings, type Visitor } from './browsing.ts'
import { openMailbox, type Mailbox } from './mailbox.ts'
import { join } from './people.ts'

let system: RunningSystem
let browser: Browser
let mailbox: Mailbox
let owner: Visitor
let admin: Visitor
let reviewer: Visitor
let member: Visitor

beforeAll(async () => {
  mailbox = await openMailbox()
  ;[system, browser] = await Promise.all([startSystem({ env: { HOLDFAST_SMTP_URL: mailbox.url } }), launchBrowser()])
  owner = await newVisitor(browser, system)
  await foundOrganisation(owner, system)
  admin = await join(owner, browser, system, mailbox, 'admin', 'Ann Admin')
  reviewer = await join(owner, browser, system, mailbox, 'reviewer', 'Rosa Reviewer')
  member = await join(owner, browser, system, mailbox, 'member', 'Max Member')
  await member.call(operations.apiKey.create, { name: 'deploy', role: 'member' })
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
  await mailbox?.close()
})

const why = async ({ page }: Visitor, reason: string, verb: string) => {
  await page.getByLabel('Why').fill(reason)
  await page.getByRole('dialog').getByRole('button', { name: verb, exact: true }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}
it('says what a review is before there is one, and begins with one button', async () => {
  const { page } = owner
  await page.goto('/access-reviews')
  await page.getByText('No review yet').waitFor()
  await beautiful(owner, 'reviews-empty')
  await page.getByRole('button', { name: 'Begin a review' }).click()
  await page.getByRole('heading', { name: 'Access review', exact: true }).waitFor()
  await page.getByRole('table').getByText('Max Member').first().waitFor({ timeout: 20_000 })
  await page.getByText('no second factor').first().waitFor()
  await beautiful(owner, 'review-open')
})

it('a Reviewer reads it and has nothing to press; the Owner’s own is marked as theirs', async () => {
  const { page } = reviewer
  await page.goto('/access-reviews')
  await page
    .getByRole('link')
    .filter({ hasText: /ago|now|second|minute/ })
    .first()
    .click()
  await page.getByRole('table').getByText('Max Member').first().waitFor()
  expect(await page.getByRole('button', { name: 'Keep' }).count()).toBe(0)
  expect(await page.getByRole('checkbox').count()).toBe(0)
  await owner.page.getByText('yours').first().waitFor()
})

it('filters by proposal, kind and person, in the address', async () => {
  const { page } = owner
  await page.getByLabel('Kind').selectOption({ label: 'API key' })
  await page.getByText('deploy').waitFor()
  await expect.poll(() => page.getByRole('table').getByText('Rosa Reviewer').count()).toBe(0)
  expect(page.url()).toContain('kind=api_key')
  await page.getByLabel('Proposal').selectOption({ label: 'Remove' })
  await page.getByText('Nothing like that').waitFor()
  await page.getByRole('button', { name: 'Clear the filters' }).click()
  await page.getByText('Nothing like that').waitFor({ state: 'detached' }) // a filter chosen before would be added to the old ones
  await page.getByLabel('Person').selectOption({ label: 'Max Member' })
  await expect.poll(() => page.getByRole('checkbox').count()).toBe(2)
  await page.getByLabel('Person').selectOption({ label: 'Everybody' })
})

it('removes a key and says which one cannot go', async () => {
  const { page } = owner
  await page.getByRole('checkbox', { name: 'API key: deploy' }).check()
  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  await page.getByRole('dialog').getByText('deploy (api key)').waitFor()
  expect(await seriousFindings(page)).toEqual([])
  await why(owner, 'The pipeline is gone.', 'Remove')
  const { rows } = await member.call(operations.apiKey.list, {})
  expect(rows).toEqual([])
  await admin.page.goto(page.url())
  await admin.page.getByRole('checkbox', { name: 'Member: Olga Owner' }).check()
  await admin.page.getByRole('button', { name: 'Remove', exact: true }).click()
  await admin.page.getByLabel('Why').fill('Try it.')
  await admin.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await admin.page.getByText(/Member, Olga Owner: .*Nothing was decided/).waitFor()
  await admin.page.keyboard.press('Escape')
})

it('what changed since the list was gathered is said, and asked anew', async () => {
  const { page } = owner
  const members = await owner.call(operations.member.list, { search: 'Rosa' })
  await owner.call(operations.member.changeRole, { id: members.rows[0]?.id as never, role: 'viewer' })
  await page.reload()
  await page.getByText('has changed').waitFor()
  expect(await page.getByRole('checkbox', { name: 'Member: Rosa Reviewer' }).isDisabled()).toBe(true)
  await page.getByRole('button', { name: 'Look anew' }).click()
  await page.getByText('has changed').waitFor({ state: 'detached' })
  expect(await page.getByRole('checkbox', { name: 'Member: Rosa Reviewer' }).isDisabled()).toBe(false)
})

it('keeps the rest together, with the keyboard alone', async () => {
  const { page } = owner
  await page.getByRole('button', { name: 'Select all shown' }).focus()
  await page.keyboard.press('Enter')
  await page.getByText(/^\d+ selected/).waitFor()
  await page.getByRole('button', { name: 'Keep', exact: true }).focus()
  await page.keyboard.press('Enter')
  await page.getByLabel('Why').waitFor()
  await page.keyboard.type('All of them are at work.')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await admin.page.reload()
  await admin.page.getByRole('button', { name: 'Select all shown' }).click()
  await admin.page.getByRole('button', { name: 'Keep', exact: true }).click()
  await why(admin, 'She founded it.', 'Keep')
  await admin.page.getByText('All decided', { exact: true }).waitFor()
  await beautiful(admin, 'review-decided')
})

it('is completed, becomes evidence, and is handed to the auditor', async () => {
  const { page } = admin
  await page.getByRole('button', { name: 'Complete the review' }).click()
  await page.getByLabel('What you looked at').fill('Compared with the list of staff.')
  await page.getByRole('dialog').getByRole('button', { name: 'Complete', exact: true }).click()
  await page.getByText('completed', { exact: true }).waitFor()
  expect(await page.getByRole('checkbox').count()).toBe(0)
  await beautiful(admin, 'review-completed')
  const waiting = page.waitForEvent('download')
  await page.getByRole('button', { name: 'CSV' }).click()
  const text = await readFile(await (await waiting).path(), 'utf8')
  expect(text).toContain('"Max Member"')
  expect(text).toMatch(/"api_key","deploy",.*"remove"/)
  await page.goto('/access-reviews')
  await page.getByText('Next review:').waitFor()
  await beautiful(admin, 'reviews')
})

it('emergency keys: who holds one is registered, tried, and ended in the next review, which says that the key is destroyed by hand', async () => {
  const { page } = owner
  await page.goto('/access/break-glass')
  await page.getByText('Nobody is recorded').waitFor()
  await beautiful(owner, 'emergency-keys-empty')
  await page.getByRole('button', { name: 'Register a holder' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Register', exact: true }).click()
  await dialog.getByText('Choose somebody.').waitFor()
  await dialog.getByLabel('Who holds it').selectOption({ label: 'Max Member (member@example.test)' })
  await dialog.getByLabel('Fingerprint').fill(`SHA256:${'a'.repeat(43)}`)
  await dialog.getByLabel('Where it is kept').fill('Safe in room 2.14')
  await beautiful(owner, 'emergency-keys-register')
  await dialog.getByRole('button', { name: 'Register', exact: true }).click()
  await page.getByRole('table').getByText('Max Member').waitFor()
  await page.getByRole('button', { name: 'Tried' }).click()
  await dialog.getByLabel('Where it is kept').fill('Bank')
  await dialog.getByRole('button', { name: 'It works' }).click()
  await page.getByRole('table').getByText('Bank').waitFor()
  await page.getByRole('button', { name: 'End' }).click()
  await dialog.getByText(/break_glass\.krl/).waitFor()
  await beautiful(owner, 'emergency-keys-end')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await beautiful(owner, 'emergency-keys')

  const { rows } = await owner.call(operations.member.list, { search: 'Max' })
  await owner.call(operations.member.remove, { id: rows[0]?.id as never })
  await page.reload()
  await page.getByText('the holder has left').waitFor()
  await page.goto('/access-reviews')
  await page.getByRole('button', { name: 'Begin a review' }).click()
  await page.getByLabel('Kind').selectOption({ label: 'Emergency key' })
  await page.getByText('nobody answers for it').waitFor({ timeout: 20_000 })
  await page.getByRole('checkbox', { name: /Emergency key: Emergency certificate/ }).check()
  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  await dialog.getByText(/only the record ends/).waitFor()
  await beautiful(owner, 'review-emergency-key')
  await why(owner, 'He left; the key is destroyed.', 'Remove')
  expect((await owner.call(operations.emergencyKey.list, {})).rows).toEqual([])
})

it('no page complained', () => {
  expect([owner, admin, reviewer, member].flatMap(({ complaints }) => complaints)).toEqual([])
})

import { operations } from '@holdfast/contract'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { foundOrganisation, launchBrowser, newVisitor, seriousFindings, type Visitor } from './browsing.ts'
import { openMailbox, type Mailbox } from './mailbox.ts'
import { join } from './people.ts'

let system: RunningSystem
let browser: Browser
let mailbox: Mailbox
let owner: Visitor
let member: Visitor
let reviewer: Visitor
let published: { id: string; policyId: string; sha256: string }

beforeAll(async () => {
  mailbox = await openMailbox()
  ;[system, browser] = await Promise.all([startSystem({ env: { HOLDFAST_SMTP_URL: mailbox.url } }), launchBrowser()])
  owner = await newVisitor(browser, system)
  await foundOrganisation(owner, system)
  member = await join(owner, browser, system, mailbox, 'member', 'Mel Member')
  reviewer = await join(owner, browser, system, mailbox, 'reviewer', 'Rita Reviewer')
  const { policy } = operations
  const { id } = await member.call(policy.create, { title: 'Backups', content: '# Backups\n', reviewEveryDays: 5 })
  const version = await member.call(policy.submit, { id })
  await reviewer.call(policy.approve, { id, sha256: version.sha256 })
  published = await owner.call(policy.publish, { id, acknowledgeWithinDays: 20 })
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
  await mailbox?.close()
})

const table = (page: Page) => page.getByRole('region', { name: 'Obligations, the most urgent first' })
const settled = (page: Page) => page.waitForFunction(() => document.querySelector('.mantine-Skeleton-root') === null)

describe('what is due', () => {
  it('is a table, the most urgent first, for whoever oversees', async () => {
    const { page } = owner
    await page.goto('/due')
    await table(page).getByRole('link', { name: 'Backups, version 1' }).first().waitFor()
    const lines = await table(page).locator('tbody tr').allInnerTexts()
    expect(lines).toHaveLength(4)
    expect(lines[0]).toContain('Review a policy')
    expect(lines[0]).toMatch(/due in \d+ (d|h)/)
    expect(await seriousFindings(page)).toEqual([])
  })

  it('is filtered in the address', async () => {
    const { page } = owner
    await page.getByLabel('Show').selectOption({ label: 'Due within 7 days' })
    await page.waitForURL(/show=due_soon/)
    await expect.poll(() => table(page).locator('tbody tr').count()).toBe(1)
    await page.goto('/due?show=overdue')
    await page.getByText('Nothing is overdue').waitFor()
  })

  it('is one’s own for a Member, and leads to where it is done', async () => {
    const { page } = member
    await page.goto('/due')
    await table(page).getByRole('link', { name: 'Backups, version 1' }).waitFor()
    expect(await table(page).locator('tbody tr').count()).toBe(2) // their review and their acknowledgement
    expect(await page.getByLabel('Who').count()).toBe(0)
    await table(page).getByRole('link', { name: 'Backups, version 1' }).click()
    await page.getByRole('heading', { level: 1, name: 'Backups, version 1' }).waitFor()
    await page.getByText('What comes next').waitFor()
    expect(await page.getByRole('button', { name: 'Set another deadline' }).count()).toBe(0)
    expect(await seriousFindings(page)).toEqual([])
    const address = new URL(page.url()).pathname
    await page.getByRole('button', { name: 'Go and do it' }).click()
    await page.waitForURL(/\/policies\//) // the page before has the same heading
    await page.getByRole('heading', { level: 1, name: 'Backups' }).waitFor()
    await member.call(operations.policy.acknowledge, { id: published.id, sha256: published.sha256 })
    await page.goto(address)
    await page.getByText('Done in time').first().waitFor()
  })

  it('is moved with a reason, and the old deadline stays on record', async () => {
    const { page } = owner
    await page.goto('/due?show=due_soon')
    await table(page).getByRole('link', { name: 'Backups' }).click()
    await page.getByRole('button', { name: 'Stop the clock' }).click()
    await page.getByLabel('Why').fill('The backup system is being replaced.')
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('dialog').getByRole('button', { name: 'Stop the clock' }).click()
    await page.getByText('Paused').first().waitFor()
    await page.getByRole('button', { name: 'Set another deadline' }).click()
    await page.getByLabel('New deadline').fill(`${new Date().getFullYear() + 2}-01-15T10:00`)
    await page.getByLabel('Why').fill('The new system starts in January.')
    await page.getByRole('dialog').getByRole('button', { name: 'Set the deadline' }).click()
    await page.getByText('Took the place of').waitFor()
    await settled(page)
    await page.getByText('The new system starts in January.').first().waitFor()
    await page.getByRole('link', { name: 'the other deadline' }).click()
    await page.getByText('Replaced by').first().waitFor()
    await page.getByText('New deadline').first().waitFor()
  })

  it('counts the organisation’s own working days', async () => {
    const { page } = owner
    await page.goto('/due/calendar')
    await page.getByLabel('Time zone').selectOption('Europe/Vienna')
    await page.getByLabel('Saturday').check()
    await page.getByLabel('Holidays').fill('Christmas')
    await page.getByText('Each line is a date').waitFor()
    await page.getByLabel('Holidays').fill('2026-12-25 Christmas')
    await page.getByRole('button', { name: 'Save the working days' }).click()
    await page.getByText('number 1').waitFor()
    const calendar = await owner.call(operations.obligation.readCalendar, {})
    expect(calendar).toMatchObject({ timeZone: 'Europe/Vienna', weekdays: [1, 2, 3, 4, 5, 6], version: 1 })
  })

  it('no page complained', () => expect([...owner.complaints, ...member.complaints]).toEqual([]))
})

/** The sign-in policy as people meet it: what will happen, to whom; a console that locks; a place from which nobody is let in. */
import { operations } from '@holdfast/contract'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { foundOrganisation, launchBrowser, newVisitor, seriousFindings, type Visitor } from './browsing.ts'
import { openMailbox, type Mailbox } from './mailbox.ts'
import { codesOf } from './managed-host.ts'
import { join } from './people.ts'

let system: RunningSystem
let browser: Browser
let mailbox: Mailbox
let owner: Visitor
let code: () => string
let member: Visitor

beforeAll(async () => {
  mailbox = await openMailbox()
  ;[system, browser] = await Promise.all([startSystem({ env: { HOLDFAST_SMTP_URL: mailbox.url } }), launchBrowser()])
  owner = await newVisitor(browser, system)
  await foundOrganisation(owner, system)
  code = await codesOf(owner, true)
  member = await join(owner, browser, system, mailbox, 'member', 'Mel Member')
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
  await mailbox?.close()
})

it('says what will happen and to whom, then holds at once', async () => {
  const { page } = owner
  await page.goto('/settings/sign-in')
  await page.getByLabel('A session that nobody is at locks').selectOption({ label: '15 min' })
  await page.getByLabel('Every member needs a second factor').check()
  await page.getByRole('button', { name: 'See what will happen' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('1 person (Mel Member) have no second factor').waitFor()
  await dialog.getByText('nobody is at for 15 min locks').waitFor()
  expect(await seriousFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Set it' }).click()
  await dialog.waitFor({ state: 'detached' })
  expect(await owner.call(operations.signInPolicy.read, {})).toMatchObject({ requireMfa: true, lockMinutes: 15 })
  await member.page.goto('/')
  await member.page.getByRole('heading', { name: 'Enrol a second factor' }).waitFor()
})

it('refuses a network that its author is not in, and says so before', async () => {
  const { page } = owner
  await page.goto('/settings/sign-in')
  await page.getByRole('combobox', { name: 'Only from these networks' }).fill('198.51.100.0/24')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'See what will happen' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('which is in none of these networks').waitFor()
  expect(await dialog.getByRole('button', { name: 'Set it' }).isDisabled()).toBe(true)
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  page.once('dialog', (asked) => void asked.accept())
  await page.goto('/members')
})

it('locks by hand; the page is empty, the server refuses, and a code opens it where it was', async () => {
  const { page } = owner
  await page.goto('/members')
  await page.getByText('Mel Member').first().waitFor()
  await page.getByRole('button', { name: /^Account of/ }).click()
  await page.getByRole('menuitem', { name: 'Lock' }).click()
  await page.getByRole('heading', { name: 'Locked' }).waitFor()
  expect(await page.getByText('Mel Member').count()).toBe(0)
  await expect(owner.call(operations.organisation.read, {})).rejects.toThrow('session_locked')
  expect(await seriousFindings(page)).toEqual([])
  await page.getByRole('textbox', { name: 'Code' }).fill(code())
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByText('Mel Member').first().waitFor()
  expect(new URL(page.url()).pathname).toBe('/members')
})

it('locks by itself when no hand was on it, and a hand that comes too late does not keep it open', async () => {
  const { page } = owner
  const lastHand = (minutes: number) =>
    page.evaluate((ago) => localStorage.setItem('holdfast-attended-at', String(Date.now() - ago * 60_000)), minutes)
  await page.goto('/members')
  await page.getByText('Mel Member').first().waitFor()
  await lastHand(14)
  await page.mouse.move(200, 200)
  expect(await page.evaluate(() => Date.now() - Number(localStorage.getItem('holdfast-attended-at')))).toBeLessThan(60_000)
  await lastHand(16)
  await page.mouse.move(240, 240)
  await page.getByRole('heading', { name: 'Locked' }).waitFor()
  await expect(owner.call(operations.organisation.read, {})).rejects.toThrow('session_locked')
  expect(owner.complaints).toEqual([])
})

/** The connection to a customer's directory, in a browser: set-up, a credential, the self-test over HTTPS, a mapping after its preview, the log. */
import { mkdir } from 'node:fs/promises'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAsk } from '../../server/test/http/started.ts'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { foundOrganisation, launchBrowser, newVisitor, seriousFindings, type Visitor } from './browsing.ts'

let system: RunningSystem
let browser: Browser
let owner: Visitor
beforeAll(async () => {
  ;[system, browser] = await Promise.all([startSystem(), launchBrowser()])
  owner = await newVisitor(browser, system)
  owner.context.setDefaultTimeout(15_000)
  await foundOrganisation(owner, system)
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
})

it('goes from nothing to a tested connection whose groups give roles', async () => {
  const { page } = owner
  await page.goto('/settings/directory')
  await page.getByRole('button', { name: 'Set up' }).click()
  await page.getByLabel('Name').fill('Okta')
  await page.getByRole('dialog').getByRole('button', { name: 'Set up' }).click()
  await page.getByText(`${system.url}/scim/v2`, { exact: true }).waitFor()

  await page.getByRole('button', { name: 'New credential …' }).click()
  await page.getByRole('button', { name: 'Make it' }).click()
  const token = await page.locator('code', { hasText: /^hf_dc_/ }).innerText()
  await page.getByRole('button', { name: 'I stored it' }).click()

  await page.getByRole('button', { name: 'Run the test' }).click()
  await page.getByText('Look for them again: gone').waitFor()
  expect(await page.getByText('Passed', { exact: true }).count()).toBe(11)

  const ask = createAsk(system.url, system.ca)
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' }
  const post = (path: string, body: unknown) => ask('POST', `/scim/v2${path}`, { headers, body })
  const { text } = await post('/Users', { userName: 'ada@people.example', displayName: 'Ada Byron', active: true })
  await post('/Groups', { displayName: 'Analysts', members: [{ value: (JSON.parse(text) as { id: string }).id }] })
  expect((await post('/Users', { userName: 'ada@people.example' })).status).toBe(409)

  await page.reload()
  await page.getByRole('cell', { name: 'Ada Byron' }).waitFor()
  await page.getByLabel('Role of Analysts').selectOption('reviewer')
  await page.getByRole('button', { name: 'Preview the change …' }).click()
  await page.getByText('Nobody’s role changes now.').waitFor()
  await page.getByRole('button', { name: 'Apply exactly this' }).click()
  await page.getByText('The roles are applied.').waitFor()
  await page.getByLabel('Only what was refused').check()
  await page
    .getByRole('button', { name: /^Show the request/ })
    .first()
    .click()
  await page.getByRole('dialog').getByText('Refused: user_exists (409)').waitFor()
  await page.keyboard.press('Escape')
  expect(await seriousFindings(page)).toEqual([])
  const shots = process.env['HOLDFAST_SHOTS']
  if (shots !== undefined) {
    await mkdir(shots, { recursive: true })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.waitForTimeout(300)
      await page.screenshot({ path: `${shots}/directory-${colorScheme}.png`, fullPage: true })
    }
    await page.setViewportSize({ width: 360, height: 740 })
    await page.waitForTimeout(300)
    await page.screenshot({ path: `${shots}/directory-phone.png`, fullPage: true })
  }
  expect(owner.complaints).toEqual([])
})

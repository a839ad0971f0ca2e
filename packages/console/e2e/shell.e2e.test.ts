import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { foundOrganisation, launchBrowser, newVisitor, type Visitor } from './browsing.ts'

let system: RunningSystem
let browser: Browser
let owner: Visitor

beforeAll(async () => {
  ;[system, browser] = await Promise.all([startSystem(), launchBrowser()])
  owner = await newVisitor(browser, system)
  await foundOrganisation(owner, system)
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
})

const focusedName = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '')

/** The machinery of menus and tips is fetched when it is first wanted: nobody who uses the keyboard may notice. */
describe('what the frame fetches late', () => {
  it('a menu opens by keyboard the first time, takes the focus, and gives it back', async () => {
    const { page } = owner
    await page.goto('/')
    const account = page.getByRole('button', { name: /^Account of/ })
    await account.focus()
    const name = await focusedName(page)
    expect(await account.getAttribute('aria-haspopup')).toBe('menu')
    expect(await account.getAttribute('aria-expanded')).toBe('false')
    for (const time of ['first', 'second']) {
      await page.keyboard.press('Enter')
      await page.getByRole('menuitem', { name: 'Sessions' }).waitFor()
      expect(await account.getAttribute('aria-expanded'), time).toBe('true')
      await page.waitForFunction(() => document.activeElement?.closest('[role="menu"]') !== null)
      await page.keyboard.press('ArrowDown')
      await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'menuitem')
      await page.keyboard.press('Escape')
      await page.getByRole('menu').waitFor({ state: 'detached' })
      await page.waitForFunction((label) => document.activeElement?.getAttribute('aria-label') === label, name)
    }
  })

  it('a tip shows on keyboard focus, describes its element, and goes on Escape; the element keeps the focus', async () => {
    const { page } = owner
    await page.goto('/ledger/1')
    const time = page.locator('main time').first()
    await time.waitFor()
    await page.keyboard.press('Tab')
    await time.focus()
    const tip = page.getByRole('tooltip')
    await tip.waitFor()
    const id = await time.getAttribute('aria-describedby')
    expect(await page.locator(`[id="${id}"]`).textContent()).toContain('UTC')
    expect(await time.evaluate((node) => document.activeElement === node)).toBe(true)
    await page.keyboard.press('Escape')
    await tip.waitFor({ state: 'detached' })
    expect(await time.getAttribute('aria-describedby')).toBeNull()
    expect(await time.evaluate((node) => document.activeElement === node)).toBe(true)
    await time.blur()
    await time.hover()
    await tip.waitFor()
    await page.mouse.move(0, 0)
    await tip.waitFor({ state: 'detached' })
  })

  it('no page complained', () => {
    expect(owner.complaints).toEqual([])
  })
})

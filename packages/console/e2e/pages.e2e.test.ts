import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { foundOrganisation, launchBrowser, newVisitor, seriousFindings, type Visitor } from './browsing.ts'

let system: RunningSystem
let browser: Browser
let owner: Visitor
let stranger: Visitor

beforeAll(async () => {
  ;[system, browser] = await Promise.all([startSystem(), launchBrowser()])
  ;[owner, stranger] = await Promise.all([newVisitor(browser, system), newVisitor(browser, system)])
  await foundOrganisation(owner, system)
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
})

const inside = [
  '/',
  '/due',
  '/due/calendar',
  '/ledger',
  '/ledger/1',
  '/ledger/verify',
  '/ledger/witnesses',
  '/access-log',
  '/members',
  '/members?do=invite',
  '/members/me',
  '/api-keys',
].concat(
  [
    '/access',
    '/access?do=request',
    '/access?whose=all',
    '/access/policies',
    '/access/policies/new',
    '/access/break-glass',
    '/access/staff',
    '/recordings',
    '/servers',
    '/servers?do=register',
    '/servers/authorities',
    '/databases',
    '/databases?do=register',
    '/access-reviews',
  ],
  [
    '/service-accounts',
    '/service-accounts?do=create',
    '/api-keys?do=create',
    '/policies',
    '/policies/new',
    '/settings/organisation',
    '/settings/sign-in',
    '/settings/account',
    '/settings/account?do=password',
  ],
  [
    '/settings/sessions',
    '/settings/sign-on',
    '/settings/sign-on?do=create',
    '/settings/encryption',
    '/settings/directory',
    '/operator/health',
    '/operator/outbox',
    '/operator/secrets',
    '/operator/organisations',
    '/operator/staff',
    '/operator/staff?do=ask',
    '/cli-login',
  ],
)
const outside = [
  '/sign-in',
  '/reset',
  `/reset/new#${'a'.repeat(43)}`,
  '/setup',
  '/invitation',
  `/recovery/stop#${'a'.repeat(43)}`,
  '/nowhere',
]

const sizes = [
  ['a phone of 360 px', { width: 360, height: 740 }],
  ['200 % zoom on a small laptop', { width: 640, height: 400 }],
] as const

/** Everything about a page that is wrong, with one load of it. */
const faultsOf = async ({ page }: Visitor, path: string): Promise<string[]> => {
  await page.setViewportSize({ width: 1280, height: 900 })
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await page.goto('about:blank') // Another fragment alone would not load the page anew.
  await page.goto(path)
  await page.locator('#page-title').first().waitFor()
  await page.waitForFunction(() => document.querySelector('.mantine-Skeleton-root') === null)
  await page.waitForTimeout(300)
  const faults = (await seriousFindings(page)).map((found) => `light: ${found}`)
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  faults.push(...(await seriousFindings(page, true)).map((found) => `dark: ${found}`))
  for (const [name, size] of sizes) {
    await page.setViewportSize(size)
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (beyond > 0) faults.push(`${name}: scrolls sideways by ${beyond} px`)
  }
  return faults
}

describe('axe finds nothing serious, light and dark, and nothing scrolls sideways, on', () => {
  it.each(inside)('%s', async (path) => expect(await faultsOf(owner, path)).toEqual([]))
  it.each(outside)('%s', async (path) => expect(await faultsOf(stranger, path)).toEqual([]))
})

it('no page complained', () => {
  expect([...owner.complaints, ...stranger.complaints]).toEqual([])
})

/** A real browser on a running system, for the console's end-to-end tests. */
import { existsSync } from 'node:fs'
import AxeBuilder from '@axe-core/playwright'
import { apiBase, operations, requestOf, type InputOf, type Operation, type OutputOf } from '@holdfast/contract'
import { fromBase32, totpAt, totpStep } from '@holdfast/crypto'
import { expect } from 'vitest'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import type { RunningSystem } from '../../server/test/system.ts'

const quiet = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** `HOLDFAST_CHROMIUM`, or where Debian puts it. */
export const launchBrowser = (): Promise<Browser> => {
  const executablePath = [
    process.env['HOLDFAST_CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ].find((path) => path !== undefined && existsSync(path))
  if (!executablePath)
    throw new Error('Chromium is needed for the browser tests: apt-get install chromium, or set HOLDFAST_CHROMIUM.')
  return chromium.launch({ executablePath, args: quiet })
}

/** One person's browser: a page, and calls that share its cookies. */
export interface Visitor {
  context: BrowserContext
  page: Page
  call: <O extends Operation>(operation: O, input: InputOf<O>) => Promise<OutputOf<O>>
  /** What the page complained of: errors of scripts, and of the content security policy. */
  complaints: string[]
}

export const newVisitor = async (browser: Browser, { url }: RunningSystem): Promise<Visitor> => {
  const context = await browser.newContext({ baseURL: url, ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 } })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content.Security.Policy|Uncaught/i.test(message.text())) complaints.push(message.text())
  })
  const call: Visitor['call'] = async <O extends Operation>(operation: O, input: InputOf<O>) => {
    const { method, path, body } = requestOf(operation, input as Record<string, unknown>)
    const headers = { origin: url, 'content-type': 'application/json' }
    const answer = await context.request.fetch(url + path, { method, headers, ...(body !== undefined && { data: body }) })
    if (!answer.ok()) throw new Error(`${operation.name} at ${apiBase}: ${answer.status()} ${await answer.text()}`)
    return (await answer.json()) as OutputOf<O>
  }
  return { context, page, call, complaints }
}

export const password = 'seven lanterns under the bridge'

/** An authenticator app for whoever is signed in; they have just confirmed their second factor then. */
export const enrolFactor = async ({ call }: Pick<Visitor, 'call'>): Promise<string> => {
  const { id, secret } = await call(operations.factor.enrolTotp, { label: 'Phone' })
  const bytes = fromBase32(secret)
  if (!bytes) throw new Error('the server gave no base32 secret')
  await call(operations.factor.confirmTotp, { id, code: totpAt(bytes, totpStep(Date.now())) })
  return secret
}

/** Sets the system up; the visitor is its first Owner, signed in with a second factor. */
export const foundOrganisation = async (
  visitor: Visitor,
  { setupLink }: RunningSystem,
): Promise<{ orgId: string; personId: string }> => {
  const token = setupLink?.split('#')[1]
  if (token === undefined) throw new Error('the system printed no set-up link')
  const email = 'olga@example.test'
  const founded = await visitor.call(operations.setup.complete, {
    token,
    organisation: 'Northwind Hosting',
    name: 'Olga Owner',
    email,
    password,
  })
  await visitor.call(operations.session.signIn, { email, password })
  await enrolFactor(visitor)
  return founded
}

/** What comes or goes gently has done so: half-way, a message has less contrast than it will have. At most two seconds. */
const settled = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    const moving = () => document.getAnimations().some(({ effect }) => effect?.getComputedTiming().endTime !== Infinity)
    const until = performance.now() + 2000
    let still = 0
    while (still < 3 && performance.now() < until) {
      await frame()
      still = moving() ? 0 : still + 1
    }
  })

/** The rules of axe that colours decide. All others find the same in the dark as in the light, and take most of the time. */
const rulesOfColour = ['color-contrast', 'link-in-text-block']

/**
 * What axe finds serious or worse on the page as it stands once nothing moves. `colours`: by the rules that look at colours only, for a
 * page that was judged by all of them in other colours.
 */
export const seriousFindings = async (page: Page, colours = false): Promise<string[]> => {
  await settled(page)
  // "Legacy" joins the results in the page itself: a second page for frames of other origins, of which there are none, takes a third longer.
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .options({ resultTypes: ['violations'], ...(colours && { runOnly: rulesOfColour }) })
    .analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}

/** Light, dark and on a phone: no serious finding, nothing wider than the screen; a picture of each where `HOLDFAST_SCREENSHOTS` says where to. */
export const beautiful = async ({ page }: Visitor, name: string): Promise<void> => {
  const to = process.env['HOLDFAST_SCREENSHOTS']
  for (const [scheme, width] of [
    ['light', 1280],
    ['dark', 1280],
    ['light', 360],
  ] as const) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    await page.waitForTimeout(200)
    expect(await seriousFindings(page, scheme === 'dark'), `${name}, ${scheme}, ${width} px`).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), name).toBeLessThanOrEqual(0)
    if (to) await page.screenshot({ path: `${to}/${name}-${scheme}-${width}.png`, fullPage: true })
  }
  await page.setViewportSize({ width: 1280, height: 900 })
  await page.emulateMedia({ colorScheme: 'light' })
}

import { operations } from '@holdfast/contract'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { launchBrowser, newVisitor, type Visitor } from './browsing.ts'
import { enrolByHand, heading, linkTo, signInByHand, type Enrolled } from './identity-steps.ts'
import { openMailbox, type Mailbox } from './mailbox.ts'

const owner = { name: 'Olga Owner', email: 'olga@example.test', password: 'quiet otter paints slowly' }
const viewer = { name: 'Vera Viewer', email: 'vera@example.test', password: 'brass kettle sings at noon' }

let system: RunningSystem
let browser: Browser
let mailbox: Mailbox
let ours: Visitor
let theirs: Visitor
let factor: Enrolled

beforeAll(async () => {
  mailbox = await openMailbox()
  ;[system, browser] = await Promise.all([startSystem({ env: { HOLDFAST_SMTP_URL: mailbox.url } }), launchBrowser()])
  ;[ours, theirs] = await Promise.all([newVisitor(browser, system), newVisitor(browser, system)])
  for (const { context } of [ours, theirs]) context.setDefaultTimeout(15_000)
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
  await mailbox?.close()
})

/** Signs the owner in on another device. */
const signInElsewhere = async (): Promise<Visitor> => {
  const visitor = await newVisitor(browser, system)
  await visitor.page.goto('/sign-in')
  await signInByHand(visitor.page, owner.email, owner.password)
  await visitor.page.getByLabel('Code').fill(await factor.code())
  await visitor.page.getByRole('button', { name: 'Confirm' }).click()
  await heading(visitor.page, 'Now').waitFor()
  return visitor
}

describe('people and their sessions', () => {
  it('the set-up link leads to the first Owner, who must enrol a second factor', async () => {
    const { page } = ours
    await page.goto('/')
    await heading(page, 'Holdfast waits for its first Owner').waitFor()
    await page.goto(system.setupLink ?? '')
    await page.getByLabel('Organisation').fill('Northwind Hosting')
    await page.getByLabel('Your name').fill(owner.name)
    await page.getByLabel('E-mail address').fill(owner.email)
    await page.getByRole('textbox', { name: 'Password' }).fill('short')
    await page.getByRole('button', { name: 'Create the organisation' }).click()
    await page.getByText('At least 12 characters.', { exact: true }).waitFor()
    await page.getByRole('textbox', { name: 'Password' }).fill(owner.password)
    await page.getByRole('button', { name: 'Create the organisation' }).click()
    await Promise.race([heading(page, 'Enrol a second factor').waitFor(), heading(page, 'Sign in').waitFor()])
    if (await heading(page, 'Sign in').isVisible()) await signInByHand(page, owner.email, owner.password)
    await heading(page, 'Enrol a second factor').waitFor()
    await page.goto('/members')
    await heading(page, 'Enrol a second factor').waitFor() // nothing else opens (C2)
    factor = await enrolByHand(page)
    expect(factor.recoveryCodes.length).toBeGreaterThanOrEqual(8)
    await heading(page, 'Members').waitFor() // where they were going
  })

  it('the set-up link works once', async () => {
    const { page } = await newVisitor(browser, system)
    await page.goto(system.setupLink ?? '')
    await heading(page, 'This installation is set up').waitFor()
    await page.context().close()
  })

  it('a Viewer is invited, joins, and is refused in words and by the server', async () => {
    await ours.page.goto('/members')
    await ours.page.getByRole('button', { name: 'Invite somebody' }).click()
    await ours.page.getByLabel('E-mail address').fill(viewer.email)
    await ours.page.getByRole('dialog').getByRole('combobox', { name: 'Role' }).click()
    await ours.page.getByRole('option', { name: /^Viewer: / }).click()
    await ours.page.getByRole('button', { name: 'Invite', exact: true }).click()
    await ours.page.getByText(/Recorded as #\d+/).waitFor()

    const { page } = theirs
    await page.goto(await linkTo(mailbox, viewer.email, '/invitation'))
    await heading(page, 'Join Northwind Hosting').waitFor()
    await page.getByLabel('Your name').fill(viewer.name)
    await page.getByRole('textbox', { name: 'Password' }).fill(viewer.password)
    await page.getByRole('button', { name: 'Join Northwind Hosting' }).click()
    await Promise.race([heading(page, 'Now').waitFor(), heading(page, 'Sign in').waitFor()])
    if (await heading(page, 'Sign in').isVisible()) await signInByHand(page, viewer.email, viewer.password)
    await heading(page, 'Now').waitFor()

    expect(await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Audit' }).count()).toBe(0)
    await page.goto('/ledger')
    await page.getByText('Your role does not include this').waitFor()
    await page.getByText('ledger:read').waitFor()
    await page.goto('/members')
    await heading(page, 'Members').waitFor()
    expect(await page.getByRole('button', { name: 'Invite somebody' }).count()).toBe(0)
    await expect(theirs.call(operations.invitation.create, { email: 'x@example.test', role: 'viewer' })).rejects.toThrow(
      /403.*forbidden/,
    )
  })

  it('somebody signs in with the keyboard alone', async () => {
    const { context, page } = await newVisitor(browser, system)
    await page.goto('/sign-in')
    await page.getByLabel('E-mail address').waitFor()
    await page.keyboard.type(viewer.email)
    await page.keyboard.press('Enter')
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('password')
    await page.keyboard.type(viewer.password)
    await page.keyboard.press('Enter')
    await heading(page, 'Now').waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('m')
    await heading(page, 'Members').waitFor()
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('page-title')
    await page.keyboard.press('Control+k')
    await page.getByRole('textbox', { name: 'Go to or do' }).or(page.getByPlaceholder('Go to, do, or an id')).first().waitFor()
    await page.keyboard.type('policies')
    await page.keyboard.press('Enter')
    await heading(page, 'Policies').waitFor()
    await context.close()
  })

  it('a password manager fills both fields at once; only the domain is asked about before the password is sent', async () => {
    const { context, page } = await newVisitor(browser, system)
    const asked: string[] = []
    page.on('request', (request) => void (request.url().includes('/session/discover') && asked.push(request.url())))
    await page.goto('/policies')
    await page.getByLabel('E-mail address').fill(viewer.email)
    const secret = page.locator('input[autocomplete="current-password"]')
    expect(await page.getByRole('textbox', { name: 'Password' }).count()).toBe(0) // nobody sees it yet
    await secret.fill(viewer.password)
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await heading(page, 'Policies').waitFor() // where they were going
    expect(asked).toHaveLength(1)
    expect(decodeURIComponent(asked[0] ?? '')).not.toContain(viewer.email.split('@')[0])
    await context.close()
  })

  it('somebody with a slip in the address changes it; one that nobody has is answered like any other', async () => {
    const { context, page } = await newVisitor(browser, system)
    await page.goto('/sign-in')
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await expect.poll(() => page.getByLabel('E-mail address').getAttribute('aria-invalid')).toBe('true')
    await signInByHand(page, 'nobody@example.test', viewer.password)
    await page.getByText('That address and password do not belong together').waitFor()
    await page.getByRole('button', { name: 'Change' }).click()
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('email')
    await signInByHand(page, viewer.email, viewer.password)
    await heading(page, 'Now').waitFor()
    await context.close()
  })

  it('a revoked session is dead within five seconds', async () => {
    const other = await signInElsewhere()
    await ours.page.goto('/settings/sessions')
    await ours.page
      .getByRole('button', { name: /^End the session/ })
      .first()
      .click()
    await ours.page.getByRole('button', { name: 'End session' }).click()
    await ours.page.getByText(/Session ended\. Recorded as #\d+/).waitFor()
    const revoked = Date.now()
    await other.page.goto('/members')
    await heading(other.page, 'Sign in').waitFor({ timeout: 5000 })
    expect(Date.now() - revoked).toBeLessThan(5000)
    await other.context.close()
  })

  it('a risky act asks again who it is, then goes on', async () => {
    const database = await system.database()
    try {
      // As if the last confirmation were ten minutes old. Replication role: the guard would refuse a change without an entry.
      await database.query(`set session_replication_role = replica`)
      await database.query(
        `update session set mfa_at = mfa_at - interval '10 minutes', auth_time = auth_time - interval '10 minutes'`,
      )
    } finally {
      await database.end()
    }
    const { page } = ours
    await page.goto('/settings/organisation')
    await page.getByLabel('Name of the organisation').fill('Northwind')
    await page.getByRole('button', { name: 'Rename' }).click()
    const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' })
    await dialog.getByRole('textbox', { name: 'Code' }).fill('000000')
    await dialog.getByRole('button', { name: 'Confirm' }).click()
    await dialog.getByText('code_refused').waitFor()
    await dialog.getByRole('textbox', { name: 'Code' }).fill(await factor.code())
    await dialog.getByRole('button', { name: 'Confirm' }).click()
    await page.getByText(/Name changed\. Recorded as #\d+/).waitFor()
    await page
      .getByRole('link', { name: /^#\d+$/ })
      .first()
      .click()
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/ledger\/\d+$/)
  })

  it('a forgotten password is reset by mail; every other session ends', async () => {
    const { context, page } = await newVisitor(browser, system)
    await page.goto('/sign-in')
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await heading(page, 'Set a new password').waitFor() // the page before has a field of the same name
    await page.getByLabel('E-mail address').fill(viewer.email)
    await page.getByRole('button', { name: 'Send the link' }).click()
    await heading(page, 'Look at your mail').waitFor()
    await page.goto(await linkTo(mailbox, viewer.email, '/reset/new'))
    viewer.password = 'copper fox reads the map'
    await page.getByRole('textbox', { name: 'New password' }).fill(viewer.password)
    await page.getByRole('button', { name: 'Set the password' }).click()
    await heading(page, 'Your password is set').waitFor()
    await page.getByRole('link', { name: 'Sign in' }).click()
    await signInByHand(page, viewer.email, viewer.password)
    await heading(page, 'Now').waitFor()
    await theirs.page.goto('/members')
    await heading(theirs.page, 'Sign in').waitFor()
    await context.close()
  })

  it('somebody with two organisations switches between them', async () => {
    await ours.call(operations.organisation.create, { name: 'Southwind', ownerEmail: owner.email })
    const { page } = ours
    await page.goto(await linkTo(mailbox, owner.email, '/invitation'))
    await page.getByRole('button', { name: 'Join Southwind' }).click()
    await page.getByRole('button', { name: 'All of it is mine' }).click()
    await page.getByRole('button', { name: /^Organisation: Southwind/ }).waitFor()
    expect(await page.getByRole('link', { name: 'Outbox' }).count()).toBe(0) // not the operator's organisation
    await page.getByRole('button', { name: /^Organisation: Southwind/ }).click()
    await page.getByRole('menuitem', { name: /Northwind/ }).click()
    await page.getByRole('button', { name: /^Organisation: Northwind/ }).waitFor()
    await page.getByRole('link', { name: 'Outbox' }).waitFor()
  })

  it('no page complained', () => {
    expect([...ours.complaints, ...theirs.complaints]).toEqual([])
  })
})

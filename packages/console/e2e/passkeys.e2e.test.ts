/** Passkeys by Chromium's own virtual authenticator (WebAuthn Level 3 §11): the browser and the server, nothing between them replaced. */
import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { launchBrowser, newVisitor, seriousFindings, type Visitor } from './browsing.ts'
import { heading, signInByHand } from './identity-steps.ts'

const owner = { name: 'Olga Owner', email: 'olga@example.test', password: 'quiet otter paints slowly' }

let system: RunningSystem
let browser: Browser
let ours: Visitor
let cdp: CDPSession
let authenticatorId: string

/** An authenticator in the device that recognises its person. */
const plugIn = async (page: Page): Promise<{ cdp: CDPSession; authenticatorId: string }> => {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable', { enableUI: false })
  const added = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  })
  return { cdp: session, authenticatorId: added.authenticatorId }
}

const recognises = (isUserVerified: boolean) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })

/** As if the last confirmation were ten minutes old. */
const tenMinutesLater = async (): Promise<void> => {
  const database = await system.database()
  try {
    await database.query(`set session_replication_role = replica`)
    await database.query(
      `update session set mfa_at = mfa_at - interval '10 minutes', auth_time = auth_time - interval '10 minutes'`,
    )
  } finally {
    await database.end()
  }
}

const signOut = async (): Promise<void> => {
  await ours.context.clearCookies()
  await ours.page.goto('/sign-in')
  await heading(ours.page, 'Sign in').waitFor()
}

beforeAll(async () => {
  ;[system, browser] = await Promise.all([startSystem({}), launchBrowser()])
  ours = await newVisitor(browser, system)
  ours.context.setDefaultTimeout(15_000)
  ;({ cdp, authenticatorId } = await plugIn(ours.page))
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
})

describe('passkeys', () => {
  it('the first Owner enrols a passkey instead of an app, and saves recovery codes', async () => {
    const { page } = ours
    await page.goto(system.setupLink ?? '')
    await page.getByLabel('Organisation').fill('Northwind Hosting')
    await page.getByLabel('Your name').fill(owner.name)
    await page.getByLabel('E-mail address').fill(owner.email)
    await page.getByRole('textbox', { name: 'Password' }).fill(owner.password)
    await page.getByRole('button', { name: 'Create the organisation' }).click()
    await Promise.race([heading(page, 'Enrol a second factor').waitFor(), heading(page, 'Sign in').waitFor()])
    if (await heading(page, 'Sign in').isVisible()) await signInByHand(page, owner.email, owner.password)
    await heading(page, 'Enrol a second factor').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('button', { name: 'Create a passkey' }).click()
    await page.getByLabel('I saved them').check()
    expect(await page.getByRole('button', { name: 'Show the code to scan' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Go on' }).click()
    await heading(page, 'Now').waitFor()
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
    expect(credentials).toHaveLength(1)
    expect(credentials[0]).toMatchObject({ rpId: 'localhost', isResidentCredential: true })
  })

  it('signs in with the passkey alone, without a name or a password', async () => {
    await recognises(false) // so that nothing signs in before the button
    await signOut()
    expect(await seriousFindings(ours.page)).toEqual([])
    await recognises(true)
    await ours.page.getByRole('button', { name: 'Use a passkey' }).click()
    await heading(ours.page, 'Now').waitFor()
  })

  it('is offered in the field for the address; this authenticator says yes at once', async () => {
    await ours.context.clearCookies()
    await ours.page.goto('/sign-in') // which may be over before anybody could look at it
    await heading(ours.page, 'Now').waitFor()
  })

  it('shows it as the second factor after the password', async () => {
    await recognises(false) // so that nothing signs in by itself
    await signOut()
    await signInByHand(ours.page, owner.email, owner.password)
    await heading(ours.page, 'Confirm your second factor').waitFor()
    await ours.page.getByRole('button', { name: 'Use a passkey' }).click()
    await ours.page.getByText('No passkey was used.').waitFor() // its person was not recognised
    expect(await seriousFindings(ours.page)).toEqual([])
    await recognises(true)
    await ours.page.getByRole('button', { name: 'Use a passkey' }).click()
    await heading(ours.page, 'Now').waitFor()
  })

  it('confirms a risky act with it', async () => {
    await tenMinutesLater()
    const { page } = ours
    await page.goto('/settings/organisation')
    await page.getByLabel('Name of the organisation').fill('Northwind')
    await page.getByRole('button', { name: 'Rename' }).click()
    const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' })
    await dialog.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByText(/Name changed\. Recorded as #\d+/).waitFor()
  })

  it('is named anew; the last one of an Owner stays; beside another it may go', async () => {
    const { page } = ours
    await page.goto('/settings/account')
    await page.getByRole('button', { name: 'Rename Passkey' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('Laptop')
    await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click()
    await page.getByRole('cell', { name: 'Laptop', exact: true }).waitFor()
    await page.getByRole('button', { name: 'Remove Laptop' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByText('Enrol another before you remove this one.').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()

    // A second one, on a security key; the device itself knows that it has one already.
    await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'usb', hasResidentKey: true, hasUserVerification: true },
        ...{ isUserVerified: true, automaticPresenceSimulation: true },
      },
    })
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('Security key')
    await page.getByRole('dialog').getByRole('button', { name: 'Create a passkey' }).click()
    await page.getByRole('cell', { name: 'Security key', exact: true }).waitFor()
    await expect.poll(() => seriousFindings(page), { timeout: 10_000 }).toEqual([])
    await page.getByRole('button', { name: 'Remove Laptop' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByText(/Passkey removed\. Recorded as #\d+/).waitFor()
    expect(await page.getByRole('cell', { name: 'Laptop', exact: true }).count()).toBe(0)
  })

  it('no page complained', () => {
    expect(ours.complaints).toEqual([])
  })
})

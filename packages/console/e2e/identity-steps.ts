/** What people do on the pages of sign-in, with their own hands. */
import { fromBase32, totpAt, totpStep } from '@holdfast/crypto'
import type { Page } from 'playwright-core'
import type { Mailbox } from './mailbox.ts'

/** Codes of an authenticator app. Each step is used once, as the server wants; it takes one step ahead, beyond that one waits. */
export const authenticator = (base32: string): (() => Promise<string>) => {
  const secret = fromBase32(base32.replaceAll(/\s/g, ''))
  if (!secret) throw new Error('the page showed no base32 secret')
  let last = 0
  return async () => {
    last = Math.max(totpStep(Date.now()), last + 1)
    while (last > totpStep(Date.now()) + 1) await new Promise((resolve) => setTimeout(resolve, 500))
    return totpAt(secret, last)
  }
}

export interface Enrolled {
  code: () => Promise<string>
  recoveryCodes: string[]
}

/** Goes through the enrolment that the page shows, up to "Go on". */
export const enrolByHand = async (page: Page): Promise<Enrolled> => {
  await page.getByRole('button', { name: 'Show the code to scan' }).click()
  await page.getByAltText(/QR code/).waitFor()
  const code = authenticator(await page.getByText(/^[A-Z2-7]{4}( [A-Z2-7]{1,4})+$/).innerText())
  await page.getByLabel('Code that the app shows now').fill(await code())
  await page.getByRole('button', { name: 'Enrol' }).click()
  await page.getByLabel('I saved them').waitFor()
  const recoveryCodes = await page.locator('ol code').allInnerTexts()
  if (await page.getByRole('button', { name: 'Go on' }).isEnabled()) throw new Error('recovery codes could be left unsaved')
  await page.getByLabel('I saved them').check()
  await page.getByRole('button', { name: 'Go on' }).click()
  return { code, recoveryCodes }
}

export const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name, level: 1 })

/** The first question: who. */
export const sayWho = async (page: Page, email: string): Promise<void> => {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByRole('button', { name: 'Continue', exact: true }).click()
}

export const signInByHand = async (page: Page, email: string, password: string): Promise<void> => {
  await sayWho(page, email)
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** The link in the newest mail to somebody; waits up to 20 s. */
export const linkTo = async (mailbox: Mailbox, address: string, path: string): Promise<string> => {
  const pattern = new RegExp(`https://\\S+${path}#\\S+`)
  for (const until = Date.now() + 20_000; Date.now() < until;) {
    const found = pattern.exec(mailbox.newestTo(address) ?? '')?.[0]
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`no mail to ${address} with a link to ${path}`)
}

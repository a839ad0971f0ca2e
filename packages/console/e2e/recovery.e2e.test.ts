/** A lost second factor as people meet it: asked, confirmed by two, stopped with one click. What a day later follows is tried without a browser. */
import { operations } from '@holdfast/contract'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import {
  beautiful,
  enrolFactor,
  foundOrganisation,
  launchBrowser,
  newVisitor,
  password,
  seriousFindings,
  type Visitor,
} from './browsing.ts'
import { openMailbox, type Mailbox } from './mailbox.ts'
import { signInByHand } from './identity-steps.ts'
import { codesOf } from './managed-host.ts'
import { join } from './people.ts'

let system: RunningSystem
let browser: Browser
let mailbox: Mailbox
let owner: Visitor
let admin: Visitor
let ownerCode: () => string
let adminCode: () => string
let lost: Visitor

beforeAll(async () => {
  mailbox = await openMailbox()
  ;[system, browser] = await Promise.all([startSystem({ env: { HOLDFAST_SMTP_URL: mailbox.url } }), launchBrowser()])
  owner = await newVisitor(browser, system)
  await foundOrganisation(owner, system)
  ownerCode = await codesOf(owner, true)
  admin = await join(owner, browser, system, mailbox, 'admin', 'Ann Admin')
  adminCode = await codesOf(admin, true)
  const member = await join(owner, browser, system, mailbox, 'member', 'Lou Loser')
  await enrolFactor(member)
  lost = await newVisitor(browser, system)
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
  await mailbox?.close()
})

const confirm = async ({ page }: Visitor, code: string) => {
  await page.getByRole('textbox', { name: 'Code' }).fill(code)
  await page.getByRole('button', { name: 'It is them' }).click()
}

it('is asked for after the password, where the factor is wanted', async () => {
  const { page } = lost
  await page.goto('/sign-in')
  await signInByHand(page, 'member@example.test', password)
  await page.getByRole('button', { name: 'I have lost my second factor' }).click()
  await page.getByLabel('What happened').fill('My phone fell into the harbour')
  await beautiful(lost, 'recovery-asking')
  await page.getByRole('button', { name: 'Ask them' }).click()
  await page.getByText('Nobody has confirmed yet').waitFor()
  await beautiful(lost, 'recovery-asked')
})

it('two managers confirm, each by a code; the second starts the day', async () => {
  await admin.page.goto('/members')
  await admin.page.getByRole('region', { name: 'Lost second factors' }).waitFor()
  await beautiful(admin, 'recoveries')
  await admin.page.getByRole('region', { name: 'Lost second factors' }).getByRole('link', { name: 'Lou Loser' }).click()
  await admin.page.getByText('My phone fell into the harbour').waitFor()
  await beautiful(admin, 'recovery')
  const timeline = admin.page.getByRole('region', { name: 'Timeline' })
  await timeline.getByText('recovery.asked').waitFor()
  expect(await timeline.getByRole('listitem').count()).toBe(1)
  await confirm(admin, adminCode())
  await admin.page.getByText('Another Owner or Admin must be the second').waitFor()
  await timeline.getByText('recovery.confirmed').waitFor()
  const { rows } = await owner.call(operations.recovery.list, {})
  await owner.page.goto(`/members/recoveries/${rows[0]?.id}`)
  await confirm(owner, ownerCode())
  await owner.page.getByText('Confirmed; can be stopped').waitFor()
  await beautiful(owner, 'recovery-confirmed')
  await lost.page.reload()
  await lost.page.getByRole('button', { name: 'I have lost my second factor' }).click()
  await lost.page.getByText('Two have confirmed').waitFor()
})

it('the person stops it with one click in a mail, in a browser that is signed in nowhere', async () => {
  let token: string | undefined
  for (const end = Date.now() + 20_000; token === undefined && Date.now() < end;) {
    const mail = mailbox.newestTo('member@example.test') ?? ''
    token = mail.includes('two Owners or Admins confirmed') ? /\/recovery\/stop#([\w-]+)/.exec(mail)?.[1] : undefined
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const stranger = await newVisitor(browser, system)
  const { page } = stranger
  await page.goto(`/recovery/stop#${token}`)
  await page.getByRole('button', { name: 'Stop it' }).waitFor()
  await beautiful(stranger, 'recovery-stop')
  await page.getByRole('button', { name: 'Stop it' }).click()
  await page.getByRole('heading', { name: 'It is stopped' }).waitFor()
  expect(await seriousFindings(page)).toEqual([])
  const { rows } = await owner.call(operations.recovery.list, {})
  expect(rows[0]).toMatchObject({ state: 'stopped' })
})

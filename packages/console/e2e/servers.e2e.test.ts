import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { foundOrganisation, launchBrowser, newVisitor, seriousFindings, type Visitor } from './browsing.ts'
import { openMailbox, type Mailbox } from './mailbox.ts'
import { enrolAgent, type Agent } from './managed-host.ts'
import { join } from './people.ts'

let system: RunningSystem
let browser: Browser
let mailbox: Mailbox
let owner: Visitor
let member: Visitor
let viewer: Visitor
let agent: Agent

beforeAll(async () => {
  mailbox = await openMailbox()
  ;[system, browser] = await Promise.all([startSystem({ env: { HOLDFAST_SMTP_URL: mailbox.url } }), launchBrowser()])
  owner = await newVisitor(browser, system)
  await foundOrganisation(owner, system)
  member = await join(owner, browser, system, mailbox, 'member', 'Mel Member')
  viewer = await join(owner, browser, system, mailbox, 'viewer', 'Vic Viewer')
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
  await mailbox?.close()
})

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
const dialog = (page: Page) => page.getByRole('dialog')
/** Types a tag into a field of tags. */
const tag = async (page: Page, label: string, text: string) => {
  await page.getByRole('combobox', { name: label }).fill(text)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
}

describe('a server', () => {
  it('is registered; its command is shown once, and it is current as soon as its agent has called', async () => {
    const { page } = owner
    await page.goto('/servers')
    await page.getByText('No servers yet').waitFor()
    await page.getByRole('button', { name: 'Register a server' }).first().click()
    await page.getByLabel('Name').fill('Web 1')
    await page.getByRole('button', { name: 'Register', exact: true }).click()
    await page.getByText('Small letters, digits and hyphens, at most 63.').waitFor()
    await page.getByLabel('Name').fill('web-1')
    await page.getByLabel('Address').fill('web-1.example.test')
    await page.getByLabel('Environment').last().fill('production')
    await page.getByRole('button', { name: 'Register', exact: true }).click()
    await page.getByText('The enrolment command is shown only now').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    const command = await dialog(page).getByText('sudo holdfast agent install').innerText()
    const token = /--token ([A-Za-z0-9_-]{43})/.exec(command)?.[1] ?? ''
    expect(command).toMatch(/--ca-fingerprint [0-9a-f]{64}/)
    await page.getByRole('button', { name: 'I have copied it' }).click()
    await heading(page, 'web-1')
    await page.getByText('Not enrolled').waitFor()
    agent = await enrolAgent(browser, system, token)
    await agent.report()
    await page.getByText('Current', { exact: true }).waitFor()
    await page.getByText('No access policy covers it').waitFor()
    expect(await seriousFindings(page)).toEqual([])
  })

  it('is not registered under a name that is taken, nor by whoever may not', async () => {
    const { page } = owner
    await page.goto('/servers?do=register')
    await page.getByLabel('Name').fill('web-1')
    await page.getByLabel('Address').fill('10.0.0.1')
    await page.getByLabel('Environment').last().fill('staging')
    await page.getByRole('button', { name: 'Register', exact: true }).click()
    await page.getByText('Another server has this name').waitFor()
    await member.page.goto('/servers')
    await member.page.getByRole('link', { name: 'web-1' }).waitFor()
    expect(await member.page.getByRole('button', { name: 'Register a server' }).count()).toBe(0)
  })
})

describe('an access policy', () => {
  it('is refused while it selects nothing, and says in a sentence what it allows', async () => {
    const { page } = owner
    await page.goto('/access/policies')
    await page.getByText('No access policies yet').waitFor()
    await page.getByRole('button', { name: 'New access policy' }).first().click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Production, on call')
    await tag(page, 'Under the logins', 'deploy')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByText('Select something: nothing never means all.').waitFor()
    await tag(page, 'In the environments', 'production')
    await page.getByRole('textbox', { name: 'Ticket' }).fill('OPS-#')
    await page.getByText('may ask to log in as deploy on every server in production, for at most 1 h').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('button', { name: 'Create' }).click()
    await heading(page, 'Production, on call')
    expect(await seriousFindings(page)).toEqual([])
  })

  it('is changed into its next version', async () => {
    const { page } = owner
    await page.getByRole('button', { name: 'Change' }).click()
    await page.getByLabel('For at most').selectOption({ label: '4 h' })
    await page.getByRole('button', { name: 'Save' }).click()
    await dialog(page).getByText('No running grant ends.').waitFor()
    await dialog(page).getByRole('button', { name: 'Save' }).click()
    await heading(page, 'Production, on call')
    await page.getByText('for at most 4 h').waitFor()
  })

  it('is read by everybody, and written by managers alone', async () => {
    await viewer.page.goto('/access/policies')
    await viewer.page.getByRole('link', { name: 'Production, on call' }).click()
    await heading(viewer.page, 'Production, on call')
    expect(await viewer.page.getByRole('button', { name: 'Change' }).count()).toBe(0)
    await viewer.page.goto('/access/policies/new')
    await viewer.page.getByText('access:manage').waitFor()
  })
})

describe('the SSH authorities', () => {
  it('a new one is made; it signs when the server has said that it believes it, and the old one can be retired at once', async () => {
    const { page } = owner
    await page.goto('/servers')
    await page.getByRole('link', { name: 'SSH authorities' }).click()
    await heading(page, 'SSH authorities')
    const people = page.getByRole('region', { name: 'Certificates of people' })
    await people.getByText('Signs', { exact: true }).waitFor()
    await people.getByRole('button', { name: 'Rotate' }).click()
    await dialog(page).getByText('every server is told to believe both').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await dialog(page).getByRole('button', { name: 'Rotate', exact: true }).click()
    await people.getByText('0 of 1 servers believe the new key').waitFor()
    await people.getByRole('list', { name: 'Servers that are not through' }).getByText('web-1').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await agent.report()
    await people.getByText('The new key signs.').waitFor()
    await people.getByRole('button', { name: 'Retire the old key now' }).click()
    await dialog(page).getByLabel('Why').fill('The backup was stolen.')
    await dialog(page).getByRole('button', { name: 'Retire the old key' }).click()
    await people.getByText('Retired', { exact: true }).waitFor()
    await page.getByRole('region', { name: 'Earlier rotations' }).getByText('1 → 2').waitFor()
    expect(await seriousFindings(page)).toEqual([])
  })

  it('are seen by everybody and rotated by managers alone', async () => {
    await viewer.page.goto('/servers/authorities')
    await viewer.page.getByRole('region', { name: 'Certificates of people' }).getByText('Signs', { exact: true }).waitFor()
    expect(await viewer.page.getByRole('button', { name: 'Rotate' }).count()).toBe(0)
  })
})

describe('emergency access', () => {
  it('is listed, owed a review, and reviewed once', async () => {
    await agent.report({ breakGlass: [{ at: new Date().toISOString(), from: '10.1.1.9', keyId: 'break-glass:1' }] })
    const { page } = owner
    await page.goto('/access/break-glass')
    await page.getByRole('link', { name: 'web-1' }).click()
    await page.getByText('Must be reviewed within a day').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await page.getByLabel('What you found').fill('The identity provider was down; the database was restarted.')
    await page.getByRole('button', { name: 'Record the review' }).click()
    await page.getByText('Finding').waitFor()
    expect(await page.getByRole('button', { name: 'Record the review' }).count()).toBe(0)
    await member.page.goto('/access/break-glass')
    await member.page.getByText('access:oversee').waitFor()
  })
})

it('a server is retired by typing its name, with a reason', async () => {
  const { page } = owner
  await page.goto('/servers')
  await page.getByRole('link', { name: 'web-1' }).click()
  await page.getByRole('button', { name: 'More about this server' }).click()
  await page.getByRole('menuitem', { name: 'Retire' }).click()
  await dialog(page).getByLabel('Why').fill('Replaced by web-2.')
  await dialog(page).getByLabel('Type').fill('web-1')
  await dialog(page).getByRole('button', { name: 'Retire' }).click()
  await page.getByText('Retired', { exact: true }).first().waitFor()
  await expect(agent.report()).rejects.toThrow(/401/)
})

it('no page complained', () => expect([owner, member, viewer].flatMap(({ complaints }) => complaints)).toEqual([]))

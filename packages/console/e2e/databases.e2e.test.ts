/** Access to a database in the browser, against a PostgreSQL server of its own: registered, asked for, used, revoked, proved. */
import { operations } from '@holdfast/contract'
import type pg from 'pg'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { maker, startTarget } from '../../server/test/database-target.ts'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { foundOrganisation, launchBrowser, newVisitor, seriousFindings, type Visitor } from './browsing.ts'
import { openMailbox, type Mailbox } from './mailbox.ts'
import { codesOf } from './managed-host.ts'
import { join } from './people.ts'

let target: Awaited<ReturnType<typeof startTarget>>
let system: RunningSystem
let browser: Browser
let mailbox: Mailbox
let owner: Visitor
let member: Visitor
let reviewer: Visitor
let memberCode: () => string
let reviewerCode: () => string
let databasePage = ''
let grantPage = ''
let inside: pg.Client

beforeAll(async () => {
  mailbox = await openMailbox()
  const env = { HOLDFAST_SMTP_URL: mailbox.url, HOLDFAST_DATABASES_INSIDE: 'true' }
  ;[target, system, browser] = await Promise.all([startTarget(), startSystem({ env }), launchBrowser()])
  owner = await newVisitor(browser, system)
  await foundOrganisation(owner, system)
  member = await join(owner, browser, system, mailbox, 'member', 'Mel Member')
  reviewer = await join(owner, browser, system, mailbox, 'reviewer', 'Rita Reviewer')
  memberCode = await codesOf(member)
  reviewerCode = await codesOf(reviewer)
}, 180_000)
afterAll(async () => {
  await browser?.close()
  await system?.remove()
  await target?.close()
  await mailbox?.close()
})

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
const dialog = (page: Page) => page.getByRole('dialog')
/** Into a field for several short values. */
const tag = async (page: Page, label: string, text: string) => {
  await page.getByRole('combobox', { name: label }).fill(text)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
}
const code = (page: Page) => page.getByRole('textbox', { name: 'Code' })

describe('a database', () => {
  it('is registered, after what is wrong has been said', async () => {
    const { page } = owner
    await page.goto('/databases')
    await page.getByText('No databases yet').waitFor()
    await page.getByRole('button', { name: 'Register a database' }).first().click()
    const form = dialog(page)
    await form.getByLabel('Name', { exact: false }).first().fill('shop')
    await form.getByLabel('Address').fill('127.0.0.1')
    await form.getByRole('textbox', { name: 'Port' }).fill(String(target.server.port))
    await form.getByLabel('Database', { exact: false }).last().fill('shop')
    await form.getByLabel('Environment').fill('production')
    await form.getByRole('textbox', { name: 'Profile', exact: true }).fill('readwrite')
    await form.getByLabel('Group role in PostgreSQL').fill('writers')
    await form.getByRole('textbox', { name: 'Administrator' }).fill(maker.administrator)
    await form.getByLabel('Its password').fill('wrong')
    await form.getByLabel('Authority').fill(target.ca)
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('button', { name: 'Register', exact: true }).click()
    await form.getByText('It refuses the administrator’s login or password.').waitFor()
    await form.getByLabel('Its password').fill(maker.password)
    await page.getByRole('button', { name: 'Register', exact: true }).click()
    await heading(page, 'shop')
    databasePage = new URL(page.url()).pathname
    await page.getByText('No access policy covers it').waitFor()
    await page.getByRole('button', { name: 'Try it' }).click()
    await page.getByText('Tried.').waitFor()
    expect(await seriousFindings(page)).toEqual([])
  })

  it('has rules of its own kind', async () => {
    const { page } = owner
    await page.goto('/access/policies/new')
    await page.getByLabel('Name').first().fill('Shop, on call')
    await page.getByText('Databases', { exact: true }).last().click()
    await tag(page, 'With the profiles', 'readwrite')
    await tag(page, 'In the environments', 'production')
    expect(await page.getByText('Only from these networks').count()).toBe(0)
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('button', { name: 'Create' }).click()
    await heading(page, 'Shop, on call')
    await page.getByText('on every database in production').first().waitFor()
  })
})

describe('access to it', () => {
  it('is asked for and approved', async () => {
    const { page } = member
    await page.goto(databasePage)
    await page.getByRole('button', { name: 'Ask for access' }).click()
    await dialog(page).getByLabel('Why').fill('Orders that hang.')
    await dialog(page).getByText('Profile').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await code(page).fill(memberCode())
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await heading(page, 'readwrite on shop')
    grantPage = new URL(page.url()).pathname
    await reviewer.page.goto(grantPage)
    await reviewer.page.getByText('Waits for your answer').waitFor()
    await code(reviewer.page).fill(reviewerCode())
    await reviewer.page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('Access is open').waitFor()
    await page.getByText('holdfast psql shop -l readwrite').waitFor()
  })

  it('is by credentials that are shown once, behind a code, and that work', async () => {
    const { page } = member
    await page.getByRole('button', { name: 'Credentials for another client' }).click()
    await code(page).fill('000000')
    await page.getByRole('button', { name: 'Show credentials' }).click()
    await dialog(page).getByText('That code was not accepted').waitFor()
    await code(page).fill(memberCode())
    await page.getByRole('button', { name: 'Show credentials' }).click()
    await dialog(page).getByText('The database has the role: connect now').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    const text = await dialog(page).innerText()
    const password = /(?<=\n)[\w-]{43}(?=\n)/.exec(text)?.[0] ?? ''
    const user = /postgresql:\/\/([\w]+)@/.exec(text)?.[1] ?? ''
    inside = await target.clientOf(user, password)
    expect((await inside.query('select count(*)::int as n from customer')).rows).toEqual([{ n: 1000 }])
    await page.getByRole('button', { name: 'I have stored it' }).click()
    await page.getByText('In use').waitFor()
    await page.reload()
    await heading(page, 'readwrite on shop')
    expect(await page.content()).not.toContain(password)
    expect(await seriousFindings(page)).toEqual([])
  })

  it('is revoked: the connection is gone, and the page says when each step was proved', async () => {
    const { page } = reviewer
    await page.goto(grantPage)
    await page.getByRole('button', { name: 'Revoke' }).first().click()
    await dialog(page).getByLabel('Why').fill('Enough.')
    await dialog(page).getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('Over, and proved').waitFor()
    await page.getByText('1 connection was cut').waitFor()
    await expect(inside.query('select 1')).rejects.toThrow()
    expect(await seriousFindings(page)).toEqual([])
  })

  it('that cannot be proved ended is said to be so, and stays so when it is given up', async () => {
    const { grant, database } = operations
    const asked = await member.call(grant.request, {
      ...{ login: 'readwrite', seconds: 900, reason: 'Again', code: memberCode() },
      databaseId: databasePage.split('/').at(-1) as never,
    })
    await reviewer.call(grant.approve, { id: asked.id, requestHash: asked.requestHash, code: reviewerCode() })
    await member.call(grant.databaseCredentials, { id: asked.id })
    const { page } = owner
    await page.goto(`/access/grants/${asked.id}`)
    await page.getByText('In use').waitFor()
    await target.root.query(`alter role maker password 'changed'`)
    await owner.call(grant.revoke, { id: asked.id, reason: 'Enough.' })
    await page.getByText('Not over yet').waitFor()
    await page.getByText('It refuses the administrator’s login or password.').first().waitFor()
    await page.getByRole('button', { name: 'It can never be proved' }).click()
    await dialog(page).getByLabel('Why').fill('The machine is gone.')
    await dialog(page).getByRole('button', { name: 'Give up' }).click()
    await page.getByText('Not proved', { exact: true }).waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await page.goto(databasePage)
    await page.getByText('Never proved gone').waitFor()
    await target.root.query(`alter role maker password 'maker-password'`)
    await owner.call(database.retire, { id: databasePage.split('/').at(-1) as never, reason: 'Moved' })
    await page.getByText('Retired').first().waitFor()
  })
})

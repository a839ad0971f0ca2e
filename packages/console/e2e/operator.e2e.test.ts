import { operations } from '@holdfast/contract'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { foundOrganisation, launchBrowser, newVisitor, seriousFindings, type Visitor } from './browsing.ts'

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

describe('the operator’s pages', () => {
  it('say that every part works', async () => {
    const { page } = owner
    await page.goto('/operator/health')
    await page.getByRole('table').waitFor()
    expect(await page.getByText('Works', { exact: true }).count()).toBeGreaterThan(1)
    await page.getByText('MB resident').waitFor()
    expect(await seriousFindings(page)).toEqual([])
  })

  it('create an organisation, whose invitation waits in the outbox with its link', async () => {
    const { page } = owner
    await page.goto('/operator/organisations')
    await page.getByRole('button', { name: 'Create an organisation' }).click()
    await page.getByLabel('Name').fill('Acme GmbH')
    await page.getByLabel('E-mail of its first Owner').fill('anna@acme.example')
    await page.getByRole('button', { name: 'Create and invite' }).click()
    await page.getByRole('cell', { name: 'Acme GmbH' }).waitFor()
    await page.getByRole('dialog').waitFor({ state: 'detached' }) // half-faded text has no contrast
    expect(await seriousFindings(page)).toEqual([])
    await page.goto('/operator/outbox')
    await page
      .getByRole('row', { name: /anna@acme\.example/ })
      .getByRole('link')
      .click()
    await page
      .getByText(/\/invitation#/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Copy the link' }).waitFor()
    expect(await seriousFindings(page)).toEqual([])
  })

  it('rotate a secret after saying what happens', async () => {
    const { page } = owner
    await page.goto('/operator/secrets')
    await page
      .getByRole('button', { name: /^Rotate .*token/i })
      .first()
      .click()
    await page.getByRole('dialog').getByText('Nobody is signed out').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click()
    await page.getByText('Token signing key rotated.').waitFor()
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'Secrets' }).waitFor()
    expect(await seriousFindings(page)).toEqual([])
  })

  it('rotate the organisation’s data key while its data stays readable', async () => {
    const { page } = owner
    await page.goto('/settings/encryption')
    await page.getByRole('button', { name: 'Rotate the data key' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click()
    await page.getByText('New data is sealed with the new key.').waitFor()
    expect((await owner.call(operations.organisation.read, {})).name).toBe('Northwind Hosting')
    expect((await owner.call(operations.session.current, {})).person.name).toBe('Olga Owner')
    expect(await seriousFindings(page)).toEqual([])
  })

  it('add and remove a witness', async () => {
    const { page } = owner
    await page.goto('/ledger/witnesses?do=add')
    await page.getByLabel('Address').fill('auditor@example.org')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('cell', { name: 'auditor@example.org' }).waitFor()
    await page.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await expect.poll(() => page.getByRole('cell', { name: 'auditor@example.org' }).count()).toBe(0)
    expect(owner.complaints).toEqual([])
  })

  it('list who read what', async () => {
    const { page } = owner
    await page.goto('/access-log')
    await page.getByRole('row').nth(1).waitFor()
    expect(await seriousFindings(page)).toEqual([])
  })
})

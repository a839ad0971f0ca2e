/** Single sign-on by hand, with a real OpenID provider: set up, tried out, used, enforced. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { operations } from '@holdfast/contract'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTestCertificate } from '../../server/test/certificate.ts'
import { startNameServer } from '../../server/test/dns.ts'
import { startGenuineProvider } from '../../server/test/genuine-provider.ts'
import { clientId, clientSecret } from '../../server/test/provider.ts'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { foundOrganisation, launchBrowser, newVisitor, password, seriousFindings, type Visitor } from './browsing.ts'
import { heading, sayWho } from './identity-steps.ts'

let directory: string
let names: Awaited<ReturnType<typeof startNameServer>>
let provider: Awaited<ReturnType<typeof startGenuineProvider>>
let system: RunningSystem
let browser: Browser
let ours: Visitor

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-sso-'))
  const { cert, key } = await makeTestCertificate(directory)
  names = await startNameServer()
  const tls = { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') }
  provider = await startGenuineProvider({ tls, redirectUris: ['https://localhost/none'] })
  const env = { HOLDFAST_SSO_INSIDE: 'true', HOLDFAST_SSO_CA: cert, HOLDFAST_DNS_SERVERS: names.address }
  ;[system, browser] = await Promise.all([startSystem({ env }), launchBrowser()])
  ours = await newVisitor(browser, system)
  ours.context.setDefaultTimeout(15_000)
  await foundOrganisation(ours, system)
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
  await provider?.close()
  names?.close()
  await rm(directory, { recursive: true })
})

/** At the provider: its own pages, its own form. */
const signInThere = async (page: Page, email: string): Promise<void> => {
  await page.locator('input[name="login"]').fill(email)
  await page.locator('input[name="password"]').fill('anything')
  await page.locator('button[type="submit"]').click()
  await page.getByRole('button', { name: 'Continue' }).click()
}

const faults = async (page: Page): Promise<string[]> => {
  const found = await seriousFindings(page)
  await page.setViewportSize({ width: 360, height: 740 })
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  await page.setViewportSize({ width: 1280, height: 900 })
  return beyond > 0 ? [...found, `scrolls sideways by ${beyond} px`] : found
}

describe('an Owner', () => {
  it('drafts a connection; the provider is asked at once', async () => {
    const { page } = ours
    await page.goto('/settings/sign-on')
    await page.getByText('No connection yet').waitFor()
    expect(await faults(page)).toEqual([])
    await page.getByRole('button', { name: 'Add a connection' }).first().click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Work account')
    await page.getByRole('textbox', { name: 'Issuer' }).fill(`${provider.issuer}/wrong`)
    await page.getByRole('button', { name: 'Ask the provider and add it' }).click()
    await page.getByText('no OpenID provider that can be used').waitFor()
    await page.getByRole('textbox', { name: 'Issuer' }).fill(provider.issuer)
    await page.getByRole('button', { name: 'Ask the provider and add it' }).click()
    await heading(page, 'Work account').waitFor()
    const redirectUri = (await page.locator('dt:has-text("Redirect address") + dd code').textContent()) ?? ''
    expect(redirectUri).toMatch(/^https:\/\/localhost:\d+\/sso\/callback\/co_\w{26}$/)
    provider.register([redirectUri])
  })

  it('enters what the provider gave, and adds and proves the domain', async () => {
    const { page } = ours
    await page.getByLabel('Client id').fill(clientId)
    await page.getByRole('textbox', { name: 'Client secret' }).fill(clientSecret)
    await page.getByLabel('People whom nobody invited').selectOption({ label: 'come in as Member' })
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('One is stored.').waitFor()
    expect(await faults(page)).toEqual([])
    await page.getByRole('link', { name: 'Single sign-on' }).first().click()
    await page.getByLabel('Domain', { exact: true }).fill('example.test')
    await page.getByRole('button', { name: 'Add the domain' }).click()
    await page.getByText('waiting for its record').waitFor()
    await page.getByRole('button', { name: 'Look for the record' }).click()
    await page.getByText('The record is not in the DNS yet').waitFor()
    const { domains } = await ours.call(operations.sso.read, {})
    const record = domains[0]?.record
    names.records.set(record?.name ?? '', [record?.value ?? ''])
    await page.getByRole('button', { name: 'Look for the record' }).click()
    await page.getByText('proved', { exact: true }).waitFor()
    expect(await faults(page)).toEqual([])
  })

  it('tries it out: sees what the provider said, and is still who they were', async () => {
    const { page } = ours
    await page.getByRole('link', { name: 'Work account' }).click()
    await page.getByRole('button', { name: 'Test this connection' }).click()
    await signInThere(page, 'olga@example.test')
    await page.getByText('All that is needed passed').waitFor()
    await page.getByText('What the provider said of you').waitFor()
    expect(await page.getByText('olga@example.test').count()).toBeGreaterThan(0)
    expect(page.url()).not.toContain('code=')
    expect(await faults(page)).toEqual([])
    await page.getByRole('button', { name: 'Back to the connection' }).click()
    await page.getByRole('button', { name: 'Activate' }).click()
    await page.getByText('active', { exact: true }).waitFor()
  })
})

const arriveBySignOn = async (email: string, next = '/'): Promise<Visitor> => {
  const visitor = await newVisitor(browser, system)
  visitor.context.setDefaultTimeout(15_000)
  const { page } = visitor
  await page.goto(next)
  await heading(page, 'Sign in').waitFor()
  await sayWho(page, email)
  await page.getByRole('button', { name: 'Continue to your provider' }).click()
  await signInThere(page, email)
  return visitor
}

describe('people', () => {
  it('sign in with their account at work, and arrive where they were going', async () => {
    const newcomer = await arriveBySignOn('nora@example.test', '/policies')
    await heading(newcomer.page, 'Policies').waitFor()
    const { person, organisation, singleSignOn } = await newcomer.call(operations.session.current, {})
    expect({ person, organisation, singleSignOn }).toMatchObject({
      person: { email: 'nora@example.test' },
      organisation: { role: 'member' },
      singleSignOn: true,
    })
    expect(newcomer.complaints).toEqual([])
    await newcomer.context.close()
  })

  it('an Owner confirms a second factor of their own after it (C2)', async () => {
    const owner = await arriveBySignOn('olga@example.test')
    await heading(owner.page, 'Confirm your second factor').waitFor()
    await owner.context.close()
  })

  it('have their password beside it, and with another domain nothing else', async () => {
    const { page, context } = await newVisitor(browser, system)
    await page.goto('/sign-in')
    await sayWho(page, 'whoever@example.test')
    await page.getByRole('button', { name: 'Continue to your provider' }).waitFor()
    await page.getByRole('textbox', { name: 'Password' }).waitFor()
    expect(await faults(page)).toEqual([])
    await page.getByRole('button', { name: 'Change' }).click()
    await sayWho(page, 'somebody@elsewhere.example')
    await page.getByRole('textbox', { name: 'Password' }).waitFor()
    expect(await page.getByRole('button', { name: 'Continue to your provider' }).count()).toBe(0)
    expect(await faults(page)).toEqual([])
    await context.close()
  })

  it('who follow a link with somebody else’s answer are not signed in', async () => {
    const { page, context } = await newVisitor(browser, system)
    const { connections } = await ours.call(operations.sso.read, {})
    await page.goto(`/sso/callback/${connections[0]?.id}?code=stolen&state=s${'A'.repeat(75)}`)
    await page.getByText('You could not be signed in').waitFor()
    expect(page.url()).not.toContain('stolen')
    expect((await context.cookies()).filter(({ name }) => name === '__Host-at')).toEqual([])
    await context.close()
  })
})

describe('enforced', () => {
  it('a password opens nothing any more, and the page leads to the way that does', async () => {
    const { page } = ours
    const database = await system.database()
    await database.query('set session_replication_role = replica')
    const insert = `insert into passkey (person_id, id, credential_hash, credential_sealed, label_sealed, sign_count, backed_up)
      select id, 'fa_00000000000000000000000000', '\\x00', '\\x00', '\\x00', 0, false from person order by created_at limit 1`
    await database.query(insert)
    await database.end()
    await page.goto('/settings/sign-on')
    await page.getByRole('button', { name: 'Enforce single sign-on' }).click()
    await page.getByRole('button', { name: 'Enforce', exact: true }).click()
    await page.getByText('enforced', { exact: true }).waitFor()
    expect(await faults(page)).toEqual([])
    const nora = await newVisitor(browser, system)
    await nora.page.goto('/sign-in')
    await expect(nora.call(operations.session.signIn, { email: 'olga@example.test', password })).rejects.toThrow(/sso_required/)
    await sayWho(nora.page, 'olga@example.test')
    await nora.page.locator('input[name="login"]').waitFor() // at the provider, without a further question
    expect([...ours.complaints, ...nora.complaints]).toEqual([])
  })
})

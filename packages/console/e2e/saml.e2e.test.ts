/** SAML between the console in a browser, the running system, and a provider that is not ours. */
import { sso } from '@holdfast/contract'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { beautiful, foundOrganisation, launchBrowser, newVisitor, seriousFindings, type Visitor } from './browsing.ts'
import { heading, sayWho } from './identity-steps.ts'
import { personOf, startSamlPeer, type SamlPeer } from './saml-provider.ts'

let system: RunningSystem
let browser: Browser
let owner: Visitor
let peer: SamlPeer
let connectionId = ''

const connection = async () => {
  const { connections } = await owner.call(sso.read, {})
  const found = connections.find(({ id }) => id === connectionId)
  if (!found) throw new Error('the connection is gone')
  return found
}

/** As the record in the DNS would. */
const proveDomain = async (domain: string): Promise<void> => {
  const database = await system.database()
  try {
    await database.query('set session_replication_role = replica')
    await database.query('update sso_domain set proved_at = now(), checked_at = now() where domain = $1', [domain])
  } finally {
    await database.end()
  }
}

/** What our metadata names, as a provider reads it. */
const publishedCertificates = async (): Promise<string[]> => {
  const metadata = await (await owner.context.request.get(`/sso/metadata/${connectionId}`)).text()
  return [...metadata.matchAll(/<ds:X509Certificate>([^<]+)</g)].map(
    ([, text]) => `-----BEGIN CERTIFICATE-----\n${(text ?? '').replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----`,
  )
}

const signIn = async (visitor: Visitor, email: string): Promise<void> => {
  await visitor.page.goto('/sign-in')
  await sayWho(visitor.page, email)
  await visitor.page.getByRole('button', { name: 'Continue to your provider' }).click()
}

beforeAll(async () => {
  ;[system, browser, peer] = await Promise.all([startSystem({}), launchBrowser(), startSamlPeer(personOf('nora@corp.example'))])
  owner = await newVisitor(browser, system)
  owner.context.setDefaultTimeout(20_000)
  await foundOrganisation(owner, system)
})
afterAll(async () => {
  await browser?.close()
  await peer?.close()
  await system?.remove()
})

describe('a SAML connection', () => {
  it('is added, shows what to enter at the provider, and learns of the provider by its metadata', async () => {
    const { page } = owner
    await page.goto('/settings/sign-on')
    await page
      .getByRole('button', { name: /Add a connection/ })
      .first()
      .click()
    await page.getByLabel('Name').fill('Corp directory')
    await page.getByLabel('It speaks').selectOption('saml')
    await page.getByRole('button', { name: 'Add it' }).click()
    await heading(page, 'Corp directory').waitFor()
    connectionId = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    await page.getByText(`${system.url}/sso/callback/${connectionId}`).waitFor()
    await page.getByText(`${system.url}/sso/metadata/${connectionId}`).waitFor()
    await page.getByLabel('Or its text').fill('<html></html>')
    await page.getByRole('button', { name: 'Use this text' }).click()
    await page.getByText(/not the metadata/).waitFor()
    await page.getByLabel('Or its text').fill(peer.metadata)
    await page.getByRole('button', { name: 'Use this text' }).click()
    await page.getByText('urn:samlp').first().waitFor()
    expect(await seriousFindings(page)).toEqual([])
  })

  it('has metadata of ours that the provider checks our requests with', async () => {
    peer.ourCertificates = await publishedCertificates()
    expect(peer.ourCertificates).toHaveLength(1)
  })

  it('explains at a test what failed and what to change, and says when all is well', async () => {
    const { page } = owner
    peer.lies = { audience: 'https://somewhere-else.example' }
    await page.goto(`/settings/sign-on/${connectionId}`)
    await page.getByRole('button', { name: 'Test this connection' }).click()
    await page.getByText('Something that is needed failed').waitFor()
    await page.getByText(/Copy our entity id from this page/).waitFor()
    expect(new URL(page.url()).pathname).toBe(`/sso/callback/${connectionId}`)
    expect(await seriousFindings(page)).toEqual([])
    peer.lies = {}
    await page.getByRole('button', { name: 'Back to the connection' }).click()
    await page.getByRole('button', { name: 'Test this connection' }).click()
    await page.getByText('All that is needed passed').waitFor()
    await page.getByText('id-of-nora').first().waitFor()
    expect(peer.errors).toEqual([])
    expect((await connection()).testedAt).not.toBeNull()
  })

  it('asks for the Name ID format that a provider insists on who checks signed requests, and no other is taken', async () => {
    const { page } = owner
    const unspecified = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'
    const chooses = async (format: string): Promise<void> => {
      await page.goto(`/settings/sign-on/${connectionId}`)
      await page.getByLabel('Name ID format that requests ask for').selectOption(format)
      await page.getByRole('button', { name: 'Save', exact: true }).click()
      await page.getByText('not tested with these settings').waitFor()
      await page.getByRole('button', { name: 'Test this connection' }).click()
    }
    for (const [format, asked] of [
      ['none', ''],
      ['unspecified', unspecified],
    ] as const) {
      await chooses(format)
      await page.getByText('refused', { exact: true }).waitFor()
      expect(peer.errors.splice(0)).toEqual([
        `NameIDPolicy '${asked}' is not the configured Name ID Format '${peer.nameIdFormat}'`,
      ])
    }
    const persistent = peer.nameIdFormat
    peer.nameIdFormat = unspecified
    await chooses('unspecified')
    await page.getByText('All that is needed passed').waitFor()
    // One that sends what is set there, whatever is asked.
    const { ourCertificates } = peer
    peer.ourCertificates = null
    await chooses('persistent')
    await page.getByText(/Set the Name ID format at the provider/).waitFor()
    Object.assign(peer, { nameIdFormat: persistent, ourCertificates })
    await page.goto(`/settings/sign-on/${connectionId}`)
    await page.getByRole('button', { name: 'Test this connection' }).click()
    await page.getByText('All that is needed passed').waitFor()
    expect(peer.errors).toEqual([])
  })

  it('is activated, and signs in whom the provider knows; RelayState leads nowhere', async () => {
    const { page } = owner
    await page.getByRole('button', { name: 'Back to the connection' }).click()
    await page.getByRole('button', { name: 'Activate', exact: true }).click()
    await page.getByRole('button', { name: 'Deactivate' }).waitFor()
    await owner.call(sso.addDomain, { domain: 'corp.example', connectionId: (await connection()).id })
    await proveDomain('corp.example')
    await owner.call(sso.update, { id: (await connection()).id, defaultRole: 'member' })
    peer.lies = { relayState: 'https://evil.example/' }
    const nora = await newVisitor(browser, system)
    await signIn(nora, 'nora@corp.example')
    await heading(nora.page, 'Now').waitFor()
    expect(new URL(nora.page.url()).origin).toBe(system.url)
    const cookies = await nora.context.cookies(system.url)
    expect(cookies.length).toBeGreaterThan(1)
    expect(cookies.every(({ sameSite, secure, httpOnly }) => sameSite === 'Strict' && secure && httpOnly)).toBe(true)
    expect(nora.complaints).toEqual([])
    await nora.context.close()
    // She is known by a persistent name now.
    await page.goto(`/settings/sign-on/${connectionId}`)
    await page.getByLabel('Name ID format that requests ask for').selectOption('unspecified')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText(/People came by names of another format already/).waitFor()
    await beautiful(owner, 'saml-connection')
  })

  it('tells somebody who may not come in no more than that', async () => {
    await owner.call(sso.update, { id: (await connection()).id, defaultRole: null })
    peer.person = personOf('mallory@corp.example', 'Mallory')
    const mallory = await newVisitor(browser, system)
    await signIn(mallory, 'mallory@corp.example')
    await mallory.page.getByText(/could not be signed in/).waitFor()
    expect(await mallory.page.getByText(/invited/).count()).toBe(0)
    await mallory.context.close()
  })

  it('refuses an answer in a browser that did not ask: a stranger’s form signs nobody in', async () => {
    peer.person = personOf('nora@corp.example')
    const attacker = await newVisitor(browser, system)
    let form: { url: string; body: string } | null = null
    await attacker.context.route('**/sso/callback/**', async (route) => {
      const request = route.request()
      if (request.method() !== 'POST') return route.continue()
      form = { url: request.url(), body: request.postData() ?? '' }
      return route.abort()
    })
    await signIn(attacker, 'nora@corp.example')
    await expect.poll(() => form, { timeout: 15_000 }).not.toBeNull()
    const { url, body } = form as unknown as { url: string; body: string }
    const victim = await newVisitor(browser, system)
    const fields = [...new URLSearchParams(body)].map(([name, value]) => `<input name="${name}" value="${value}">`).join('')
    await victim.page.setContent(`<form method="post" action="${url}">${fields}</form>`)
    await victim.page.evaluate(() => document.forms[0]?.submit())
    await victim.page.getByText(/could not be signed in/).waitFor()
    expect(await victim.context.cookies(system.url)).toEqual([])
    await Promise.all([attacker.context.close(), victim.context.close()])
  })
  it('changes its signing key while people sign in, at a provider that insists on signed requests', async () => {
    const { page } = owner
    peer.lies = {}
    peer.errors.length = 0
    const comesIn = async (): Promise<boolean> => {
      const nora = await newVisitor(browser, system)
      await signIn(nora, 'nora@corp.example')
      const inside = await Promise.race([
        heading(nora.page, 'Now')
          .waitFor()
          .then(() => true),
        nora.page
          .getByText('refused', { exact: true })
          .waitFor()
          .then(() => false),
      ])
      await nora.context.close()
      return inside
    }
    const old = await publishedCertificates()
    await page.goto(`/settings/sign-on/${connectionId}`)
    await page.getByRole('button', { name: 'Make a new key' }).click()
    await page.getByText('Switch when your provider has it.').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    const both = await publishedCertificates()
    expect(both).toEqual([old[0], expect.any(String)])
    expect(await comesIn()).toBe(true)

    // A provider that was not told of the new certificate refuses the test, and people come in all the same.
    await page.getByRole('button', { name: 'Test with the new key' }).click()
    await page.getByText('refused', { exact: true }).waitFor()
    expect(await comesIn()).toBe(true)
    expect((await connection()).signing?.other?.testedAt).toBeNull()

    peer.ourCertificates = both
    await page.goto(`/settings/sign-on/${connectionId}`)
    await page.getByRole('button', { name: 'Test with the new key' }).click()
    await page.getByText('All that is needed passed').waitFor()
    await page.getByRole('button', { name: 'Back to the connection' }).click()
    await page.getByText(/answered a test with it/).waitFor()
    await page.getByRole('button', { name: 'Switch to the new key' }).click()
    await page.getByRole('button', { name: 'Switch', exact: true }).click()
    await page.getByText(/Withdraw the old certificate/).waitFor()
    expect(await comesIn()).toBe(true)

    // The old one alone: what a switch too early would have meant. Then the new one alone.
    peer.ourCertificates = old
    expect(await comesIn()).toBe(false)
    peer.ourCertificates = both.slice(1)
    expect(await comesIn()).toBe(true)
    await page.getByRole('button', { name: 'Withdraw the old key' }).click()
    await page.getByRole('button', { name: 'Withdraw', exact: true }).click()
    await page.getByRole('button', { name: 'Make a new key' }).waitFor()
    expect(await publishedCertificates()).toEqual(both.slice(1))
    expect(await comesIn()).toBe(true)
  })
})

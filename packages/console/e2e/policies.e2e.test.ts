import { operations } from '@holdfast/contract'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { foundOrganisation, launchBrowser, newVisitor, seriousFindings, type Visitor } from './browsing.ts'
import { openMailbox, type Mailbox } from './mailbox.ts'
import { join } from './people.ts'

let system: RunningSystem
let browser: Browser
let mailbox: Mailbox
let owner: Visitor
let member: Visitor
let reviewer: Visitor
let viewer: Visitor
/** The page of the policy under test. */
let address = ''

beforeAll(async () => {
  mailbox = await openMailbox()
  ;[system, browser] = await Promise.all([startSystem({ env: { HOLDFAST_SMTP_URL: mailbox.url } }), launchBrowser()])
  owner = await newVisitor(browser, system)
  await foundOrganisation(owner, system)
  member = await join(owner, browser, system, mailbox, 'member', 'Mel Member')
  reviewer = await join(owner, browser, system, mailbox, 'reviewer', 'Rita Reviewer')
  viewer = await join(owner, browser, system, mailbox, 'viewer', 'Vic Viewer')
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
  await mailbox?.close()
})

const text =
  '# Purpose\n\nWho may reach what.\n\n# Rules\n\n- Nobody approves their own request.\n- <script>alert(1)</script> stays text.\n'

/** The smallest thing that a viewer opens: one empty page. */
const smallPdf = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj
trailer<</Root 1 0 R>>
%%EOF
`

describe('a policy, from draft to acknowledgement', () => {
  it('is drafted by a Member, with a preview that runs nothing', async () => {
    const { page } = member
    await page.goto('/policies')
    await page.getByRole('button', { name: 'New policy' }).first().click()
    await page.getByLabel('Title').fill('Access control policy')
    await page.getByRole('textbox', { name: 'Text' }).fill(text)
    const preview = page.getByRole('region', { name: 'Preview' })
    await preview.getByRole('heading', { name: 'Rules' }).waitFor()
    expect(await preview.locator('script').count()).toBe(0)
    expect(await preview.innerText()).toContain('<script>alert(1)</script> stays text.')
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('button', { name: 'Save the draft' }).click()
    await page.getByRole('heading', { level: 1, name: 'Access control policy' }).waitFor()
    address = new URL(page.url()).pathname
    await page.getByRole('button', { name: 'Hand over for review' }).click()
    await page.getByText('waits for approval').first().waitFor()
  })

  it('is refused to a Viewer who would write one', async () => {
    await viewer.page.goto('/policies/new')
    await viewer.page.getByText('Your role does not include this').waitFor()
    await viewer.page.getByText('policy:write').waitFor()
  })

  it('is refused to a Reviewer who wrote it: nobody approves their own text', async () => {
    const { policyId, id } = await reviewer.call(operations.policy.create, { title: 'Clean desks', content: '# Clean\n' })
    await reviewer.call(operations.policy.submit, { id })
    await reviewer.page.goto(`/policies/${policyId}/versions/${id}`)
    await reviewer.page.getByText('You cannot approve this version').waitFor()
    await reviewer.page.getByText('nobody approves their own text').waitFor()
    expect(await reviewer.page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
    const { version } = await reviewer.call(operations.policy.content, { id })
    await expect(reviewer.call(operations.policy.approve, { id, sha256: version.sha256 })).rejects.toThrow(/own_version/)
  })

  it('is sent back once, then read and approved by a Reviewer', async () => {
    const { page } = reviewer
    await page.goto(address)
    await page.getByRole('button', { name: 'Read and decide' }).click()
    await page.getByRole('heading', { name: 'Rules' }).waitFor()
    await page.getByRole('button', { name: 'Ask for changes' }).click()
    await page.getByLabel('What has to change').fill('Say how long access lasts.')
    await page.getByRole('dialog').getByRole('button', { name: 'Ask for changes' }).click()
    await page.getByText('Recorded as').first().waitFor()

    await member.page.goto(address)
    await member.page.getByText('Say how long access lasts.').first().waitFor()
    const again = member.page.getByRole('button', { name: /^(Edit|Draft the next version)$/ })
    await again.first().click()
    await member.page.getByRole('textbox', { name: 'Text' }).fill(`${text}- Access lasts a quarter.\n`)
    await member.page.getByLabel('What changes, and why').fill('How long access lasts')
    await member.page.getByRole('button', { name: 'Save the draft' }).click()
    await member.page.getByText('How long access lasts').first().waitFor()
    await member.page.goto(address)
    await member.page.getByRole('button', { name: 'Hand over for review' }).click()
    await member.page.getByText('waits for approval').first().waitFor()

    await page.goto(address)
    await page.getByRole('button', { name: 'Read and decide' }).click()
    await page.getByText('Access lasts a quarter.').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('approved.').first().waitFor()
  })

  it('is published by the Owner, who is told before whom it asks for what', async () => {
    const { page } = owner
    await page.goto(address)
    await page.getByRole('button', { name: 'Publish' }).click()
    await page.getByRole('dialog').getByText('All 4 members are asked').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click()
    await page.getByText('Published.').first().waitFor()
    await page.getByRole('heading', { name: 'Acknowledgements' }).waitFor()
    await page.getByRole('heading', { name: 'Timeline' }).waitFor()
    await page.getByText('policy.published').first().waitFor()
    expect(await seriousFindings(page)).toEqual([])
  })

  it('is acknowledged by a Viewer, with a signed record', async () => {
    const { page } = viewer
    await page.goto('/policies')
    await page.getByText('One policy waits for you').waitFor()
    await page.goto(address)
    await page.getByRole('button', { name: 'Read and acknowledge' }).click()
    const acknowledge = page.getByRole('button', { name: 'Acknowledge', exact: true })
    expect(await acknowledge.isDisabled()).toBe(true)
    await page.getByRole('checkbox', { name: /I have read version/ }).check()
    await acknowledge.click()
    await page.getByText('You acknowledged this version.').waitFor()
    await owner.page.goto(address)
    await owner.page.getByText('1 of 4 members acknowledged').waitFor()
    await owner.page.getByRole('button', { name: 'Copy the signature' }).first().waitFor()
  })

  it('shows what a next version changes, in colour and in signs', async () => {
    const { page } = member
    await page.goto(address)
    await page.getByRole('button', { name: 'Draft the next version' }).click()
    await page.getByLabel('What changes, and why').fill('Shorter access')
    await page.getByRole('textbox', { name: 'Text' }).fill(`${text}- Access lasts a month.\n`)
    await page.getByRole('button', { name: 'Save the draft' }).click()
    await page.waitForURL(/versions/)
    await page.getByRole('combobox', { name: 'Show changes since' }).selectOption('Version 1 (published)')
    const changes = page.getByRole('region', { name: /^Changes from version/ })
    await changes.getByText('- Access lasts a month.').waitFor()
    expect(await changes.innerText()).toMatch(/\+[\s\S]*Access lasts a month/)
    expect(await changes.innerText()).toMatch(/−[\s\S]*Access lasts a quarter/)
    expect(await seriousFindings(page)).toEqual([])
  })

  it('may be a PDF, chosen or dropped, shown in the browser’s own viewer', async () => {
    const { page } = member
    await page.goto('/policies/new')
    await page.getByLabel('Title').fill('Site plan')
    await page.getByText('PDF', { exact: true }).click()
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'fake.pdf', mimeType: 'application/pdf', buffer: Buffer.from('<html>') })
    await page.getByText('“fake.pdf” is named like a PDF but is none.').waitFor()
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'plan.pdf', mimeType: 'application/pdf', buffer: Buffer.from(smallPdf) })
    await page.getByRole('link', { name: 'Download the PDF' }).waitFor()
    await page.getByRole('button', { name: 'Save the draft' }).click()
    await page.getByRole('link', { name: 'Version 1' }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download the PDF' }).click(),
    ])
    expect(download.suggestedFilename()).toContain('Site plan')
    // Chromium's viewer runs in the frame, and the frame's origin is not ours.
    await expect.poll(() => page.frames().some((frame) => frame.url().startsWith('chrome-extension:'))).toBe(true)
    expect(await page.locator('iframe').getAttribute('src')).toMatch(/^data:application\/pdf;base64,/)
    expect(await page.locator('iframe').evaluate((frame) => (frame as HTMLIFrameElement).contentDocument)).toBeNull()
  })

  it('complains of nothing: no script error, nothing against the content security policy', () => {
    for (const visitor of [owner, member, reviewer, viewer]) expect(visitor.complaints).toEqual([])
  })
})

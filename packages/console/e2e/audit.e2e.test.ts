import { operations } from '@holdfast/contract'
import type pg from 'pg'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { foundOrganisation, launchBrowser, newVisitor, seriousFindings, type Visitor } from './browsing.ts'
import {
  changeOneByte,
  cutAfter,
  entriesOf,
  putBack,
  removeOne,
  restore,
  rewriteFrom,
  swap,
  takeDownFences,
} from './tampering.ts'

let system: RunningSystem
let browser: Browser
let owner: Visitor
let org: string
let database: pg.Client
/** A checkpoint as a witness keeps it. */
let outside = ''

beforeAll(async () => {
  ;[system, browser] = await Promise.all([startSystem(), launchBrowser()])
  owner = await newVisitor(browser, system)
  ;({ orgId: org } = await foundOrganisation(owner, system))
  for (let turn = 0; turn < 12; turn++) await owner.call(operations.account.rename, { name: `Olga Owner the ${turn}.` })
  await owner.call(operations.account.rename, { name: 'Olga Owner' })
  database = await system.database()
})
afterAll(async () => {
  await database?.end()
  await browser?.close()
  await system?.remove()
})

const verify = async ({ page }: Visitor, note?: string): Promise<{ ok: boolean; text: string }> => {
  await page.goto('/ledger/verify')
  if (note) {
    await page.getByLabel('A checkpoint held outside').fill(`Dear witness,\n\nplease keep this:\n\n${note}`)
    await page.getByRole('button', { name: 'Use this checkpoint' }).click()
    await page.getByText('signed by this installation’s key').waitFor()
  }
  await page.getByRole('button', { name: 'Verify in this browser' }).click()
  const verdict = page.locator('[data-ok]')
  await verdict.waitFor({ timeout: 30_000 })
  return { ok: (await verdict.getAttribute('data-ok')) === 'true', text: await verdict.innerText() }
}

describe('the audit page', () => {
  it('lists entries newest first, filters them, and keeps the filters in the URL', async () => {
    const { page } = owner
    await page.goto('/ledger')
    await page.getByText('account.renamed').first().waitFor()
    await page.getByRole('combobox', { name: 'What' }).or(page.getByLabel('What')).first().fill('factor.')
    await page.waitForURL(/action=factor/)
    await page.getByText('factor.enrolled').first().waitFor()
    await expect.poll(() => page.getByText('account.renamed').count()).toBe(0)
    await page.reload()
    await page.getByText('factor.enrolled').first().waitFor()
    expect(await seriousFindings(page)).toEqual([])
  })

  it('shows one entry: who, what changed, the exact text and its neighbours', async () => {
    const { page } = owner
    await page.goto('/ledger?action=account.renamed')
    await page
      .getByRole('link', { name: /^#\d+$/ })
      .first()
      .click()
    await page.getByRole('heading', { name: 'What changed' }).waitFor()
    expect(await page.getByText('sealed', { exact: true }).count()).toBeGreaterThan(0)
    await page.getByText('The exact text that was hashed').waitFor()
    expect(await page.locator('pre').innerText()).toMatch(/"action": ?"account\.renamed"/)
    expect(await page.locator('pre').innerText()).not.toContain('Olga Owner')
    expect(await seriousFindings(page)).toEqual([])
    const before = page.url()
    await page
      .getByRole('button', { name: /^#\d+$/ })
      .first()
      .click()
    await page.waitForURL((url) => url.href !== before)
  })

  it('exports the chain as a file', async () => {
    const { page } = owner
    await page.goto('/ledger')
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export' }).click()])
    expect(download.suggestedFilename()).toMatch(/^ledger-northwind-hosting-\d{4}-\d\d-\d\d\.jsonl$/)
  })
})

describe('verification', () => {
  it('finds the chain whole, in the browser and on the server, and remembers it', async () => {
    const { page } = owner
    await page.goto('/ledger/verify')
    await page.getByText('has not verified this organisation before').waitFor()
    await page.getByRole('button', { name: 'Sign one now' }).first().click()
    const latest = async () =>
      (
        await database.query<{ note: string }>(
          'select note from ledger_checkpoint where org_id = $1 order by size desc limit 1',
          [org],
        )
      ).rows[0]?.note ?? ''
    await expect.poll(latest, { timeout: 20_000 }).toContain(`holdfast/${org}`)
    outside = await latest()
    const { ok, text } = await verify(owner, outside)
    expect(text).toContain('entries are whole')
    expect(text).toContain('agrees')
    expect(ok).toBe(true)
    await page.getByRole('button', { name: 'Verify on the server' }).click()
    await page.getByText('The server finds its chain whole').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await page.reload()
    await page.getByText('This browser has seen').waitFor()
    expect(owner.complaints).toEqual([])
  })

  it('names one changed byte, a removed entry and two swapped ones', async () => {
    await takeDownFences(database)
    const entries = await entriesOf(database, org)
    const [third, fifth, sixth] = [entries[3], entries[5], entries[6]]
    if (!third || !fifth || !sixth) throw new Error('too few entries')

    await changeOneByte(database, org, third)
    expect(await verify(owner)).toMatchObject({ ok: false, text: expect.stringContaining('Entry #3 was changed') as string })
    await restore(database, org, third)

    await removeOne(database, org, fifth)
    expect(await verify(owner)).toMatchObject({ ok: false, text: expect.stringContaining('Entry #5 is missing') as string })
    await putBack(database, org, fifth)

    await swap(database, org, fifth, sixth)
    expect(await verify(owner)).toMatchObject({ ok: false, text: expect.stringContaining('Entry #5 is out of order') as string })
    await owner.page.getByRole('button', { name: 'Verify on the server' }).click()
    await owner.page.getByText('The server finds its chain broken').waitFor()
    await restore(database, org, fifth)
    await restore(database, org, sixth)
    expect(await verify(owner, outside)).toMatchObject({ ok: true, text: expect.stringContaining('entries are whole') as string })
  })

  it('finds a cut end by a checkpoint held outside, and by what this browser saw', async () => {
    const size = Number(outside.split('\n')[1])
    await cutAfter(database, org, size - 4)
    const remembered = await verify(owner)
    expect(remembered.text).toContain(`The end is missing, from entry #`)
    expect(remembered.text).toContain('This browser has seen')
    const stranger = await newVisitor(browser, system)
    await stranger.context.addCookies(await owner.context.cookies())
    expect((await verify(stranger)).ok).toBe(true)
    const held = await verify(stranger, outside)
    expect(held).toMatchObject({ ok: false, text: expect.stringContaining('The end is missing') as string })
    await stranger.context.close()
  })

  it('finds a chain that was written anew as a whole by a checkpoint held outside', async () => {
    await rewriteFrom(database, org, 1)
    const stranger = await newVisitor(browser, system)
    await stranger.context.addCookies(await owner.context.cookies())
    expect((await verify(stranger)).ok).toBe(true)
    // Cut and rewritten: made as long again by going on, so that only the content differs.
    const size = Number(outside.split('\n')[1])
    for (let length = (await entriesOf(database, org)).length; length <= size; length++)
      await owner.call(operations.account.rename, { name: `Olga ${length}` })
    const held = await verify(stranger, outside)
    expect(held).toMatchObject({ ok: false, text: expect.stringContaining('The chain was rewritten') as string })
    expect((await verify(owner)).ok).toBe(false)
    await stranger.context.close()
  })
})

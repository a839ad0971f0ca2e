import { operations } from '@holdfast/contract'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { foundOrganisation, launchBrowser, newVisitor, seriousFindings, type Visitor } from './browsing.ts'
import { openMailbox, type Mailbox } from './mailbox.ts'
import { codesOf, enrolAgent } from './managed-host.ts'
import { join } from './people.ts'
import { recordedBy } from './recorded.ts'

let system: RunningSystem
let browser: Browser
let mailbox: Mailbox
let owner: Visitor
let member: Visitor
let grantId: Awaited<ReturnType<typeof arrange>>['grantId']
let record: ReturnType<typeof recordedBy>
const ids: Record<'terminal' | 'command' | 'transfer' | 'running', string> = {
  terminal: '',
  command: '',
  transfer: '',
  running: '',
}

/** A bastion, a server behind it, and a grant of the member's that runs. */
const arrange = async () => {
  const { host, accessPolicy, grant } = operations
  const edge = { name: 'bastion-1', environment: 'edge', address: 'bastion-1.example.test', recorderLogin: 'recorder' }
  const bastion = await enrolAgent(browser, system, (await owner.call(host.register, edge)).token)
  const web = { name: 'web-1', environment: 'production', address: 'web-1.example.test' }
  const target = await enrolAgent(browser, system, (await owner.call(host.register, web)).token)
  await Promise.all([bastion.report(), target.report()])
  await owner.call(accessPolicy.create, {
    ...{ name: 'Through the bastion', selects: { environments: ['production'] }, logins: ['deploy'], bastionId: bastion.hostId },
    ...{ requesters: { roles: ['member'] }, approvers: { roles: ['owner'] } },
  })
  const [askCode, answerCode] = [await codesOf(member), await codesOf(owner, true)]
  const ask = { hostId: target.hostId, login: 'deploy', seconds: 3600, reason: 'The disk fills up.', code: askCode() }
  const { id, requestHash } = await member.call(grant.request, ask)
  await owner.call(grant.approve, { id, requestHash, code: answerCode() })
  return { bastion, grantId: id }
}

const terminal = [
  [
    [0.4, 'o', '\u001b[1;32mdeploy@web-1\u001b[0m:\u001b[1;34m~\u001b[0m$ '],
    [1.1, 'o', 'df -h /srv\r\n'],
    [
      1.2,
      'o',
      'Filesystem      Size  Used Avail Use% Mounted on\r\n/dev/sda1        50G   \u001b[31m49G\u001b[0m  1.0G  98% /srv\r\n',
    ],
    [1.3, 'o', 'deploy@web-1:~$ '],
  ],
  [
    [40, 'r', '100x30'],
    [41, 'o', 'journalctl --vacuum-size=1G\r\nVacuuming done, freed 12.0G of archived journals\r\n'],
    [42.5, 'o', 'deploy@web-1:~$ exit\r\n'],
  ],
] as const
const mark = (at: number, n: number, more: object) => [at, 'm', JSON.stringify({ n, ...more })] as const

beforeAll(async () => {
  mailbox = await openMailbox()
  ;[system, browser] = await Promise.all([startSystem({ env: { HOLDFAST_SMTP_URL: mailbox.url } }), launchBrowser()])
  owner = await newVisitor(browser, system)
  await foundOrganisation(owner, system)
  member = await join(owner, browser, system, mailbox, 'member', 'Mel Member')
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
  await mailbox?.close()
})

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
const table = (page: Page) => page.getByRole('region', { name: 'Recordings' }).getByRole('table')
/** What the terminal shows, row by row. */
const screenOf = (page: Page) => page.locator('.xterm-rows').innerText()
const shows = (page: Page, text: string) =>
  page.waitForFunction(
    (wanted) => (document.querySelector('.xterm-rows')?.textContent ?? '').replaceAll('\u00a0', ' ').includes(wanted),
    text,
  )

describe('the list', () => {
  it('says what it is for while there is nothing', async () => {
    await owner.page.goto('/recordings')
    await owner.page.getByText('Nothing was recorded yet').waitFor()
    expect(await seriousFindings(owner.page)).toEqual([])
  })

  it('shows what was recorded, by kind, by server, by person, and under one grant', async () => {
    const { bastion, grantId: given } = await arrange()
    grantId = given
    record = recordedBy(bastion)
    const shown = await record(grantId, { columns: 80, lines: 24 }, terminal)
    const facts = { kind: 'command', command: 'systemctl restart app' } as const
    const cut = await record(grantId, facts, [[[0.2, 'o', 'one\ntwo\n']]])
    const files = await record(grantId, { kind: 'transfer', command: 'internal-sftp' }, [
      [mark(0.1, 1, { act: 'write', path: '/srv/app.tar' }), mark(0.9, 1, { result: 'done', bytes: 5_300_000 })],
      [mark(1, 2, { act: 'remove', path: '/srv/old.tar' }), mark(1.1, 2, { result: 'failed', why: 'permission denied' })],
      [mark(2, 3, { act: 'rename', path: '/srv/app.tar', to: '/srv/live.tar' })],
    ])
    await Promise.all([shown.end(), cut.end(3, 'cut_off'), files.end()])
    Object.assign(ids, { terminal: shown.id, command: cut.id, transfer: files.id })
    const { page } = owner
    await page.goto('/recordings')
    await page.getByRole('link', { name: 'systemctl restart app' }).waitFor()
    expect(await table(page).getByRole('row').count()).toBe(4)
    await page.getByLabel('Kind').selectOption({ label: 'File transfer' })
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1)
    await page.getByLabel('State').selectOption({ label: 'Cut off' })
    await page.getByText('No recording matches').waitFor()
    await page.getByRole('link', { name: 'Show all recordings' }).click()
    await page.waitForURL(({ search }) => search === '') // a filter chosen before would be added to the old ones
    await page.getByLabel('Who').selectOption({ label: 'Mel Member' })
    await page.getByLabel('Server').selectOption({ label: 'web-1' })
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 3)
    expect(await seriousFindings(page)).toEqual([])
    await page.goto(`/access/grants/${grantId}`)
    await page.getByRole('region', { name: 'Recordings' }).getByRole('link', { name: 'Terminal' }).click()
    await page.waitForURL(/\/recordings\//) // the page before has the same heading
    await heading(page, 'deploy on web-1')
  })

  it('is nothing for a Member', async () => {
    for (const path of ['/recordings', `/recordings/${ids.terminal}`]) {
      await member.page.goto(path)
      await member.page.getByText('recording:read').waitFor()
    }
    await member.page.goto(`/access/grants/${grantId}`)
    await member.page.getByText('Access is open').waitFor()
    expect(await member.page.getByRole('region', { name: 'Recordings' }).count()).toBe(0)
  })
})

describe('a terminal', () => {
  it('begins with the first that was shown, plays to the end, and is moved by keys and by the slider', async () => {
    const { page } = owner
    await page.goto(`/recordings/${ids.terminal}`)
    await shows(page, 'deploy@web-1:~$')
    expect(await screenOf(page)).not.toContain('Filesystem')
    await page.getByLabel('Speed').selectOption('16')
    await page.getByRole('button', { name: 'Play' }).click()
    await shows(page, 'freed 12.0G')
    await page.getByRole('button', { name: 'Play' }).waitFor() // Over: it plays no more.
    await page.getByText('0:42 / 0:42').waitFor()
    const screen = page.getByRole('img', { name: 'The terminal as it was shown' })
    await screen.focus()
    await page.keyboard.press('Home')
    await page.getByText('0:00 / 0:42').waitFor()
    await page.waitForFunction(() => !(document.querySelector('.xterm-rows')?.textContent ?? '').includes('freed'))
    await page.keyboard.press('ArrowRight')
    await shows(page, '/dev/sda1')
    await page.getByRole('slider', { name: 'Moment' }).focus()
    await page.keyboard.press('End')
    await shows(page, 'freed 12.0G')
    expect(await page.getByRole('slider', { name: 'Moment' }).getAttribute('aria-valuetext')).toBe('42 seconds of 42 seconds')
    expect(await seriousFindings(page)).toEqual([])
  })

  it('is searched, and a line leads to its moment', async () => {
    const { page } = owner
    await page.goto(`/recordings/${ids.terminal}`)
    await page.getByLabel('Search in the session').fill('no such thing')
    await page.getByText('Nothing found').waitFor()
    await page.getByLabel('Search in the session').fill('VACUUMING')
    await page.getByText('1 line found').waitFor()
    await page.getByRole('button', { name: 'Go to 41 seconds' }).click()
    await shows(page, 'freed 12.0G')
    await page.getByText('0:41 / 0:42').waitFor()
  })

  it('is found whole by this browser, by the ledger and by the server', async () => {
    const { page } = owner
    await page.goto(`/recordings/${ids.terminal}`)
    const integrity = page.getByRole('region', { name: 'Integrity' })
    await integrity.getByText('This browser computed the hash of all 2 parts').waitFor()
    await integrity.getByText('of the ledger recorded when that part arrived').waitFor()
    await integrity.getByRole('button', { name: 'Have the server check it too' }).click()
    await integrity.getByText('The server found it whole: 2 parts').waitFor()
  })

  it('that was changed in the database is said to be not whole, by all of them', async () => {
    const { page } = owner
    const database = await system.database()
    await database.query('set session_replication_role = replica')
    await database.query('update recording set head = $2 where id = $1', [ids.command, 'ab'.repeat(32)])
    await database.end()
    await page.goto(`/recordings/${ids.command}`)
    const integrity = page.getByRole('region', { name: 'Integrity' })
    await integrity.getByText('Not whole').waitFor()
    await integrity.getByRole('button', { name: 'Have the server check it too' }).click()
    await integrity.getByText('The server found it not whole').waitFor()
    expect(await seriousFindings(page)).toEqual([])
  })

  it('that runs grows while somebody looks', async () => {
    const { page } = owner
    const running = await record(grantId, {}, [])
    await page.goto(`/recordings/${running.id}`)
    await page.getByText('Nothing was shown yet').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await running.append([[1, 'o', 'first\r\n']])
    await shows(page, 'first')
    await running.append([[2, 'o', 'second\r\n']])
    await page.getByRole('button', { name: 'Go to 2 seconds' }).click()
    await shows(page, 'second')
    await page.getByText('Whole so far').waitFor()
    await running.end()
    await page.getByText('Complete', { exact: true }).first().waitFor()
  })
})

it('a file transfer is a list of files, with what came of each', async () => {
  const { page } = owner
  await page.goto(`/recordings/${ids.transfer}`)
  const files = page.getByRole('region', { name: 'Files' }).first()
  await files.getByText('/srv/app.tar').first().waitFor()
  await files.getByText('5.3 MB').waitFor()
  await files.getByText('failed: permission denied').waitFor()
  await files.getByText('not known').waitFor()
  await files.getByText('/srv/app.tar → /srv/live.tar').waitFor()
  expect(await page.locator('.xterm').count()).toBe(0)
  expect(await seriousFindings(page)).toEqual([])
})

it('nothing scrolls sideways on a phone, and axe finds nothing in the dark', async () => {
  const { page } = owner
  await page.setViewportSize({ width: 360, height: 740 })
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  for (const id of [ids.terminal, ids.transfer]) {
    await page.goto(`/recordings/${id}`)
    await page.getByText('This browser computed').waitFor()
    await page.waitForFunction(() => document.querySelector('.mantine-Skeleton-root') === null)
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    expect(await seriousFindings(page)).toEqual([])
  }
})

it('no page complained', () => expect([owner, member].flatMap(({ complaints }) => complaints)).toEqual([]))

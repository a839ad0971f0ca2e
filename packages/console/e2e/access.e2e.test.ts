import { operations } from '@holdfast/contract'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'
import { beautiful, foundOrganisation, launchBrowser, newVisitor, seriousFindings, type Visitor } from './browsing.ts'
import { openMailbox, type Mailbox } from './mailbox.ts'
import { codesOf, enrolAgent, newSshKey, type Agent } from './managed-host.ts'
import { join } from './people.ts'

let system: RunningSystem
let browser: Browser
let mailbox: Mailbox
let owner: Visitor
let member: Visitor
let reviewer: Visitor
let viewer: Visitor
let memberCode: () => string
let reviewerCode: () => string
let agent: Agent
/** The page of the request, later the grant, under test. */
let address = ''
const sessionId = `ls_${'0'.repeat(25)}1` as const

/** A server with its agent, and a policy by which Members and Reviewers may ask for it. */
const arrange = async () => {
  const { host, accessPolicy } = operations
  const where = { name: 'web-1', environment: 'production', address: 'web-1.example.test' }
  const { token } = await owner.call(host.register, where)
  agent = await enrolAgent(browser, system, token)
  await agent.report()
  await owner.call(accessPolicy.create, {
    name: 'Production, on call',
    selects: { environments: ['production'] },
    logins: ['deploy'],
    requesters: { roles: ['member', 'reviewer'] },
    approvers: { roles: ['owner', 'admin', 'reviewer'] },
    ticketPattern: 'OPS-#',
    maxSeconds: 14_400,
  })
}

beforeAll(async () => {
  mailbox = await openMailbox()
  ;[system, browser] = await Promise.all([startSystem({ env: { HOLDFAST_SMTP_URL: mailbox.url } }), launchBrowser()])
  owner = await newVisitor(browser, system)
  await foundOrganisation(owner, system)
  member = await join(owner, browser, system, mailbox, 'member', 'Mel Member')
  reviewer = await join(owner, browser, system, mailbox, 'reviewer', 'Rita Reviewer')
  viewer = await join(owner, browser, system, mailbox, 'viewer', 'Vic Viewer')
  reviewerCode = await codesOf(reviewer)
  await arrange()
})
afterAll(async () => {
  await browser?.close()
  await system?.remove()
  await mailbox?.close()
})

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
const dialog = (page: Page) => page.getByRole('dialog')
/** Alerts about codes are named after them too. */
const code = (page: Page) => page.getByRole('textbox', { name: 'Code' })

describe('a request', () => {
  it('needs a second factor, and says where to add one', async () => {
    const { page } = member
    await page.goto('/access')
    await page.getByText('You have asked for no access yet').waitFor()
    await page.getByRole('button', { name: 'Ask for access' }).first().click()
    await dialog(page).getByText('You need a second factor for this').waitFor()
    memberCode = await codesOf(member)
  })

  it('is refused without reason, ticket and right code, and then waits', async () => {
    const { page } = member
    await page.goto('/servers')
    await page.getByRole('link', { name: 'web-1' }).click()
    await page.getByRole('button', { name: 'Ask for access' }).click()
    await dialog(page).getByLabel('For how long').selectOption({ label: '30 min' })
    await dialog(page).getByLabel('Ticket').fill('OPS-12')
    await code(page).fill('000000')
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await page.getByText('The policy asks for a reason').waitFor()
    await dialog(page).getByLabel('Why').fill('The disk fills up.')
    await code(page).fill('000001')
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await page.getByText('That code was not accepted').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await code(page).fill(memberCode())
    const told = reviewer.page.waitForResponse((answer) => answer.url().endsWith('/access/news'))
    await reviewer.page.goto('/access')
    expect((await told).status()).toBe(200)
    await reviewer.page.getByText('You have asked for no access yet').waitFor()
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await heading(page, 'deploy on web-1')
    await page.getByText('Waits for one approval').waitFor()
    // Told, and not found by asking every quarter of a minute.
    await reviewer.page.getByText('The disk fills up.').waitFor({ timeout: 4_000 })
    await page.getByText('Who may approve: any Owner, Admin or Reviewer').waitFor()
    address = new URL(page.url()).pathname
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
    expect(await seriousFindings(page)).toEqual([])
  })

  it('is refused a second time while it is open', async () => {
    const { page } = member
    await page.goto('/access?do=request')
    // The only server there is is chosen already.
    await dialog(page).getByLabel('Why').fill('Again.')
    await dialog(page).getByLabel('Ticket').fill('OPS-12')
    await code(page).fill(memberCode())
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await page.getByText('You already have an open request or grant').waitFor()
  })

  it('is nothing for a Viewer', async () => {
    await viewer.page.goto('/access')
    await viewer.page.getByText('access:request').waitFor()
    await viewer.page.goto(address)
    await viewer.page.getByText('access:request').waitFor()
  })

  it('is approved by somebody else, with a code, as exactly what they read; its person sees it live', async () => {
    await member.page.goto(address)
    await member.page.getByText('Waits for one approval').waitFor()
    const { page } = reviewer
    await page.goto('/')
    await page.getByText('Somebody asks for access: The disk fills up.').waitFor()
    await page.goto('/access')
    await page.getByRole('button', { name: 'Decide: deploy on web-1' }).click()
    await page.getByText('Waits for your answer').waitFor()
    await page.getByText('Mel Member asks to log in as deploy on web-1 (production) for 30 min').waitFor()
    await beautiful(reviewer, 'grant-asked')
    expect(await seriousFindings(page)).toEqual([])
    await code(page).fill('000000')
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('That code was not accepted').waitFor()
    await code(page).fill(reviewerCode())
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('Access is open').waitFor()
    await member.page.getByText('Access is open').waitFor()
    await member.page.getByText('holdfast ssh web-1').waitFor()
    await beautiful(member, 'grant-open')
    await member.page
      .getByRole('timer', { name: 'left' })
      .getByText(/^29 min \d\d s$/)
      .waitFor()
    expect(await seriousFindings(member.page)).toEqual([])
  })
})

it('nobody approves their own request', async () => {
  const asked = {
    hostId: agent.hostId,
    login: 'deploy',
    seconds: 600,
    reason: 'For myself.',
    ticket: 'OPS-13',
    code: reviewerCode(),
  }
  const own = await reviewer.call(operations.grant.request, asked)
  await reviewer.page.goto(`/access/grants/${own.id}`)
  await reviewer.page.getByText('Waits for one approval').waitFor()
  expect(await reviewer.page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
  const answer = { id: own.id, requestHash: own.requestHash, code: reviewerCode() }
  await expect(reviewer.call(operations.grant.approve, answer)).rejects.toThrow(/own_request/)
  await reviewer.page.getByRole('button', { name: 'Take the request back' }).click()
  await dialog(reviewer.page).getByRole('button', { name: 'Take it back' }).click()
  await reviewer.page.getByText('Taken back before it was answered').waitFor()
})

describe('a grant', () => {
  it('gives a certificate for one’s own key, and plain ssh a command', async () => {
    const { page } = member
    await page.getByRole('button', { name: 'Use plain ssh instead' }).click()
    await page.getByLabel('Your public key').fill('ssh-ed25519 this is no key, whatever it says it is')
    await page.getByRole('button', { name: 'Get a certificate' }).click()
    // The code of the request counts for five minutes; asked for anew it is entered.
    const refused = page.getByText('That is not a public key that we accept')
    const asked = page.getByText('Use a passkey, or enter a code from your authenticator app, for this.')
    await refused.or(asked).waitFor()
    if (await asked.isVisible()) await code(page).fill(memberCode())
    await page.getByLabel('Your public key').fill(newSshKey())
    await page.getByRole('button', { name: 'Get a certificate' }).click()
    await dialog(page).getByText('-o HostKeyAlias=').waitFor()
    await dialog(page).getByText('ssh-ed25519-cert-v01@openssh.com').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await dialog(page).getByRole('button', { name: 'Close', exact: true }).last().click()
    await page.getByRole('region', { name: 'Certificates' }).getByText('Serial').waitFor()
  })

  it('shows who is logged in, and takes a request for more time that is denied', async () => {
    const { page } = member
    const id = address.split('/').at(-1) as never
    await agent.report({
      sessions: [{ id: sessionId as never, grantId: id, login: 'deploy', startedAt: new Date().toISOString() }],
    })
    await page.getByText('1 session is open.').waitFor()
    await page.getByRole('button', { name: 'Ask for more time' }).click()
    await dialog(page).getByLabel('Why').fill('It takes longer.')
    await code(page).fill(memberCode())
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await heading(page, 'More time: deploy on web-1')
    await reviewer.page.goto(new URL(page.url()).pathname)
    await reviewer.page.getByRole('button', { name: 'Deny' }).click()
    await dialog(reviewer.page).getByLabel('Why').fill('Half an hour was enough yesterday.')
    await dialog(reviewer.page).getByRole('button', { name: 'Deny' }).click()
    await page.getByText('Half an hour was enough yesterday.').first().waitFor()
    expect(await seriousFindings(page)).toEqual([])
  })

  it('is revoked; both see the proof that it ended as it comes in', async () => {
    const { page } = reviewer
    await member.page.goto(address)
    await page.goto(address)
    await page.getByRole('button', { name: 'Revoke' }).click()
    await dialog(page).getByText('The open session on web-1 is closed within a second').waitFor()
    await dialog(page).getByLabel('Why').fill('The disk is fine again.')
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('button', { name: 'Revoke now' }).click()
    await page.getByText('Not over yet').waitFor()
    await page.getByText('1 session not yet reported as ended.').waitFor()
    const at = new Date().toISOString()
    await agent.report({ ended: [{ id: sessionId as never, at, toldAt: at, reason: 'revoked', survivors: 0 }] })
    for (const each of [page, member.page]) {
      await each.getByText('Over, and proved').waitFor()
      await each.getByText('said that it knows, and refuses every further login').waitFor()
      await each.getByText('counted the processes left: none').waitFor()
    }
    await member.page.getByText('The disk is fine again.').first().waitFor()
    expect(await seriousFindings(member.page)).toEqual([])
    await member.page.goto(`${address}?do=certificate`)
    await member.page.getByText('Over, and proved').waitFor()
    expect(await member.page.getByText('holdfast ssh web-1').count()).toBe(0)
  })

  it('is found by overseers, and by nobody else', async () => {
    await owner.page.goto('/access?whose=all&state=ended')
    await owner.page.getByRole('link', { name: 'deploy on web-1' }).waitFor()
    await beautiful(owner, 'access-list')
    await owner.page.getByLabel('Who', { exact: true }).selectOption({ label: 'Mel Member' })
    await owner.page.getByRole('button', { name: 'End all access of this person' }).waitFor()
    expect(await seriousFindings(owner.page)).toEqual([])
  })
})

it('no page complained', () => expect([owner, member, reviewer, viewer].flatMap(({ complaints }) => complaints)).toEqual([]))

/** A real system, a real browser, and people in it. */
import { createHmac } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'
import { startSystem, type RunningSystem } from '../../server/test/system.ts'

/** Debian's Chromium, without calls of its own to the outside. */
export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env['HOLDFAST_CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  })

export interface Mailbox {
  url: string
  /** The newest link of a mail to this address whose path begins so; waits up to 20 s. */
  link: (to: string, path: string) => Promise<string>
  close: () => Promise<void>
}

/** A mail server that keeps what it is sent. */
export const openMailbox = async (): Promise<Mailbox> => {
  const mails: { to: string; text: string }[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        void PostalMime.parse(Buffer.concat(chunks)).then(({ text }) => {
          for (const { address } of session.envelope.rcptTo) mails.push({ to: address, text: text ?? '' })
          done()
        }, done)
      })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  const newest = (to: string, path: string) =>
    mails.findLast((mail) => mail.to === to && mail.text.includes(path))?.text.match(new RegExp(`https://\\S+${path}#\\S+`))?.[0]
  return {
    url: `smtp://127.0.0.1:${port}`,
    link: async (to, path) => {
      const until = Date.now() + 20_000
      for (;;) {
        const found = newest(to, path)
        if (found !== undefined) return found
        if (Date.now() > until) throw new Error(`no mail to ${to} with ${path}; there were ${JSON.stringify(mails)}`)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

const fromBase32 = (text: string): Buffer => {
  const bits = [...text].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** RFC 6238, written again: the test is an authenticator app of its own. Each step is used once, as the server wants. */
export const authenticator = (base32: string): (() => Promise<string>) => {
  const secret = fromBase32(base32.replaceAll(/\s/g, ''))
  let last = 0
  return async () => {
    let step = Math.max(Math.floor(Date.now() / 30_000), last + 1)
    // The server takes one step ahead, for clocks that run fast; beyond that one waits.
    while (step > Math.floor(Date.now() / 30_000) + 1) await new Promise((resolve) => setTimeout(resolve, 500))
    last = step
    const counter = Buffer.alloc(8)
    counter.writeBigUInt64BE(BigInt(step))
    const mac = createHmac('sha1', secret).update(counter).digest()
    const at = (mac[19] ?? 0) & 15
    return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
  }
}

export interface World {
  system: RunningSystem
  browser: Browser
  mailbox: Mailbox
  /** What pages complained of: exceptions and refused content. Expected refusals (HTTP status) are not listed. */
  complaints: string[]
  /** A browser of somebody's own. */
  person: (options?: BrowserContextOptions) => Promise<{ context: BrowserContext; page: Page }>
  close: () => Promise<void>
}

export const startWorld = async (): Promise<World> => {
  const mailbox = await openMailbox()
  const [system, browser] = await Promise.all([startSystem({ env: { HOLDFAST_SMTP_URL: mailbox.url } }), launch()])
  const complaints: string[] = []
  return {
    ...{ system, browser, mailbox, complaints },
    person: async (options = {}) => {
      const context = await browser.newContext({
        ignoreHTTPSErrors: true,
        baseURL: system.url,
        viewport: { width: 1280, height: 800 },
        ...options,
      })
      context.setDefaultTimeout(15_000)
      context.on('weberror', (error) => complaints.push(String(error.error())))
      context.on('console', (message) => {
        if (message.type() === 'error' && !/status of (?:4\d\d|503)/.test(message.text())) complaints.push(message.text())
      })
      return { context, page: await context.newPage() }
    },
    close: async () => {
      await browser.close()
      await system.remove()
      await mailbox.close()
    },
  }
}

export const owner = {
  organisation: 'Northwind Hosting',
  name: 'Ada Byron',
  email: 'ada@example.org',
  password: 'quiet otter paints slowly',
}

export interface Enrolled {
  code: () => Promise<string>
  recoveryCodes: string[]
}

/** Goes through the enrolment that the page shows, up to "Go on". */
export const enrol = async (page: Page): Promise<Enrolled> => {
  await page.getByRole('button', { name: 'Show the code to scan' }).click()
  await page.getByAltText(/QR code/).waitFor()
  const secret = await page.getByText(/^[A-Z2-7]{4}( [A-Z2-7]{1,4})+$/).innerText()
  const code = authenticator(secret)
  await page.getByLabel('Code that the app shows now').fill(await code())
  await page.getByRole('button', { name: 'Enrol' }).click()
  await page.getByText('shown only now').waitFor()
  const recoveryCodes = await page.locator('ol code').allInnerTexts()
  await page.getByLabel('I saved them').check()
  await page.getByRole('button', { name: 'Go on' }).click()
  return { code, recoveryCodes }
}

/** First run, as the terminal's link begins it. */
export const setUp = async (world: World, page: Page): Promise<Enrolled> => {
  await page.goto(world.system.setupLink ?? '')
  await page.getByLabel('Organisation').fill(owner.organisation)
  await page.getByLabel('Your name').fill(owner.name)
  await page.getByLabel('E-mail address').fill(owner.email)
  await page.getByLabel('Password', { exact: true }).fill(owner.password)
  await page.getByRole('button', { name: 'Create the organisation' }).click()
  await page.getByRole('heading', { name: 'Enrol a second factor' }).waitFor()
  const enrolled = await enrol(page)
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor()
  return enrolled
}

export const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name, level: 1 })

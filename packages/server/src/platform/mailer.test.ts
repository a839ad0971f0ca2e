import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import PostalMime from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { makeTestCertificate } from '../../test/certificate.ts'
import { createMailer } from './mailer.ts'

let home: string
let tls: { cert: string; key: string; ca: string }
const servers: SMTPServer[] = []
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-mail-'))
  tls = await makeTestCertificate(home)
})
afterAll(() => rm(home, { recursive: true, force: true }))
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise<void>((resolve) => server.close(() => resolve()))
})

/** A mail server that keeps what it gets. */
const startServer = async (options: SMTPServerOptions = {}, host = '127.0.0.1') => {
  const received: { raw: Buffer; secure: boolean; to: string[] }[] = []
  const server = new SMTPServer({
    authOptional: true,
    cert: await readFile(tls.cert),
    key: await readFile(tls.key),
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        received.push({
          raw: Buffer.concat(parts),
          secure: session.secure,
          to: session.envelope.rcptTo.map(({ address }) => address),
        })
        done()
      })
    },
    ...options,
  })
  server.on('error', () => {})
  servers.push(server)
  server.listen(0, host)
  await once(server.server, 'listening')
  return { received, port: (server.server.address() as AddressInfo).port }
}
const from = 'Holdfast <holdfast@example.test>'
const mail = {
  id: 'ma_1',
  to: 'anna@example.test',
  subject: 'Einladung: Größe & „Zitat“',
  text: 'Hello,\n\nhttps://localhost:8443/invitation#abc\n',
}

test('sends over STARTTLS, one recipient, text as written', async () => {
  const { received, port } = await startServer()
  await createMailer({ url: `smtp://127.0.0.1:${port}`, from, ca: tls.ca }).send(mail)
  const [got] = received
  expect(got).toMatchObject({ secure: true, to: ['anna@example.test'] })
  const parsed = await PostalMime.parse(got?.raw ?? '')
  expect(parsed).toMatchObject({
    subject: mail.subject,
    from: { address: 'holdfast@example.test', name: 'Holdfast' },
    messageId: '<ma_1@holdfast>',
  })
  expect(parsed.text?.trim()).toBe(mail.text.trim())
})

test('logs in with the password of the URL', async () => {
  const { received, port } = await startServer({
    authOptional: false,
    onAuth: ({ username, password }, _, done) =>
      username === 'us er' && password === 'p@ss' ? done(null, { user: 1 }) : done(new Error('no')),
  })
  await createMailer({ url: `smtp://us%20er:p%40ss@127.0.0.1:${port}`, from, ca: tls.ca }).send(mail)
  expect(received).toHaveLength(1)
  await expect(
    createMailer({ url: `smtp://us%20er:wrong@127.0.0.1:${port}`, from, ca: tls.ca }).send(mail),
  ).rejects.toMatchObject({ name: 'MailNotTaken' })
})

test('refuses a server that it cannot verify', async () => {
  const { received, port } = await startServer()
  await expect(createMailer({ url: `smtp://127.0.0.1:${port}`, from }).send(mail)).rejects.toThrow(/did not take it/)
  expect(received).toEqual([])
})

// This machine under an address that others can reach too.
const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address

test.skipIf(outside === undefined)('without TLS nothing leaves, but to this very machine', async () => {
  const { received, port } = await startServer({ disabledCommands: ['STARTTLS'] }, '0.0.0.0')
  await expect(createMailer({ url: `smtp://${outside}:${port}`, from }).send(mail)).rejects.toMatchObject({ reason: 'ETLS' })
  expect(received).toEqual([])
  await createMailer({ url: `smtp://127.0.0.1:${port}`, from }).send(mail)
  expect(received).toHaveLength(1)
})

test('tells a refusal for good from one for now; a new line in an address or subject smuggles nothing in', async () => {
  const refusing = await startServer({
    onRcptTo: (_, __, done) => done(Object.assign(new Error('anna@example.test is unknown'), { responseCode: 550 })),
  })
  await expect(createMailer({ url: `smtp://127.0.0.1:${refusing.port}`, from, ca: tls.ca }).send(mail)).rejects.toMatchObject({
    name: 'MailRefused',
    reply: 550,
  })
  const busy = await startServer({ onRcptTo: (_, __, done) => done(Object.assign(new Error('later'), { responseCode: 451 })) })
  await expect(createMailer({ url: `smtp://127.0.0.1:${busy.port}`, from, ca: tls.ca }).send(mail)).rejects.toMatchObject({
    reason: '451',
  })
  const { received, port } = await startServer()
  const mailer = createMailer({ url: `smtp://127.0.0.1:${port}`, from, ca: tls.ca })
  await mailer.send({ ...mail, subject: 'Hi\r\nBcc: eve@example.test' }).catch(() => undefined)
  await mailer.send({ ...mail, to: 'anna@example.test\r\nRCPT TO:<eve@example.test>' }).catch(() => undefined)
  expect(received.flatMap(({ to }) => to)).not.toContain('eve@example.test')
  for (const { raw } of received) expect((await PostalMime.parse(raw)).bcc ?? []).toEqual([])
})

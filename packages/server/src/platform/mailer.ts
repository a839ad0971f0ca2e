import { BlockList, isIP } from 'node:net'
import { createTransport } from 'nodemailer'
import { MailNotTaken, MailRefused, type Mailer } from '../kernel/mailer.ts'

export interface SmtpOptions {
  /** `smtp://` (STARTTLS) or `smtps://` (TLS from the start), with user and password where the server wants them. */
  url: string
  from: string
  /** PEM of a private authority; unset: the system's. */
  ca?: string
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')
const isLoopback = (host: string): boolean => {
  const family = isIP(host)
  return family === 0 ? host === 'localhost' : loopback.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown')
const replyOf = (error: unknown): number => (error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : 0)

/** Only what the server says of this mail is final; that it does not let us in may be put right. */
const problemOf = (error: unknown): MailRefused | MailNotTaken => {
  const code = codeOf(error)
  const reply = replyOf(error)
  const ofThisMail = code === 'EENVELOPE' || code === 'EMESSAGE'
  if (!ofThisMail || reply === 0) return new MailNotTaken(code)
  return reply >= 500 ? new MailRefused(reply) : new MailNotTaken(String(reply))
}

/** Over TLS with the server's name checked, except to this very machine (D1). A mail has one recipient and no attachment. */
export const createMailer = ({ url, from, ca }: SmtpOptions): Mailer => {
  const { protocol, hostname, port, username, password } = new URL(url)
  const secure = protocol === 'smtps:'
  const host = hostname.replace(/^\[|\]$/g, '')
  const transport = createTransport({
    host,
    port: Number(port || (secure ? 465 : 587)),
    secure,
    requireTLS: !secure && !isLoopback(host),
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...(ca !== undefined && { ca }) },
    ...(username !== '' && { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    send: async ({ id, to, subject, text }) => {
      try {
        await transport.sendMail({
          from,
          to: { name: '', address: to },
          subject,
          text,
          messageId: `<${id}@holdfast>`,
          headers: { 'auto-submitted': 'auto-generated' },
        })
      } catch (error) {
        throw problemOf(error)
      }
    },
  }
}

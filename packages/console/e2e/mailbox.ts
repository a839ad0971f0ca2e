/** A mail server of our own, to which the system under test sends its mail. */
import type { AddressInfo } from 'node:net'
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'

export interface Mailbox {
  /** For `HOLDFAST_SMTP_URL`. */
  url: string
  /** The text of the newest mail to somebody; undefined until one came. */
  newestTo: (address: string) => string | undefined
  /** How many mails came to somebody so far. */
  countTo: (address: string) => number
  close: () => Promise<void>
}

export const openMailbox = async (): Promise<Mailbox> => {
  const mails: { to: string; text: string }[] = []
  const keep = async (raw: Buffer, addresses: string[]) => {
    const { text } = await PostalMime.parse(raw)
    for (const to of addresses) mails.push({ to, text: text ?? '' })
  }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        void keep(
          Buffer.concat(chunks),
          session.envelope.rcptTo.map(({ address }) => address),
        )
        done()
      })
    },
  })
  // Tests kill whoever sends, in the middle of a mail too.
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`,
    countTo: (address) => mails.filter(({ to }) => to === address).length,
    newestTo: (address) => mails.findLast(({ to }) => to === address)?.text,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

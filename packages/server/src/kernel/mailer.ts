export interface OutgoingMail {
  /** Becomes the Message-ID, so that a mail sent twice after a crash is recognised as one. */
  id: string
  to: string
  subject: string
  /** Plain text. */
  text: string
}

/** Hands mail over to a mail server. Throws `MailRefused` when trying again is no use; anything else may pass. */
export interface Mailer {
  send: (mail: OutgoingMail) => Promise<void>
}

/** A permanent refusal (RFC 5321 §4.2.1). Its text may hold the address, so only the number is kept. */
export class MailRefused extends Error {
  readonly reply: number
  constructor(reply: number) {
    super(`the mail server refused it (${reply})`)
    this.name = 'MailRefused'
    this.reply = reply
  }
}

/** Not delivered now. `reason`: a short code without personal data. */
export class MailNotTaken extends Error {
  readonly reason: string
  constructor(reason: string) {
    super(`the mail server did not take it (${reason})`)
    this.name = 'MailNotTaken'
    this.reason = reason
  }
}

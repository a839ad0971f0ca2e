import { MailId, type PersonId } from '@holdfast/contract'
import type { Generated } from 'kysely'
import { enqueue } from './enqueue.ts'
import type { Entered } from './handle.ts'
import { newIdOf } from './identifier.ts'
import type { KeyScope, Place } from './vault.ts'

interface MailTable {
  id: string
  personId: string | null
  toSealed: Buffer
  subjectSealed: Buffer
  textSealed: Buffer | null
  state: Generated<'queued' | 'sent' | 'held' | 'failed'>
  failure: string | null
  createdAt: Generated<Date>
  sentAt: Date | null
}
declare module './tenancy/schema.ts' {
  interface Database {
    mail: MailTable
  }
}

export interface NewMail {
  to: string
  subject: string
  /** Plain text. */
  text: string
  /** The recipient, where it is a person of ours who exists already: sealed by their key, and erased with it. */
  personId?: PersonId
}

/** Whose key seals a mail. */
export const mailScope = (personId: string | null): KeyScope => (personId === null ? 'org' : { person: personId })
export const mailPlace = (column: 'to_sealed' | 'subject_sealed' | 'text_sealed', row: string): Place => ({
  table: 'mail',
  column,
  row,
})

/** A mail that leaves when this transaction commits, and not otherwise. Returns its id; the job `mail.send` gets `{ id }`. */
export const queueMail = async ({ tx, vault }: Entered, { to, subject, text, personId }: NewMail): Promise<string> => {
  const id = newIdOf(MailId, 'ma')
  const scope = mailScope(personId ?? null)
  const values = {
    id,
    personId: personId ?? null,
    toSealed: await vault.seal(scope, mailPlace('to_sealed', id), to),
    subjectSealed: await vault.seal(scope, mailPlace('subject_sealed', id), subject),
    textSealed: await vault.seal(scope, mailPlace('text_sealed', id), text),
  }
  await tx.insertInto('mail').values(values).execute()
  await enqueue(tx, 'mail.send', { id })
  return id
}

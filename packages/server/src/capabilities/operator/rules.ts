import { MailRefused, type MailNotTaken } from '../../kernel/mailer.ts'

/** How long a mail is kept after it was written, days. */
export const keptDays = 30
/** How long a mail server may stay away before a mail has failed, milliseconds. */
const patienceMs = 3_600_000

/** Why a mail failed, without personal data; null: it is worth another try. */
export const failureOf = (error: MailRefused | MailNotTaken, ageMs: number): string | null => {
  if (error instanceof MailRefused) return `The mail server refused it (${error.reply}).`
  return ageMs > patienceMs ? `The mail server did not take it for an hour (${error.reason}).` : null
}

/** Whose data key a scope names: an organisation's, a person's, or the installation's. */
export const ownerOfScope = (scope: string): { org: string } | { person: string } | 'platform' => {
  const name = scope.slice(scope.indexOf(':') + 1)
  if (scope.startsWith('org:')) return { org: name }
  return scope.startsWith('person:') ? { person: name } : 'platform'
}

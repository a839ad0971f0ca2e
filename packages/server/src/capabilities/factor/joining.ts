import { queueMail } from '../../kernel/mail.ts'
import type { JoinHook } from '../../kernel/membership.ts'
import { readPerson } from '../../kernel/people.ts'
import type { Entered } from '../../kernel/handle.ts'
import type { PersonId } from '@holdfast/contract'
import { appsOf, passkeysOf } from './queries.ts'

const day = (at: string): string => at.slice(0, 10)

/** Sessions that can be led into any organisation that their person belongs to. */
const liveSessions = async ({ tx }: Entered, personId: PersonId, now: Date): Promise<number> => {
  const live = tx
    .selectFrom('session')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('personId', '=', personId)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', now)
    .where('idleExpiresAt', '>', now)
  return Number((await live.executeTakeFirstOrThrow()).count)
}

/**
 * Whatever opens an account opens every organisation that its person joins, a passkey that somebody else planted once among it: whoever joins another one is
 * told what there is. Who has just made their account has nothing yet, and gets no mail.
 */
export const tellWhatOpens: JoinHook = async ({ personId, role }, context) => {
  const { tx, vault, now, services } = context
  const own = { tx, vault, now, person: () => personId }
  const [passkeys, apps] = [await passkeysOf(own), await appsOf(own)]
  if (passkeys.length + apps.length === 0) return role
  const { name: organisation } = await tx.selectFrom('org').select('name').executeTakeFirstOrThrow()
  const { name, email } = await readPerson(context, personId)
  const lines = [
    ...passkeys.map(
      ({ label, confirmedAt, lastUsedAt }) =>
        `  Passkey “${label}”, since ${day(confirmedAt)}, ${lastUsedAt === null ? 'never used' : `last used ${day(lastUsedAt)}`}`,
    ),
    ...apps.map(({ label, confirmedAt }) => `  Authenticator app “${label}”, since ${day(confirmedAt)}`),
    `  Sessions signed in now: ${await liveSessions(context, personId, now)}`,
  ]
  const text =
    `Hello ${name},\n\nyou are a member of ${organisation} now. What opens your account opens it too, beside your password:\n\n${lines.join('\n')}\n\n` +
    `Is there anything that you do not know? Remove it, end your sessions and change your password: ${services.publicUrl}/settings/account\n`
  await queueMail(context, { to: email, subject: `You joined ${organisation}`, text, personId })
  return role
}

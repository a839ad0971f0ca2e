import type { Entered } from '../../kernel/handle.ts'
import { after, days, shownSecretDays } from '../../kernel/identity/lifetimes.ts'
import { queueMail } from '../../kernel/mail.ts'
import type { MemberHook } from '../../kernel/membership.ts'
import { peopleOf } from '../../kernel/people.ts'
import './table.ts'

/** The directory must get another one in time: else it puts nobody out any more. */
const tellOwners = async (entered: Entered, latest: Date): Promise<void> => {
  const rows = await entered.tx.selectFrom('membership').select('personId').where('role', '=', 'owner').limit(50).execute()
  const people = await peopleOf(
    entered,
    rows.map(({ personId }) => personId),
  )
  for (const { id, name, email } of people.values()) {
    const text = `Hello ${name},\n\nsomebody who was shown the secret of your directory's connection is no Owner any more. It works until ${latest.toISOString()}.\n\nIssue another one under Settings, Directory, and give it to the directory before then.\n`
    await queueMail(entered, { to: email, subject: 'Your directory needs another secret', text, personId: id })
  }
}

/** A credential can take people in and put them out, its issuer included. Only Owners issue one; what somebody knows who is none any more runs out. */
export const whenAnOwnerGoes: MemberHook = async ({ personId, role, now }, entered) => {
  if (role === 'owner') return
  const latest = after(now, days(shownSecretDays))
  const known = await entered.tx
    .updateTable('directoryCredential')
    .set({ expiresAt: latest })
    .where('issuedBy', '=', personId)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', latest)
    .returning('id')
    .execute()
  if (known.length > 0) await tellOwners(entered, latest)
}

import { PersonId, Role } from '@holdfast/contract'
import { queueMail } from '../../kernel/mail.ts'
import type { MemberHook } from '../../kernel/membership.ts'
import { peopleOf } from '../../kernel/people.ts'
import { isWeaker } from '../../kernel/service-accounts.ts'

const sentence = (names: readonly string[], role: Role): string =>
  `These API keys of yours were made for more, and do only what the role “${role}” allows from now on:\n\n` +
  names.map((name) => `  ${name}`).join('\n')

/**
 * A key follows its person's role at once, and would fail somewhere without anybody being told: the key says since when, and its person gets a mail. It says so no
 * longer once the role is there again.
 */
export const whenRoleChanges: MemberHook = async ({ personId, role, now }, entered) => {
  if (role === null) return // its keys are revoked with the membership
  const keys = await entered.tx
    .selectFrom('apiKey')
    .select(['id', 'name', 'role', 'cutShortAt'])
    .where('createdBy', '=', personId)
    .where('serviceAccountId', 'is', null)
    .where('revokedAt', 'is', null)
    .where((key) => key.or([key('expiresAt', 'is', null), key('expiresAt', '>', now)]))
    .orderBy('id')
    .limit(100)
    .execute()
  const isCut = (key: { role: string }): boolean => isWeaker(role, Role.parse(key.role))
  const [fresh, whole] = [
    keys.filter((key) => isCut(key) && key.cutShortAt === null),
    keys.filter((key) => !isCut(key) && key.cutShortAt !== null),
  ]
  const mark = (some: typeof keys, cutShortAt: Date | null) =>
    entered.tx
      .updateTable('apiKey')
      .set({ cutShortAt, cutShortWhy: cutShortAt && 'role_lowered' })
      .where(
        'id',
        'in',
        some.map(({ id }) => id),
      )
      .execute()
  if (whole.length > 0) await mark(whole, null)
  if (fresh.length === 0) return
  await mark(fresh, now)
  const person = (await peopleOf(entered, [personId])).get(PersonId.parse(personId))
  if (!person) return
  const names = fresh.map(({ name }) => name)
  const text =
    `Hello ${person.name},\n\nyour role changed.\n\n${sentence(names, role)}\n\n` +
    `What runs by them may be refused. Give it a key of somebody who may, or of a service account.\n\n` +
    `${entered.services.publicUrl}/api-keys\n`
  await queueMail(entered, { to: person.email, subject: 'Your API keys do less now', text, personId })
}

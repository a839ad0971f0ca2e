import type { OrgId, PersonId } from '@holdfast/contract'
import { mailPlace, mailScope } from '../src/kernel/mail.ts'
import { readIn } from '../src/kernel/unit.ts'
import type { Platform } from './platform.ts'

/** The texts of the mails to a person that an organisation sent, oldest first. */
export const mailsTo = async (platform: Platform, orgId: OrgId, personId: PersonId): Promise<string[]> => {
  await platform.settle()
  return readIn(platform.services.ground, orgId, personId, async ({ tx, vault }) => {
    const rows = await tx
      .selectFrom('mail')
      .select(['id', 'personId', 'textSealed'])
      .where('personId', '=', personId)
      .orderBy('id')
      .execute()
    return Promise.all(
      rows.map(({ id, textSealed }) =>
        vault.openText(mailScope(personId), mailPlace('text_sealed', id), textSealed ?? Buffer.alloc(0)),
      ),
    )
  })
}

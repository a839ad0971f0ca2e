import { invitation, InvitationId, type PersonId, Role } from '@holdfast/contract'
import type { z } from 'zod'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle, handlePublic, type Entered } from '../../kernel/handle.ts'
import { invitationPlace } from '../../kernel/identity/invitations.ts'
import { openLink } from './link.ts'

/** Open and expired ones, newest first. All are sealed by the organisation's key: one unwrap a page. */
export const list = handle(invitation.list, async ({ limit, after }, { tx, vault, now }) => {
  const cursor = cursorOf(InvitationId, after)
  let query = tx.selectFrom('invitation').select(['id', 'emailSealed', 'role', 'invitedBy', 'createdAt', 'expiresAt'])
  if (cursor !== null) query = query.where('id', '<', cursor)
  const rows = await query
    .where('acceptedAt', 'is', null)
    .where('revokedAt', 'is', null)
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit)
  await vault.warm(['org'])
  const present = async ({ id, emailSealed, role, invitedBy, createdAt, expiresAt }: (typeof rows)[number]) => ({
    id: id as z.infer<typeof InvitationId>,
    email: await vault.openText('org', invitationPlace(id), emailSealed),
    role: Role.parse(role),
    invitedBy: invitedBy as PersonId,
    state: expiresAt > now ? ('open' as const) : ('expired' as const),
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  })
  return { rows: await Promise.all(shown.map(present)), next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
})

/** The invited address, read inside the organisation that invited. */
export const emailOf = async ({ tx, vault }: Entered, id: string): Promise<string> => {
  const { emailSealed } = await tx.selectFrom('invitation').select('emailSealed').where('id', '=', id).executeTakeFirstOrThrow()
  return vault.openText('org', invitationPlace(id), emailSealed)
}

export const preview = handlePublic(invitation.preview, async ({ token }, { gate, enter, now, fail }) => {
  const invited = await openLink(gate, token, now)
  if (!invited) throw fail('link_invalid')
  const { orgId, id, organisation, role, known } = invited
  return { organisation, role, email: await emailOf(enter(orgId, null), id), known: known !== null }
})

import { hashToken } from '@holdfast/crypto'
import { OrgId, PersonId, Role } from '@holdfast/contract'
import { z } from 'zod'
import type { Gate } from '../../kernel/gate.ts'
import { isOpen } from './rules.ts'

const Row = z.object({
  org_id: OrgId,
  id: z.string(),
  org_name: z.string(),
  role: Role,
  email_index: z.instanceof(Buffer),
  expires_at: z.date(),
  accepted_at: z.date().nullable(),
  revoked_at: z.date().nullable(),
  invited_by: PersonId,
  inviter_role: Role.nullable(),
  founding: z.boolean(),
})

/** An invitation as its link shows it. */
export interface Invited {
  orgId: OrgId
  id: string
  organisation: string
  role: Role
  invitedBy: PersonId
  founding: boolean
  /** The person with the invited address, where there is one. */
  known: { personId: PersonId; active: boolean } | null
}

/** What a link opens; null for every reason not to, so that nothing can be learnt by trying. */
export const openLink = async (gate: Gate, token: string, now: Date): Promise<Invited | null> => {
  const [found] = await gate.ask('gate_invitation', [hashToken(token)])
  if (!found) return null
  const row = Row.parse(found)
  const { role, founding } = row
  const dates = { expiresAt: row.expires_at, acceptedAt: row.accepted_at, revokedAt: row.revoked_at }
  if (!isOpen({ role, founding, inviterRole: row.inviter_role, ...dates }, now)) return null
  const [person] = await gate.ask<{ person_id: PersonId; state: string }>('gate_person_by_email', [row.email_index])
  return {
    ...{ role, founding, orgId: row.org_id, id: row.id, organisation: row.org_name, invitedBy: row.invited_by },
    known: person ? { personId: person.person_id, active: person.state === 'active' } : null,
  }
}

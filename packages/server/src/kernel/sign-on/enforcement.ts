import type { OrgId, PersonId } from '@holdfast/contract'
import type { Gate } from '../gate.ts'
import { readPerson } from '../people.ts'
import type { Services } from '../services.ts'
import { readIn } from '../unit.ts'
import { domainOf } from './domain.ts'

interface EnforcedRow {
  org_id: OrgId
  domains: string[]
  break_glass: boolean
}

/** How far an organisation leaves somebody another way in than single sign-on. */
export type Bound = 'sign_on_only' | 'break_glass'

/**
 * The organisations that insist on single sign-on for this person: members whose address is in a domain that the organisation proved. Whoever has
 * the emergency way in may come by passkey. One question to the gate where none insists, which is what most sign-ins meet.
 */
export const boundBy = async (
  { services, gate }: { services: Pick<Services, 'ground'>; gate: Gate },
  personId: PersonId,
): Promise<ReadonlyMap<OrgId, Bound>> => {
  const rows = await gate.ask<EnforcedRow>('gate_sso_enforced', [personId])
  const [first] = rows
  if (!first) return new Map()
  const { email } = await readIn(services.ground, first.org_id, personId, (reading) => readPerson(reading, personId))
  const domain = domainOf(email)
  return new Map(
    rows
      .filter(({ domains }) => domain !== null && domains.includes(domain))
      .map(({ org_id: orgId, break_glass: breakGlass }) => [orgId, breakGlass ? 'break_glass' : 'sign_on_only']),
  )
}

/** Those of a person's organisations where they may come in this way. */
export const openTo = (orgIds: readonly OrgId[], bound: ReadonlyMap<OrgId, Bound>, way: 'password' | 'passkey'): OrgId[] =>
  orgIds.filter((orgId) => !bound.has(orgId) || (way === 'passkey' && bound.get(orgId) === 'break_glass'))

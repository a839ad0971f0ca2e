import { allOperations, StaffGrantId } from '@holdfast/contract'
import { newId, newIdOf } from '../../kernel/identifier.ts'
import type { JobContext } from '../../kernel/job.ts'
import { permit } from '../../kernel/permit.ts'
import type { StaffPrincipal } from '../../kernel/principal.ts'
import { keeps } from '../../kernel/promise.ts'
import { staffEntrance, touch } from '../../kernel/staff.ts'
import { openUnit, readIn } from '../../kernel/unit.ts'

interface State {
  total: number
  standing: number
  unsealed: number
  foreign: number
}

const stateOf = async ({ services, orgId }: JobContext): Promise<State> => {
  const { rows } = await readIn(services.ground, orgId, null, ({ transaction }) =>
    transaction.query('select total, standing, unsealed, foreign_reads from staff_access_state()', []),
  )
  const [row] = rows
  if (!row) throw new Error('the database did not say how staff access stands')
  return {
    total: Number(row['total']),
    standing: Number(row['standing']),
    unsealed: Number(row['unsealed']),
    foreign: Number(row['foreign_reads']),
  }
}

/** Whether the database lets somebody in by this grant; a probe that got in goes back without having read or left anything. */
const getsIn = async ({ services: { ground, clock } }: JobContext, as: StaffPrincipal): Promise<boolean> => {
  const origin = { address: '', agent: 'check of C5' }
  const access = {
    at: clock.now(),
    orgId: as.orgId,
    actor: as.personId,
    session: as.grantId,
    operation: 'trust.probe',
    target: null,
  }
  const noted = await staffEntrance(ground, as, { ...access, origin, permission: 'none', outcome: 'read', rows: 0 })
  const unit = openUnit(ground, as.orgId, as.personId, false, noted)
  try {
    await unit.transaction.query(touch.text, touch.values)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'HF005') return false
    throw error
  } finally {
    await unit.transaction.rollback()
  }
}

interface Ended {
  org_id: StaffPrincipal['orgId']
  id: StaffGrantId
  person_id: StaffPrincipal['personId']
}

const principalOf = ({ org_id: orgId, id: grantId, person_id: personId }: Ended, context: JobContext): StaffPrincipal => ({
  ...{ kind: 'staff', grantId, personId, orgId, operator: false, plan: 'enterprise', role: 'reviewer', write: false },
  sessionId: newId('se') as StaffPrincipal['sessionId'],
  endsAt: new Date(context.services.clock.now().getTime() + 60_000),
})

/** The newest grants that are over, and one that never was, in an organisation of each. */
const probes = async (context: JobContext): Promise<StaffPrincipal[]> => {
  const { rows } = await readIn(context.services.ground, context.orgId, null, ({ transaction }) =>
    transaction.query('select org_id, id, person_id from staff_access_ended(20)', []),
  )
  const ended = rows as unknown as Ended[]
  const nobody = newId('pe') as Ended['person_id']
  const forged = { org_id: context.orgId, id: newIdOf(StaffGrantId, 'sg'), person_id: nobody }
  return [...ended, forged, ...ended.slice(0, 1).map((row) => ({ ...row, id: forged.id }))].map((row) =>
    principalOf(row, context),
  )
}

const refusedBy = (principal: StaffPrincipal, now: Date) => (operation: (typeof allOperations)[number]) => {
  try {
    permit(operation, principal, now)
    return false
  } catch {
    return true
  }
}

/** What staff may never do, whatever a customer's grant says of reading. */
const isBarred = ({ kind, permission, sessionOnly, stepUp, staff }: (typeof allOperations)[number]): boolean =>
  permission !== 'public' && !staff && (kind !== 'query' || permission === 'self' || sessionOnly === true || stepUp === true)

const accessIsGiven = keeps('C5', async (context) => {
  const state = await stateOf(context)
  const tried = await probes(context)
  let admitted = 0
  for (const probe of tried) if (await getsIn(context, probe)) admitted++
  const [reader] = tried.slice(-1)
  const barred = allOperations.filter(isBarred)
  const open = reader ? barred.filter((operation) => !refusedBy(reader, context.services.clock.now())(operation)) : barred
  const kept = admitted + state.standing + state.unsealed + state.foreign + open.length === 0
  return {
    kept,
    proof: kept
      ? `The operator’s people have no standing access: ${tried.length} entries by grants that are over or never were, were tried just now and refused by the database, and ${barred.length} operations that change, export or concern oneself are closed to a reader. Of ${state.total} requests to customers none was granted by one of the operator’s own, and no read by staff is missing from the customer’s own chain.`
      : `Admitted without a live grant: ${admitted}; granted by the operator’s own people: ${state.standing}; reads not in the customer’s chain after ten minutes: ${state.unsealed}; reads without a grant: ${state.foreign}; operations open: ${open.length}.`,
  }
})

export const promises = [accessIsGiven]

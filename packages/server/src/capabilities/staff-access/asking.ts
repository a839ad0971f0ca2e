import { OrgId, OwnStaffAccess, staff, StaffGrantId, type ParsedInputOf } from '@holdfast/contract'
import { sql } from 'kysely'
import type { z } from 'zod'
import { requireCleared } from '../../kernel/clearance.ts'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle, type Context, type Entered } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { confirmFresh, proofOf } from '../../kernel/identity/fresh-code.ts'
import { queueMail } from '../../kernel/mail.ts'
import { peopleOf, readPerson } from '../../kernel/people.ts'
import { alsoIn } from '../../kernel/second-chain.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { isAllowedAhead, requestHashOf, requestHours, stateAt } from './rules.ts'
import { currentPolicy, lockGrant, ownGrants, sealedPlace } from './rows.ts'

type Ctx = Omit<Context<never>, 'fail' | 'obligations'>

/** In the customer's organisation, written down there as what it is. */
export const inCustomers = <T>(
  context: Ctx,
  orgId: OrgId,
  grantId: string,
  action: `${string}.${string}`,
  work: (entered: Entered) => Promise<T>,
): Promise<T> => {
  const { tx, services, requestId, origin, orgId: home } = context
  const personId = context.person()
  const actor = { type: 'staff', id: personId, via: grantId }
  const outer = { tx, services, requestId, origin, orgId: home, personId, actor }
  return alsoIn(outer, orgId, action, async (entered) => ({ value: await work(entered), targetId: grantId }))
}

type OwnRow = Awaited<ReturnType<ReturnType<typeof ownRows>['execute']>>[number]
const ownRows = (tx: OrgTx) => ownGrants(tx).selectAll()
const ownRow = (tx: OrgTx, id: string): Promise<OwnRow | undefined> => ownRows(tx).where('own.id', '=', id).executeTakeFirst()

const present = (row: OwnRow, now: Date): z.infer<typeof OwnStaffAccess> =>
  OwnStaffAccess.parse({
    ...row,
    state: stateAt(row, now),
    requestedAt: row.requestedAt.toISOString(),
    requestExpiresAt: row.requestExpiresAt.toISOString(),
    startsAt: row.startsAt?.toISOString() ?? null,
    endsAt: row.endsAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
  })

const showOwn = async ({ tx, now }: Ctx, id: string) => {
  const row = await ownRow(tx, id)
  if (!row) throw new Error('the request is gone')
  return present(row, now)
}

const tellManagers = async (
  entered: Entered,
  { services }: Ctx,
  { asker, id, given }: { asker: string; id: string; given: boolean },
): Promise<void> => {
  const rows = await entered.tx
    .selectFrom('membership')
    .select('personId')
    .where('role', 'in', ['owner', 'admin'])
    .orderBy('personId')
    .limit(20)
    .execute()
  const people = await peopleOf(
    entered,
    rows.map(({ personId }) => personId),
  )
  const what = given
    ? 'has access to your data, as you allow in advance'
    : 'asks for access to your data. Read the request and decide'
  for (const { id: personId, name, email } of people.values()) {
    const text = `Hello ${name},\n\n${asker} of the operator’s staff ${what}:\n\n${services.publicUrl}/access/staff#${id}\n`
    await queueMail(entered, { to: email, subject: 'Staff access to your data', text, personId })
  }
}

type Request = ParsedInputOf<typeof staff.request>
type Refuse = Parameters<Parameters<typeof handle<typeof staff.request>>[1]>[1]['fail']

/** Writes the request into the customer's organisation, for good; where it is allowed in advance it begins at once. */
const ask = async (entered: Entered, context: Ctx, input: Request, id: string, asker: string, refuse: Refuse): Promise<void> => {
  const { tx, vault } = entered
  const { now } = context
  const personId = context.person()
  const { orgId, reason, seconds, role, write, ticket = null } = input
  if (!(await tx.selectFrom('org').select('id').executeTakeFirst())) throw refuse('organisation_not_found')
  const mine = tx.selectFrom('staffGrant').select(['id', 'requestExpiresAt']).where('personId', '=', personId)
  const open = await mine.where('state', '=', 'requested').forUpdate().executeTakeFirst()
  if (open && open.requestExpiresAt > now)
    throw refuse('already_requested', 'You have asked already; wait, or take that request back.')
  if (open)
    await tx
      .updateTable('staffGrant')
      .set({ state: 'cancelled', endedAt: open.requestExpiresAt })
      .where('id', '=', open.id)
      .execute()
  const policy = await currentPolicy(tx)
  const given = policy !== undefined && isAllowedAhead(policy, { role, write, seconds, ticket })
  const term = given ? { startsAt: now, endsAt: new Date(now.getTime() + seconds * 1000) } : { startsAt: null, endsAt: null }
  await tx
    .insertInto('staffGrant')
    .values({
      ...{
        id,
        personId,
        role,
        write,
        seconds,
        ticket,
        ...term,
        requestedAt: now,
        approvedBy: null,
        endedAt: null,
        endedBy: null,
      },
      reasonSealed: await vault.seal('org', sealedPlace('reason_sealed', id), reason),
      nameSealed: await vault.seal('org', sealedPlace('name_sealed', id), asker),
      requestHash: requestHashOf({ org: orgId, grant: id, person: personId, role, write, seconds, reason, ticket }),
      requestExpiresAt: new Date(now.getTime() + requestHours * 3_600_000),
      policyId: given ? policy.id : null,
      state: given ? 'approved' : 'requested',
    })
    .execute()
  await tellManagers(entered, context, { asker, id, given })
}

export const request = handle(staff.request, async (input, context) => {
  const { fail, orgId } = context
  const personId = context.person()
  if (input.orgId === orgId) throw fail('organisation_not_found', 'This is your own organisation.')
  // C8: who may see customers' data is cleared as whoever gets onto servers.
  await requireCleared(context, personId, 'customer_data', fail)
  await confirmFresh(context, proofOf(staff.request, input), fail)
  const { name } = await readPerson(context, personId)
  const id = newIdOf(StaffGrantId, 'sg')
  await inCustomers(context, input.orgId, id, staff.request.audit.action, (entered) =>
    ask(entered, context, input, id, name, fail),
  )
  return showOwn(context, id)
})

export const giveBack = handle(staff.giveBack, async ({ id }, context) => {
  const { tx, now, fail } = context
  const own = await ownRow(tx, id)
  if (!own) throw fail('staff_access_not_found')
  await inCustomers(context, OrgId.parse(own.orgId), id, staff.giveBack.audit.action, async (entered) => {
    const row = await lockGrant(entered.tx, id)
    const state = row && stateAt(row, now)
    if (state !== 'requested' && state !== 'live') throw fail('staff_access_not_live')
    await entered.tx
      .updateTable('staffGrant')
      .set({ state: state === 'live' ? 'ended' : 'cancelled', endedAt: now, endedBy: context.person() })
      .where('id', '=', id)
      .execute()
  })
  return showOwn(context, id)
})

export const list = handle(staff.list, async (_, { tx, now }) => ({
  rows: (await ownRows(tx).execute()).map((row) => present(row, now)),
}))

/** Names only, for choosing; the gate's function answers the operator's organisation and nobody else. */
export const organisations = handle(staff.organisations, async ({ limit, after }, { tx, orgId }) => {
  const cursor = cursorOf(OrgId, after)
  const found = sql<{ id: OrgId; name: string }>`operator_organisations(${cursor}::uuid, ${limit + 1}::int)`
  const rows = await tx.selectFrom(found.as('found')).select(['found.id', 'found.name']).execute()
  const shown = rows.slice(0, limit)
  return { rows: shown.filter(({ id }) => id !== orgId), next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
})

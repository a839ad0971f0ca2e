import {
  allOperations,
  Entitlement,
  entitlements,
  isEntitled,
  PersonId,
  plans,
  SessionId,
  type Command,
  type OrgId,
  type Plan,
} from '@holdfast/contract'
import type { Ground, Unit } from '../unit.ts'
import { openUnit, readIn } from '../unit.ts'
import { newId } from '../identifier.ts'
import { permit } from '../permit.ts'
import { Problem } from '../problem.ts'
import './tables.ts'

/** What sets nothing up: it takes away, proves that a way in works, or keeps what is there running. Everything else of these nouns needs the plan. */
const free: ReadonlySet<string> = new Set([
  ...['sso.deactivate', 'sso.remove', 'sso.removeDomain', 'sso.lift', 'sso.confirmDrill'],
  ...['sso.renewSigningKey', 'sso.switchSigningKey', 'sso.withdrawSigningKey'],
  ...[
    'directory.unmapGroup',
    'directory.issueCredential',
    'directory.revokeCredential',
    'directory.disable',
    'directory.startTest',
  ],
])
const nouns: Readonly<Record<Entitlement, string>> = { sso: 'sso.', scim: 'directory.' }

const refusedBy = (operation: Command, plan: Plan, orgId: OrgId): boolean => {
  const now = new Date()
  const confirmed = { factorConfirmedAt: now, authenticatedAt: now, signedInAt: now, restricted: false, heldBack: null }
  const who = { personId: PersonId.parse(newId('pe')), sessionId: SessionId.parse(newId('se')) }
  try {
    permit(operation, { kind: 'session', ...who, ...confirmed, orgId, role: 'owner', operator: false, plan }, now)
    return false
  } catch (error) {
    return error instanceof Problem && error.code === 'plan_required'
  }
}

const commands = (entitlement: Entitlement): Command[] =>
  allOperations.filter(
    (operation): operation is Command =>
      operation.kind === 'command' && operation.name.startsWith(nouns[entitlement]) && !free.has(operation.name),
  )

/** Operations that set something up for a plan that does not contain it, or refuse one that does. */
export const gapsInContract = (orgId: OrgId, among = commands): { tried: number; flaws: string[] } => {
  const pairs = Entitlement.options.flatMap((entitlement) =>
    among(entitlement).flatMap((operation) => plans.map((plan) => ({ entitlement, operation, plan }))),
  )
  const wrong = pairs.filter(
    ({ entitlement, operation, plan }) => refusedBy(operation, plan, orgId) === isEntitled({ plan }, entitlement),
  )
  return { tried: pairs.length, flaws: wrong.map(({ operation, plan }) => `${operation.name} on the plan ${plan}`) }
}

const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  )
const isPlanRefusal = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'HF006'

/** Rows that set something up, written past the program. The fence comes before every other rule, so they need not be right otherwise. */
const rows: Readonly<Record<string, { entitlement: Entitlement; insert: (unit: Unit) => Promise<unknown> }>> = {
  'a connection': {
    entitlement: 'sso',
    insert: ({ transaction }) =>
      transaction.query(
        `insert into sso_connection (id, kind, name, settings, created_by) values ('self-test', 'oidc', 'Self-test', '{}', 'nobody')`,
        [],
      ),
  },
  'a domain': {
    entitlement: 'sso',
    insert: ({ transaction }) =>
      transaction.query(`insert into sso_domain (domain, token) values ('self-test.invalid', 'self-test')`, []),
  },
  enforcement: {
    entitlement: 'sso',
    insert: ({ transaction }) =>
      transaction.query(
        `insert into sso_enforcement (break_glass, enforced_by, enforced_at) values ('nobody', 'nobody', now())`,
        [],
      ),
  },
  'a directory': {
    entitlement: 'scim',
    insert: ({ transaction }) =>
      transaction.query(
        `insert into directory (id, name, default_role, configured_by, created_at) values ('self-test', 'Self-test', 'viewer', 'nobody', now())`,
        [],
      ),
  },
}

/** Whether the database itself refuses such a row under a plan; nothing of it remains. */
const refusedUnder = async (
  ground: Ground,
  orgId: OrgId,
  plan: Plan,
  insert: (unit: Unit) => Promise<unknown>,
): Promise<boolean> => {
  const unit = openUnit(ground, orgId, null, true)
  try {
    await unit.tx.updateTable('org').set({ plan }).execute()
    return isPlanRefusal(await errorOf(insert(unit)))
  } finally {
    await unit.transaction.rollback()
  }
}

/** What the database lets an organisation set up without the plan for it, and where its list of plans is not the contract's. */
export const gapsInDatabase = async (ground: Ground, orgId: OrgId): Promise<{ tried: number; flaws: string[] }> => {
  const flaws: string[] = []
  for (const [what, { entitlement, insert }] of Object.entries(rows)) {
    const without = plans.filter((plan) => !isEntitled({ plan }, entitlement))
    for (const plan of without) if (!(await refusedUnder(ground, orgId, plan, insert))) flaws.push(`${what} on the plan ${plan}`)
  }
  const listed = await readIn(ground, orgId, null, ({ transaction }) =>
    transaction.query(
      'select plan, what, plan_contains(plan, what) as contains from unnest($1::text[]) plan, unnest($2::text[]) what',
      [plans, Object.keys(entitlements)],
    ),
  )
  for (const { plan, what, contains } of listed.rows as { plan: Plan; what: Entitlement; contains: boolean }[])
    if (contains !== isEntitled({ plan }, what)) flaws.push(`${what} on the plan ${plan}, by its own list`)
  return { tried: Object.keys(rows).length, flaws }
}

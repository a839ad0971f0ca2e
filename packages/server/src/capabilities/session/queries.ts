import { Scope, session, type OrgId, type Role } from '@holdfast/contract'
import { handle, type Context } from '../../kernel/handle.ts'
import { hasFactor, recoveryCodesLeft } from '../../kernel/identity/factors.ts'
import { after, minutes } from '../../kernel/identity/lifetimes.ts'
import { nextOf } from '../../kernel/identity/mfa.ts'
import { nextWhenHeldBack } from '../../kernel/identity/sign-in-policy.ts'
import { readPerson } from '../../kernel/people.ts'
import { isBySignOn, sessionPlace } from '../../kernel/identity/sessions.ts'
import { holds, neverForStaff } from '../../kernel/permit.ts'
import { isPerson, stepUpUntil, type PersonPrincipal } from '../../kernel/principal.ts'
import { common } from '../../kernel/problem.ts'
import { deviceOf } from './rules.ts'

type Caller = PersonPrincipal

const callerOf = ({ principal }: Pick<Context, 'principal'>): Caller => {
  if (!isPerson(principal)) throw common('session_required')
  return principal
}

const permissionsOf = (principal: Caller): Scope[] =>
  Scope.options.filter(
    (permission) => holds(principal, permission) && !(principal.kind === 'staff' && neverForStaff.includes(permission)),
  )

interface OwnOrganisation {
  org_id: OrgId
  name: string
  role: Role
  session_minutes: number | null
}

/** Where else somebody works concerns neither one organisation's provider, nor a program that was given a key to it, nor staff. */
const organisationsOf = async ({ gate, services, orgId }: Context, { personId, kind }: Caller, bySignOn: boolean) => {
  if (kind === 'staff') return []
  const operatorOrg = await services.secrets.operatorOrg()
  const all = await gate.ask<OwnOrganisation>('gate_person_orgs', [personId])
  const rows = kind === 'api_key' || bySignOn ? all.filter((each) => each.org_id === orgId) : all
  return rows.slice(0, 100).map(({ org_id: id, name, role }) => ({ id, name, role, operator: id === operatorOrg }))
}

const staffOf = (principal: Caller) =>
  principal.kind === 'staff' && principal.endsAt !== null
    ? { grantId: principal.grantId, endsAt: principal.endsAt.toISOString() }
    : null

const instant = (date: Date | null): string | null => date?.toISOString() ?? null

export const current = handle(session.current, async (_, context) => {
  const principal = callerOf(context)
  const personId = context.person()
  const person = await readPerson(context, personId)
  const { name, lockMinutes, signInMethods } = await context.tx
    .selectFrom('org')
    .select(['name', 'lockMinutes', 'signInMethods'])
    .executeTakeFirstOrThrow()
  const isSession = principal.kind === 'session'
  const heldBack = isSession ? principal.heldBack : null
  const singleSignOn = isSession && (await isBySignOn(context, principal.sessionId))
  return {
    id: isSession ? principal.sessionId : null,
    next: heldBack ? nextWhenHeldBack[heldBack] : nextOf(isSession && principal.restricted, await hasFactor(context, personId)),
    lockMinutes: isSession ? lockMinutes : null,
    signInMethods,
    person,
    organisation: { id: principal.orgId, name, role: principal.role, operator: principal.operator },
    organisations: await organisationsOf(context, principal, singleSignOn),
    permissions: permissionsOf(principal),
    factorConfirmedAt: isSession ? instant(principal.factorConfirmedAt) : null,
    stepUpUntil: isSession ? instant(stepUpUntil(principal, context.now)) : null,
    recoveryCodesLeft: await recoveryCodesLeft(context, personId),
    singleSignOn,
    staff: staffOf(principal),
  }
})

/** Whose sessions of their own somebody may see and end: those of one organisation, or null: all. */
export const reachOf = async (context: Pick<Context, 'tx' | 'orgId' | 'session'>): Promise<OrgId | null> =>
  (await isBySignOn(context, context.session())) ? context.orgId : null

/** When a session ends by itself, where its organisation asks for less than the installation. */
const endOf = ({ expiresAt, signedInAt }: { expiresAt: Date; signedInAt: Date }, sessionMinutes: number | null): Date => {
  if (sessionMinutes === null) return expiresAt
  const asked = after(signedInAt, minutes(sessionMinutes))
  return asked < expiresAt ? asked : expiresAt
}

/** All devices, also those that work in another organisation; who came by one organisation's provider sees those there. */
export const list = handle(session.list, async (_, context) => {
  const { tx, vault, gate, person, session: own, now } = context
  const personId = person()
  const within = await reachOf(context)
  const organisations = await gate.ask<OwnOrganisation>('gate_person_orgs', [personId])
  const limits = new Map<string, number | null>(organisations.map(({ org_id: id, session_minutes: limit }) => [id, limit]))
  const rows = await tx
    .selectFrom('session')
    .selectAll()
    .where('personId', '=', personId)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', now)
    .where('idleExpiresAt', '>', now)
    .$if(within !== null, (query) => query.where('orgId', '=', within ?? ''))
    .orderBy('lastSeenAt', 'desc')
    .limit(100)
    .execute()
  const text = (column: 'user_agent_sealed' | 'ip_sealed', id: string, sealed: Buffer | null) =>
    sealed ? vault.openText({ person: personId }, sessionPlace(column, id), sealed) : Promise.resolve('')
  return {
    rows: await Promise.all(
      rows
        .filter((row) => endOf(row, limits.get(row.orgId) ?? null) > now)
        .map(async (row) => ({
          id: row.id as ReturnType<typeof own>,
          current: row.id === own(),
          device: deviceOf(await text('user_agent_sealed', row.id, row.userAgentSealed)),
          address: await text('ip_sealed', row.id, row.ipSealed),
          createdAt: row.createdAt.toISOString(),
          lastSeenAt: row.lastSeenAt.toISOString(),
          expiresAt: endOf(row, limits.get(row.orgId) ?? null).toISOString(),
          factorConfirmed: row.mfaAt !== null,
        })),
    ),
  }
})

import { breakGlassDrill, PersonId, sso } from '@holdfast/contract'
import { handle, type Entered } from '../../kernel/handle.ts'
import type { MemberHook } from '../../kernel/membership.ts'
import { common } from '../../kernel/problem.ts'
import { byBreakGlass } from '../../kernel/sign-on/break-glass.ts'
import { endOtherSessions } from './ending.ts'
import { ownersWithPasskey } from './rows.ts'
import { needsOf, type Readiness } from './rules.ts'

export const readinessIn = async (entered: Pick<Entered, 'tx'>): Promise<Readiness> => {
  const { tx } = entered
  const domains = await tx
    .selectFrom('ssoDomain as d')
    .leftJoin('ssoConnection as c', 'c.id', 'd.connectionId')
    .select('c.state')
    .where('d.provedAt', 'is not', null)
    .limit(100)
    .execute()
  const { count } = await tx
    .selectFrom('ssoIdentity as i')
    .innerJoin('ssoConnection as c', 'c.id', 'i.connectionId')
    .where('c.state', '=', 'active')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  return {
    proved: domains.length,
    routed: domains.filter(({ state }) => state === 'active').length,
    people: Number(count),
    owners: (await ownersWithPasskey(entered)).size,
  }
}

const drillOf = (orgId: string, person: PersonId) =>
  ({ subject: orgId, label: 'Sign in once beside single sign-on', person }) as const

/** Calling it again names another Owner. Who came in otherwise is signed out, but for whoever decides. */
export const enforce = handle(sso.enforce, async ({ breakGlass }, context) => {
  const { tx, orgId, person, now, fail, obligations } = context
  const missing = needsOf(await readinessIn(context)).find(({ passed }) => !passed)
  if (missing) throw fail('not_ready', `${missing.name}: ${missing.detail}`)
  const owner = await tx.selectFrom('membership').select('role').where('personId', '=', breakGlass).forShare().executeTakeFirst()
  if (owner?.role !== 'owner') throw fail('not_an_owner', 'The emergency way in is an Owner’s.')
  if (!(await ownersWithPasskey(context)).has(breakGlass)) throw fail('no_passkey', 'They must enrol a passkey first.')
  const values = { breakGlass, enforcedBy: person(), enforcedAt: now }
  const before = await tx.deleteFrom('ssoEnforcement').returning('breakGlass').executeTakeFirst()
  await tx.insertInto('ssoEnforcement').values(values).execute()
  if (before && before.breakGlass !== breakGlass)
    await obligations.withdraw(breakGlassDrill, { subject: orgId }, 'Another Owner has the emergency way in.')
  else obligations.unneeded(breakGlassDrill)
  await obligations.open(breakGlassDrill, drillOf(orgId, breakGlass))
  return { breakGlass, sessionsEnded: await endOtherSessions(context) }
})

export const lift = handle(sso.lift, async (_, { tx, orgId, fail, obligations }) => {
  const gone = await tx.deleteFrom('ssoEnforcement').returning('breakGlass').executeTakeFirst()
  if (!gone) throw fail('not_enforced')
  await obligations.withdraw(breakGlassDrill, { subject: orgId }, 'Single sign-on is not enforced any more.')
  return { breakGlass: PersonId.parse(gone.breakGlass) }
})

/** The drill is done by doing it: this session came in by the emergency way. The next is due in a quarter. */
export const confirmDrill = handle(sso.confirmDrill, async (_, context) => {
  const { tx, orgId, fail, obligations } = context
  const personId = context.person()
  const enforced = await tx.selectFrom('ssoEnforcement').select('breakGlass').executeTakeFirst()
  const { amr } = await tx.selectFrom('session').select('amr').where('id', '=', context.session()).executeTakeFirstOrThrow()
  if (enforced?.breakGlass !== personId || !amr.includes(byBreakGlass))
    throw fail('not_by_break_glass', 'Sign out, then sign in by your passkey: that is the drill.')
  await obligations.meet(breakGlassDrill, { subject: orgId })
  await obligations.open(breakGlassDrill, drillOf(orgId, personId))
  return { personId }
})

/** Whoever has the emergency way in stays Owner: else nobody could come in when the provider fails. */
export const keepsBreakGlass: MemberHook = async ({ personId, role }, { tx }) => {
  if (role === 'owner') return
  const enforced = await tx.selectFrom('ssoEnforcement').select('breakGlass').executeTakeFirst()
  if (enforced?.breakGlass === personId)
    throw common('forbidden', {
      detail: 'They have the emergency way in beside single sign-on. Name another Owner for it first.',
    })
}

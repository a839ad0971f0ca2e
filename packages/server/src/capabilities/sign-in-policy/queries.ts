import { PersonId, SignInPolicy, signInPolicy, type SignInMethod } from '@holdfast/contract'
import { sql } from 'kysely'
import { handle, type Context } from '../../kernel/handle.ts'
import { after, minutes } from '../../kernel/identity/lifetimes.ts'
import { sessionPlace } from '../../kernel/identity/sessions.ts'
import { isInside, type SessionStanding, type SignInRules } from '../../kernel/identity/sign-in-policy.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { asksForPasskey, changed, locksOut } from './rules.ts'

export const policyOf = async (tx: OrgTx): Promise<SignInPolicy> => {
  const { signInMethods: methods, ...row } = await tx
    .selectFrom('org')
    .select(['requireMfa', 'sessionMinutes', 'idleMinutes', 'lockMinutes', 'networks', 'signInMethods'])
    .executeTakeFirstOrThrow()
  return SignInPolicy.parse({ ...row, methods })
}

export const read = handle(signInPolicy.read, (_, { tx }) => policyOf(tx))

type Ctx = Omit<Context<never>, 'fail' | 'obligations'>

/** How the caller's own session would stand; null for an API key, which locks nobody out. */
export const authorOf = async ({ tx, principal, origin, now }: Ctx): Promise<SessionStanding | null> => {
  if (principal.kind !== 'session') return null
  const { orgId, sessionId, signedInAt } = principal
  const { methods } = await tx.selectFrom('session').select('methods').where('id', '=', sessionId).executeTakeFirstOrThrow()
  return { orgId, address: origin.address, signedInAt, attendedAt: now, methods }
}

const shown = 10
const peopleIn = (ids: readonly string[]) => {
  const people = [...new Set(ids)]
  return { count: people.length, first: people.slice(0, shown).map((id) => PersonId.parse(id)) }
}

const livingSessions = ({ tx, orgId, now }: Ctx) =>
  tx
    .selectFrom('session')
    .where('orgId', '=', orgId)
    .where('staffGrantId', 'is', null)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', now)
    .where('idleExpiresAt', '>', now)

const signedInTooLong = async (context: Ctx, { sessionMinutes }: SignInRules): Promise<string[]> => {
  if (sessionMinutes === null) return []
  const rows = await livingSessions(context)
    .select('personId')
    .where('signedInAt', '<', after(context.now, -minutes(sessionMinutes)))
    .distinct()
    .orderBy('personId')
    .execute()
  return rows.map(({ personId }) => personId)
}

/** By where their sessions were begun: where they are now shows at their next request. */
const outside = async (context: Ctx, { networks }: SignInRules): Promise<string[]> => {
  if (networks.length === 0) return []
  const { vault } = context
  const rows = await livingSessions(context)
    .select(['id', 'personId', 'ipSealed'])
    .where('ipSealed', 'is not', null)
    .orderBy('lastSeenAt', 'desc')
    .limit(200)
    .execute()
  await vault.warm(rows.map(({ personId }) => ({ person: personId })))
  const placed = await Promise.all(
    rows.map(async ({ id, personId, ipSealed }) => ({
      personId,
      address: ipSealed ? await vault.openText({ person: personId }, sessionPlace('ip_sealed', id), ipSealed) : '',
    })),
  )
  return placed.filter(({ address }) => !isInside(networks, address)).map(({ personId }) => personId)
}

const withoutFactor = async ({ tx }: Ctx): Promise<string[]> => {
  const rows = await tx
    .selectFrom('membership')
    .innerJoin('person', 'person.id', 'membership.personId')
    .select('membership.personId')
    .where('person.mfaEnrolledAt', 'is', null)
    .orderBy('membership.personId')
    .execute()
  return rows.map(({ personId }) => personId)
}

const withoutPasskey = async ({ tx }: Ctx): Promise<string[]> => {
  const found = sql<{ id: string }>`(select members_without_passkey() as id)`
  return (await tx.selectFrom(found.as('found')).select('found.id').execute()).map(({ id }) => id)
}

const keysBound = async ({ tx, now }: Ctx, { networks }: SignInRules): Promise<number> => {
  if (networks.length === 0) return 0
  const { count } = await tx
    .selectFrom('apiKey')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('revokedAt', 'is', null)
    .where((key) => key.or([key('expiresAt', 'is', null), key('expiresAt', '>', now)]))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Only what the change would add is counted: whoever must do something already is not told of twice. */
export const preview = handle(signInPolicy.preview, async (change, context) => {
  const now = await policyOf(context.tx)
  const next = changed(now, change)
  const author = await authorOf(context)
  const asks = (methods: readonly SignInMethod[]) => asksForPasskey({ methods: [...methods] })
  return {
    locksYouOut: author && locksOut(next, author, context.now),
    withoutFactor: peopleIn(next.requireMfa && !now.requireMfa ? await withoutFactor(context) : []),
    withoutPasskey: peopleIn(asks(next.methods) && !asks(now.methods) ? await withoutPasskey(context) : []),
    signedInTooLong: peopleIn(await signedInTooLong(context, next)),
    outside: peopleIn(await outside(context, next)),
    apiKeys: await keysBound(context, next),
  }
})

import type { Context } from '../../kernel/handle.ts'
import { peopleOf } from '../../kernel/people.ts'
import { domainOf, provedDomains } from '../../kernel/sign-on/domain.ts'

const atOnce = 500

/**
 * While single sign-on is enforced: ends the sessions here that began otherwise, of people whose address is in a proved domain; but for the one
 * that asks, which confirmed a moment ago who it is, and those of the emergency way in. Returns how many.
 */
export const endOtherSessions = async (
  context: Pick<Context, 'tx' | 'vault' | 'orgId' | 'now' | 'session' | 'principal'>,
): Promise<number> => {
  const { tx, orgId, now, principal } = context
  const enforced = await tx.selectFrom('ssoEnforcement').select('breakGlass').executeTakeFirst()
  if (!enforced) return 0
  const domains = await provedDomains(context)
  const mine = principal.kind === 'session' ? principal.sessionId : ''
  let after = ''
  let ended = 0
  for (;;) {
    const rows = await tx
      .selectFrom('session')
      .select('personId')
      .distinct()
      .where('orgId', '=', orgId)
      .where('personId', '>', after)
      .where('ssoConnectionId', 'is', null)
      .where('staffGrantId', 'is', null)
      .where('revokedAt', 'is', null)
      .orderBy('personId')
      .limit(atOnce)
      .execute()
    const people = await peopleOf(
      context,
      rows.map(({ personId }) => personId),
    )
    const bound = [...people.values()].filter(({ id, email }) => id !== enforced.breakGlass && domains.has(domainOf(email) ?? ''))
    if (bound.length > 0) {
      const gone = await tx
        .updateTable('session')
        .set({ revokedAt: now, revokeReason: 'sso_enforced' })
        .where('orgId', '=', orgId)
        .where(
          'personId',
          'in',
          bound.map(({ id }) => id),
        )
        .where('ssoConnectionId', 'is', null)
        .where('staffGrantId', 'is', null)
        .where('revokedAt', 'is', null)
        .where('id', '<>', mine)
        .returning('id')
        .execute()
      ended += gone.length
    }
    const last = rows.at(-1)
    if (!last || rows.length < atOnce) return ended
    after = last.personId
  }
}

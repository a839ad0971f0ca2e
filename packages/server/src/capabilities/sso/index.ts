import { PersonId, sso } from '@holdfast/contract'
import type { Capability } from '../../kernel/capability.ts'
import { handle } from '../../kernel/handle.ts'
import { namesOf } from '../../kernel/people.ts'
import { activate, create, deactivate, remove, update } from './connections.ts'
import { addDomain, proveDomain, removeDomain, routeDomain } from './domains.ts'
import { confirmDrill, enforce, keepsBreakGlass, lift, readinessIn } from './enforcing.ts'
import { checkDomains } from './jobs.ts'
import { listConnections, listDomains, ownersWithPasskey, presentDomain } from './rows.ts'
import { needsOf } from './rules.ts'
import { renewSigningKey, switchSigningKey, withdrawSigningKey } from './signing-keys.ts'
import { beginTest, finishTest } from './testing.ts'

const read = handle(sso.read, async (_, context) => {
  const { tx, services } = context
  const enforced = await tx.selectFrom('ssoEnforcement').select(['breakGlass', 'enforcedAt']).executeTakeFirst()
  const owners = await tx.selectFrom('membership').select('personId').where('role', '=', 'owner').limit(50).execute()
  const names = await namesOf(
    context,
    owners.map(({ personId }) => personId),
  )
  const withPasskey = await ownersWithPasskey(context)
  return {
    connections: await listConnections(context, services),
    domains: (await listDomains(context)).map(presentDomain),
    enforcement: enforced ? { breakGlass: PersonId.parse(enforced.breakGlass), at: enforced.enforcedAt.toISOString() } : null,
    needed: needsOf(await readinessIn(context)).map((need) => ({ ...need, needed: true })),
    owners: owners.map(({ personId }) => {
      const id = PersonId.parse(personId)
      return { personId: id, name: names.get(id) ?? '', passkey: withPasskey.has(id) }
    }),
  }
})

/** Single sign-on (C3): what an organisation sets up; signing in by it is `capabilities/session/sign-on.ts`. */
export const singleSignOn: Capability = {
  handlers: [
    ...[read, create, update, beginTest, finishTest, activate, deactivate, remove],
    ...[renewSigningKey, switchSigningKey, withdrawSigningKey],
    ...[addDomain, proveDomain, routeDomain, removeDomain, enforce, lift, confirmDrill],
  ],
  schedules: [checkDomains],
  memberHooks: [keepsBreakGlass],
}

import type { OrgId, PersonId } from '@holdfast/contract'
import type { Context, Entered } from './handle.ts'
import { newId } from './identifier.ts'
import { actorOf, entryHead, type EntryHead } from './ledger/entry.ts'
import { orgTxOver, transactionOf } from './tenancy/org-tx.ts'
import type { Transaction } from './tenancy/transaction.ts'
import { vaultIn } from './vault.ts'

/** What goes on in the first organisation: who does it, and as whom the second one records it. */
type Outer = Pick<Context<never>, 'tx' | 'orgId' | 'services' | 'requestId' | 'origin'> & {
  personId: PersonId
  actor: EntryHead['actor']
}

/**
 * Does something in another organisation from within an operation of this one: `work` runs inside the other, its changes are sealed into the
 * other chain, and then the operation goes on where it was. Both chains grow in one transaction, so that neither can say what the other does
 * not. Always the customer's chain before the operator's own: no transaction takes two in another order, so this cannot deadlock.
 */
export const alsoIn = async <T>(
  { tx, orgId, services, requestId, origin, personId, actor }: Outer,
  newOrg: OrgId,
  action: `${string}.${string}`,
  work: (entered: Entered) => Promise<{ value: T; targetId: string }>,
): Promise<T> => {
  const { ground } = services
  const outer = transactionOf(tx)
  const refuse = (): never => {
    throw new Error('the outer transaction commits')
  }
  const { query, queries, later } = outer
  const inner: Transaction = { orgId: newOrg, begun: true, query, queries, later, commit: refuse, rollback: refuse }
  const entering = (org: OrgId, who: PersonId | null) => query('select enter($1, $2, true)', [org, who])
  await entering(newOrg, personId)
  const vault = vaultIn(inner, { keyServer: ground.keyServer, cache: ground.keyCache })
  const { value, targetId } = await work({ tx: orgTxOver(inner, ground.tenantTables), vault })
  const parts = { id: newId('le'), actor, action, targetId, requestId, origin, reason: null }
  await query('select seq from ledger_append($1)', [JSON.stringify(await entryHead(vault, parts))])
  await entering(orgId, personId)
  return value
}

/** Founds an organisation, or repairs one that nobody works in yet. */
export const foundWithin = <T>(
  context: Context<never>,
  newOrg: OrgId,
  action: `${string}.${string}`,
  work: (entered: Entered) => Promise<T>,
): Promise<T> => {
  const { tx, orgId, services, requestId, origin, principal } = context
  const outer = { tx, orgId, services, requestId, origin, personId: context.person(), actor: actorOf(principal) }
  return alsoIn(outer, newOrg, action, async (entered) => ({ value: await work(entered), targetId: newOrg }))
}

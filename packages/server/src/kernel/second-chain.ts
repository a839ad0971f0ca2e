import type { OrgId, PersonId } from '@holdfast/contract'
import type { Context, Entered } from './handle.ts'
import { newId } from './identifier.ts'
import { actorOf, entryHead } from './ledger/entry.ts'
import { orgTxOver, transactionOf } from './tenancy/org-tx.ts'
import type { Transaction } from './tenancy/transaction.ts'
import { vaultIn } from './vault.ts'

/**
 * Founds a new organisation from within an operation of another one: `work` runs inside the new organisation, its changes are sealed
 * into the new chain, and then the operation goes on where it was. Both chains grow in one transaction, so that neither can say what the
 * other does not. Only for an organisation that nobody works in yet, entered before the operator's own chain is taken: no other transaction
 * takes two chains in another order, so this cannot deadlock.
 */
export const foundWithin = async <T>(
  { tx, orgId, principal, services, requestId, origin, person }: Context<never>,
  newOrg: OrgId,
  action: `${string}.${string}`,
  work: (entered: Entered) => Promise<T>,
): Promise<T> => {
  const { ground } = services
  const outer = transactionOf(tx)
  const refuse = (): never => {
    throw new Error('the outer transaction commits')
  }
  const inner: Transaction = { orgId: newOrg, begun: true, query: outer.query, commit: refuse, rollback: refuse }
  const entering = (org: OrgId, who: PersonId | null) => outer.query('select enter($1, $2, true)', [org, who])
  await entering(newOrg, person())
  const vault = vaultIn(inner, { keyServer: ground.keyServer, cache: ground.keyCache })
  const value = await work({ tx: orgTxOver(inner, ground.tenantTables), vault })
  const parts = { id: newId('le'), actor: actorOf(principal), action, targetId: newOrg, requestId, origin, reason: null }
  await outer.query('select seq from ledger_append($1)', [JSON.stringify(await entryHead(vault, parts))])
  await entering(orgId, person())
  return value
}

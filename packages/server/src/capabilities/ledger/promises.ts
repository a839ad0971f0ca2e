import { verifyCheckpoint } from '@holdfast/ledger'
import { sql } from 'kysely'
import type { JobContext } from '../../kernel/job.ts'
import { keeps } from '../../kernel/promise.ts'
import { openUnit, readIn } from '../../kernel/unit.ts'
import { latestCheckpoint, verifierKeys } from './checkpoints.ts'
import { verifyChain } from './streams.ts'

const constraintOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'constraint' in error ? error.constraint : null

/** Changes a row of our own organisation without recording it, as a careless handler would; the commit must fail. */
const unrecordedChangeIsRefused = async ({ services, orgId }: JobContext): Promise<boolean> => {
  const unit = openUnit(services.ground, orgId, null, true)
  try {
    await unit.tx
      .updateTable('org')
      .set({ name: sql<string>`name || ' '` })
      .where('id', '=', orgId)
      .execute()
    await unit.transaction.commit()
    return false
  } catch (error) {
    await unit.transaction.rollback()
    return constraintOf(error) === 'recorded_in_ledger'
  }
}

const refused = async ({ services, orgId }: JobContext, text: string): Promise<boolean> => {
  const unit = openUnit(services.ground, orgId, null, true)
  try {
    await unit.transaction.query(text, [])
    return false
  } catch {
    return true
  } finally {
    await unit.transaction.rollback()
  }
}

const everyChangeIsRecorded = keeps('L1', async (context) => {
  const unprotected = await readIn(context.services.ground, context.orgId, null, ({ transaction }) =>
    transaction.query(
      `select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped
       left join protected_table p on p.name = c.relname
       where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and p.name is null
         and c.relname not in ('ledger', 'ledger_checkpoint', 'ledger_pending')`,
      [],
    ),
  )
  const guarded = await unrecordedChangeIsRefused(context)
  const names = unprotected.rows.map(({ relname }) => String(relname))
  return {
    kept: guarded && names.length === 0,
    proof: guarded
      ? names.length === 0
        ? 'A change without an entry was attempted as the application’s own database role; the database refused the commit. Every table of tenant data is captured.'
        : `Tables without capture: ${names.join(', ')}.`
      : 'A change without an entry was attempted and was NOT refused.',
  }
})

const tamperingIsFound = keeps('L2', async (context) => {
  const { services, orgId } = context
  const verdict = await verifyChain({ orgId, services, read: (work) => readIn(services.ground, orgId, null, work) })
  const immutable =
    (await refused(context, `update ledger set body = body || ' ' where seq = 0`)) &&
    (await refused(context, 'delete from ledger where seq = 0'))
  return {
    kept: verdict.ok && immutable,
    proof: verdict.ok
      ? `All ${verdict.entries} entries of the operator’s chain were recomputed with SHA-256 and agree with ${verdict.checkpoints.length} signed checkpoints; changing or deleting an entry as the application was ${immutable ? 'refused' : 'NOT refused'}.`
      : verdict.message,
  }
})

/** Verifies the newest checkpoint as a customer would: by the keys that the signer publishes. */
const customersVerify = keeps('L3', async ({ services, orgId }) => {
  const newest = await readIn(services.ground, orgId, null, ({ tx }) => latestCheckpoint(tx))
  if (!newest) return { kept: false, proof: 'No checkpoint has been signed yet.' }
  const keys = await verifierKeys(services, orgId)
  const kept = await verifyCheckpoint(newest.note, keys).then(
    () => true,
    () => false,
  )
  return {
    kept,
    proof: kept
      ? `Every member can have the chain verified on the Audit page; whoever may export it recomputes it in the browser or offline, by a published format. The newest checkpoint, over ${newest.size} entries, was just verified with the published key.`
      : `The newest checkpoint, over ${newest.size} entries, does not verify with the published keys.`,
  }
})

export const promises = [everyChangeIsRecorded, tamperingIsFound, customersVerify]

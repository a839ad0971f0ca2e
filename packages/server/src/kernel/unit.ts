import type pg from 'pg'
import type { FurtherAction, OrgId, PersonId } from '@holdfast/contract'
import { newId } from './identifier.ts'
import { entryHead, type EntryHead } from './ledger/entry.ts'
import type { Origin } from './handle.ts'
import type { Reads } from './tenancy/shared-reads.ts'
import { openReads, openWrites, type StaffEntrance, type Transaction } from './tenancy/transaction.ts'
import { orgTxOver, type OrgTx } from './tenancy/org-tx.ts'
import { vaultIn, type KeyCache, type Vault } from './vault.ts'
import type { KeyServerClient } from '@holdfast/keyserver/client'

/** What a unit of work stands on; one for the process. */
export interface Ground {
  pool: pg.Pool
  /** Reads over the same pool. */
  reads: Reads
  keyServer: KeyServerClient
  keyCache: KeyCache
  /** Names of the tables that carry an `org_id`, as the catalogue has them. */
  tenantTables: ReadonlySet<string>
  /** Resolves when everything committed before the call is on disk. */
  barrier: () => Promise<void>
  turns: { take: (key: string) => Promise<void>; give: (key: string) => void }
  /** Waits for room for one more writing transaction. */
  admit: () => Promise<() => void>
  onError: (error: unknown) => void
}

export interface Unit {
  transaction: Transaction
  tx: OrgTx
  vault: Vault
}

export interface Recorded {
  actor: EntryHead['actor']
  action: string
  targetId: string
  requestId: string
  origin: Origin | null
  reason: string | null
}

/** An answer to keep under an idempotency key that this unit claimed; sealed. */
export interface Kept {
  principal: string
  key: string
  response: Buffer
}

/** Opens a unit of work in one organisation. Nothing is sent to the database before its first statement, nor made before it is used. */
export const openUnit = (
  ground: Ground,
  orgId: OrgId,
  personId: PersonId | null,
  writes: boolean,
  staff: StaffEntrance | null = null,
): Unit => {
  const { pool, reads, admit } = ground
  // Staff read in a transaction that first writes down that they do.
  const transaction =
    writes || staff ? openWrites(pool, { orgId, personId, admit, staff }) : openReads(reads, { orgId, personId })
  let vault: Vault | null = null
  let builder: OrgTx | null = null
  return {
    transaction,
    get vault() {
      return (vault ??= vaultIn(transaction, { keyServer: ground.keyServer, cache: ground.keyCache }))
    },
    get tx() {
      return (builder ??= orgTxOver(transaction, ground.tenantTables))
    },
  }
}

const appendText = 'select seq from ledger_append($1)'
/** Null where the transaction changed nothing that is captured. */
const appendChangesText = 'select ledger_append_changes($1) as seq'
const keeping = (append: string): string => `with entry as (${append})
  update idempotency kept set status = 200, response_sealed = $4, ledger_seq = entry.seq from entry
  where kept.org_id = current_org() and kept.principal = $2 and kept.key = $3 returning entry.seq`
const texts = {
  always: { plain: appendText, keeping: keeping(appendText) },
  ifChanged: { plain: appendChangesText, keeping: keeping(appendChangesText) },
}

/**
 * Seals the unit's changes into one ledger entry and commits: the append is the very last statement and travels with COMMIT;
 * the answer waits for the shared flush (docs/adr/0003-ledger-append.md). `kept`: the answer under an idempotency key, stored by the same
 * statement with the entry's number. Returns that number; null, `ifChanged`, where nothing was changed and so nothing is recorded.
 */
const seal = async (
  ground: Ground,
  { transaction, vault }: Unit,
  recorded: Recorded,
  kept: Kept | null,
  when: keyof typeof texts,
): Promise<number | null> => {
  const head = await entryHead(vault, { ...recorded, id: newId('le') })
  await ground.turns.take(transaction.orgId)
  let rows
  try {
    rows = await transaction.commit(
      kept === null
        ? { text: texts[when].plain, values: [JSON.stringify(head)] }
        : { text: texts[when].keeping, values: [JSON.stringify(head), kept.principal, kept.key, kept.response] },
    )
  } finally {
    ground.turns.give(transaction.orgId)
  }
  await ground.barrier()
  const seq = rows?.rows[0]?.['seq']
  if (seq === undefined) throw new Error('the ledger did not answer')
  return seq === null ? null : Number(seq)
}

export const record = async (ground: Ground, unit: Unit, recorded: Recorded, kept: Kept | null = null): Promise<number> => {
  const seq = await seal(ground, unit, recorded, kept, 'always')
  if (seq === null) throw new Error('the ledger gave no number')
  return seq
}

/** The same for what may change nothing: then there is no entry, and no number. A unit that asked nothing of the database is not asked about. */
export const recordChanges = async (
  ground: Ground,
  unit: Unit,
  recorded: Recorded,
  kept: Kept | null = null,
): Promise<number | null> => (unit.transaction.begun ? seal(ground, unit, recorded, kept, 'ifChanged') : null)

/** Runs `work` in a read-only unit: every statement of it sees what is committed at that moment. */
export const readIn = <T>(
  ground: Ground,
  orgId: OrgId,
  personId: PersonId | null,
  work: (unit: Unit) => Promise<T>,
): Promise<T> => work(openUnit(ground, orgId, personId, false))

/** What tests record for themselves. */
type TestAction = `test.${string}`

/** A change that a job of the platform makes in one organisation: one entry, like anybody's. Returns the entry's number. */
export const changeAs = async <T>(
  ground: Ground,
  job: string,
  orgId: OrgId,
  work: (unit: Unit) => Promise<{ value: T; action: FurtherAction | TestAction; targetId: string; reason?: string } | null>,
): Promise<{ value: T; seq: number } | null> => {
  const unit = openUnit(ground, orgId, null, true)
  try {
    const done = await work(unit)
    if (!done) {
      await unit.transaction.rollback()
      return null
    }
    const { value, action, targetId, reason = null } = done
    const actor = { type: 'system', id: job, via: 'job' }
    return { value, seq: await record(ground, unit, { actor, action, targetId, requestId: newId('rq'), origin: null, reason }) }
  } catch (error) {
    await unit.transaction.rollback()
    throw error
  }
}

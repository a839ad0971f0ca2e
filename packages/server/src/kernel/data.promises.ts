import { randomBytes } from 'node:crypto'
import { newOrgId } from './identifier.ts'
import type { JobContext } from './job.ts'
import { keeps, type PromiseCheck } from './promise.ts'
import { openUnit, readIn } from './unit.ts'

/** Seals a planted value and looks at what the database would hold; looks at where the keys are. */
const atRest = keeps('D2', async ({ services, orgId }) => {
  const { ground } = services
  const canary = randomBytes(24).toString('hex')
  const place = { table: 'trust', column: 'canary', row: 'canary' }
  const unit = openUnit(ground, orgId, null, true)
  try {
    const sealed = await unit.vault.seal('org', place, canary)
    const opened = await unit.vault.openText('org', place, sealed)
    const moved = await unit.vault.open('org', { ...place, row: 'other' }, sealed).then(
      () => true,
      () => false,
    )
    const { rows } = await unit.transaction.query('select wrapped from data_key where scope = $1', [`org:${orgId}`])
    const unwrapped = rows.filter(({ wrapped }) => Buffer.isBuffer(wrapped) && wrapped.length <= 32).length
    const report = await ground.keyServer.keys()
    const kept = opened === canary && !sealed.includes(canary) && !moved && rows.length > 0 && unwrapped === 0
    return {
      kept,
      proof: kept
        ? `A planted value was sealed with AES-256-GCM, opened, and refused to open in another place. All ${rows.length} data keys of this organisation are stored wrapped by a master key that only the key server, another process (${report.adapter}), holds.`
        : `Opened: ${opened === canary}; opened elsewhere: ${moved}; keys stored unwrapped: ${unwrapped}.`,
    }
  } finally {
    await unit.transaction.rollback()
  }
})

const tenantTables = `
  select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped
  where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and c.relname <> 'ledger_pending'`

/** Counts what raw SQL of the application's own role can see of others; entered as `orgId`, or as an organisation that does not exist. */
const visibleOf = async (context: JobContext, tables: readonly string[], entered: string, ofOthers: boolean): Promise<string[]> =>
  readIn(context.services.ground, entered as typeof context.orgId, null, async ({ transaction }) => {
    const leaking: string[] = []
    for (const name of tables) {
      const { rows } = await transaction.query(
        `select exists (select from "${name}" where org_id ${ofOthers ? '<>' : '='} $1) as seen`,
        [context.orgId],
      )
      if (rows[0]?.['seen'] === true) leaking.push(name)
    }
    return leaking
  })

const tenantsAreIsolated = keeps('D5', async (context) => {
  const { ground } = context.services
  const { rows } = await readIn(ground, context.orgId, null, ({ transaction }) => transaction.query(tenantTables, []))
  const names = rows.map(({ name }) => String(name))
  const unforced = rows.filter(({ forced }) => forced !== true).map(({ name }) => String(name))
  const leaks = [
    ...(await visibleOf(context, names, context.orgId, true)),
    ...(await visibleOf(context, names, newOrgId(), false)),
  ]
  const unscoped = unforced.length + leaks.length
  return {
    kept: unscoped === 0,
    proof:
      unscoped === 0
        ? `All ${names.length} tables of tenant data force row-level security; raw SQL as the application’s own role, inside one organisation and inside none, saw nothing of another. The other layer scopes every statement by itself; tests remove either and find no leak.`
        : `Without forced row security: ${unforced.join(', ') || 'none'}; leaking: ${leaks.join(', ') || 'none'}.`,
  }
})

export const dataPromises: readonly PromiseCheck[] = [atRest, tenantsAreIsolated]

import { encryption } from '@holdfast/contract'
import { sql } from 'kysely'
import { enqueue } from '../../kernel/enqueue.ts'
import { handle } from '../../kernel/handle.ts'
import { keyHeldMs } from '../../kernel/vault.ts'
import { resealTask } from './reseal.ts'

/**
 * New values are sealed by the new key from the commit on; what is stored follows in the background. Twice: another node may go on sealing
 * with the old key for as long as it holds it. Members' own keys seal their names and addresses in every organisation they are in, so an
 * organisation does not rotate them.
 */
export const rotateDataKey = handle(
  encryption.rotateDataKey,
  async (_, { tx, vault, orgId, services, now, because, afterCommit }) => {
    await tx.selectNoFrom(sql`pg_advisory_xact_lock(hashtextextended(${`data key ${orgId}`}, 0))`.as('locked')).execute() // two at once: one after the other
    const version = await vault.renew('org')
    because(`version ${version}`)
    await enqueue(tx, resealTask, {}, { key: 'reseal' })
    await enqueue(tx, resealTask, {}, { key: 'reseal-late', runAt: new Date(now.getTime() + keyHeldMs + 60_000) })
    afterCommit(() => services.ground.keyCache.forget(`org:${orgId}`))
    return { orgId, version }
  },
)

import { operator, type RotatableSecret } from '@holdfast/contract'
import { sql } from 'kysely'
import type { z } from 'zod'
import { enqueue } from '../../kernel/enqueue.ts'
import { handle, type Context } from '../../kernel/handle.ts'
import { renewSecret } from '../../kernel/identity/secrets.ts'
import { rotateSigningKey } from '../../kernel/identity/signing-keys.ts'
import { common } from '../../kernel/problem.ts'
import { retireTask, rewrapTask } from './rewrap.ts'

type Rotation = (context: Context<typeof operator.rotate>) => Promise<number>

/** After this long no transaction that wrapped a key by the old master key is still open. */
const retireAfterMs = 15 * 60_000

/**
 * Each replaces a secret without a moment at which neither the old nor the new one works. What lies outside the database (key server,
 * passwords) is changed last: a failure before it changes nothing, and one after it leaves a rotated secret that the next start uses.
 */
const rotations: Record<z.infer<typeof RotatableSecret>, Rotation> = {
  // Data keys stay what they are and are wrapped anew in the background; until then the old version still unwraps.
  master: async ({ tx, services: { ground }, now }) => {
    await enqueue(tx, rewrapTask, {}, { key: 'rewrap' })
    await enqueue(tx, retireTask, {}, { key: 'retire', runAt: new Date(now.getTime() + retireAfterMs) })
    const { rings } = await ground.keyServer.keys()
    for (const { name } of rings.filter((ring) => ring.name !== 'tenant')) await ground.keyServer.rotate(name)
    return (await ground.keyServer.rotate('tenant')).version
  },
  // The one published ahead signs from now on; the old one verifies until its last token has expired.
  'token-signing': async ({ tx, vault, services, now, fail, afterCommit }) => {
    const version = await rotateSigningKey({ tx, vault }, now)
    if (version === null) throw fail('rotation_running')
    afterCommit(() => services.tokens.forget())
    return version
  },
  // Tokens of the old one are accepted for as long as a session may idle.
  refresh: async ({ tx, vault, services, now, afterCommit }) => {
    const { version } = await renewSecret({ tx, vault }, 'refresh', now)
    afterCommit(() => services.tokens.forget())
    return version
  },
  'database-passwords': ({ services: { installation } }) => {
    if (!installation) throw common('dependency_unavailable', { detail: 'The passwords of this database are managed elsewhere.' })
    return installation.rotateDatabasePasswords()
  },
  // Older checkpoints verify by the old key, which stays published.
  'checkpoint-signing': async ({ services: { ground } }) => (await ground.keyServer.rotateSigning()).version,
}

/** One rotation at a time in the installation. */
export const rotate = handle(operator.rotate, async ({ secret }, context) => {
  const lock = sql<boolean>`pg_try_advisory_xact_lock(hashtextextended('rotation', 0))`
  const { free } = await context.tx.selectNoFrom(lock.as('free')).executeTakeFirstOrThrow()
  if (!free) throw context.fail('rotation_running')
  const version = await rotations[secret](context)
  context.because(`version ${version}`)
  return { secret, version }
})

import { schedule } from '../../kernel/job.ts'
import { changeAs, readIn } from '../../kernel/unit.ts'
import { keptDays, silentHours } from './rules.ts'

const hoursBefore = (now: Date, hours: number): Date => new Date(now.getTime() - hours * 3_600_000)
const atATime = 20

/** Recordings that are as old as we keep them go, with their chunks; those that nobody goes on with are ended. One entry for each. */
export const upkeep = schedule('recording.upkeep', '17 * * * *', async ({ services: { ground, clock }, orgId }) => {
  const now = clock.now()
  const old = await readIn(ground, orgId, null, ({ tx }) =>
    tx
      .selectFrom('recording')
      .select('id')
      .where('startedAt', '<', hoursBefore(now, keptDays * 24))
      .limit(atATime)
      .execute(),
  )
  for (const { id } of old)
    await changeAs(ground, 'recording.upkeep', orgId, async ({ tx }) => {
      await tx.deleteFrom('recordingChunk').where('recordingId', '=', id).execute()
      await tx.deleteFrom('recording').where('id', '=', id).execute()
      return { value: null, action: 'recording.deleted', targetId: id }
    })
  const silent = await readIn(ground, orgId, null, ({ tx }) =>
    tx
      .selectFrom('recording as r')
      .innerJoin('accessGrant as g', 'g.id', 'r.grantId')
      .select('r.id')
      .where('r.state', '=', 'running')
      .where('r.lastAt', '<', hoursBefore(now, silentHours))
      .where('g.endsAt', '<', hoursBefore(now, silentHours))
      .limit(atATime)
      .execute(),
  )
  for (const { id } of silent)
    await changeAs(ground, 'recording.upkeep', orgId, async ({ tx }) => {
      const over = { state: 'cut_off', endedAt: now } as const
      await tx.updateTable('recording').set(over).where('id', '=', id).where('state', '=', 'running').execute()
      return { value: null, action: 'recording.cut_off', targetId: id }
    })
})

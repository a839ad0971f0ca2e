import { hostKnowsEnds } from '@holdfast/contract'
import { schedule } from '../../kernel/job.ts'
import { obligationsIn } from '../../kernel/obligation/obligations.ts'
import { changeAs } from '../../kernel/unit.ts'
import { endKnownWithinMs, untoldMs } from './rules.ts'

/**
 * Opens what is owed about hosts that have not said that they know of an end of access: nobody can show then that it ended there. Until the host
 * acknowledges or is retired, the end stays without proof.
 */
export const watchEnds = schedule('host.watch-ends', '*/5 * * * *', async ({ services, orgId }) => {
  const now = services.clock.now()
  await changeAs(services.ground, 'host.watch-ends', orgId, async (unit) => {
    const rows = await unit.tx
      .selectFrom('accessGrant as g')
      .innerJoin('host as h', 'h.id', 'g.hostId')
      .leftJoin('obligationClock as c', (join) => join.on('c.kind', '=', hostKnowsEnds.name).onRef('c.subject', '=', 'h.id'))
      .select(['h.id', 'h.name'])
      .select(({ fn }) => fn.min('g.endedAt').as('since'))
      .where('g.state', '=', 'ended')
      .where('g.endSequence', 'is not', null)
      .where('g.toldAt', 'is', null)
      .where('g.endedAt', '<', new Date(now.getTime() - untoldMs))
      .where('h.state', '=', 'enrolled')
      .where('c.obligationId', 'is', null)
      .groupBy(['h.id', 'h.name'])
      .orderBy('h.id')
      .limit(100)
      .execute()
    if (rows.length === 0) return null
    const openings = rows.map(({ id, name, since }) => ({
      ...{ subject: id, label: `server ${name}`, role: 'admin' as const },
      due: new Date((since ?? now).getTime() + endKnownWithinMs),
    }))
    await obligationsIn(unit, now).openMany(hostKnowsEnds, openings)
    return { value: null, action: 'host.end_not_known', targetId: rows[0]?.id ?? orgId, reason: `${rows.length} servers` }
  })
})

import { host, HostId } from '@holdfast/contract'
import { liveSessionsOf } from '../../kernel/access/live-sessions.ts'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle } from '../../kernel/handle.ts'
import { sshKeysOf } from '../../kernel/ssh-authorities.ts'
import { readHost, readHosts } from './rows.ts'

export const list = handle(host.list, async ({ limit, after, ...wanted }, { tx, now }) => {
  const rows = await readHosts(tx, wanted, cursorOf(HostId, after), limit + 1, now)
  const shown = rows.slice(0, limit)
  return { rows: shown, next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
})

export const read = handle(host.read, async ({ id }, { tx, now, fail }) => {
  const found = await readHost(tx, id, now)
  if (!found) throw fail('host_not_found')
  const refusals = await tx
    .selectFrom('hostRefusal')
    .select(['at', 'login', 'keyId', 'reason'])
    .where('hostId', '=', id)
    .orderBy('at', 'desc')
    .limit(100)
    .execute()
  return {
    ...found,
    sessions: await liveSessionsOf(tx, { hostId: id }),
    refusals: refusals.map((row) => ({ ...row, at: row.at.toISOString() })),
  }
})

export const authorities = handle(host.authorities, async (_, { services, orgId }) => {
  const { knownHosts, userAuthorities } = await sshKeysOf(services.ground.keyServer, orgId)
  return { knownHosts, userAuthorities }
})

import { DirectoryId } from '@holdfast/contract'
import { schedule, type JobContext } from '../../kernel/job.ts'
import { changeAs, readIn } from '../../kernel/unit.ts'
import { changesUnder, currentMapping, giveRoles } from './roles.ts'
import './table.ts'

const enabled = ({ services, orgId }: JobContext) =>
  readIn(services.ground, orgId, null, ({ tx }) =>
    tx.selectFrom('directory').select('id').where('disabledAt', 'is', null).executeTakeFirst(),
  )

/** Whoever waited for a clearance gets the role that their groups give, once they have it. */
export const settleWaiting = schedule('directory.settle', '*/5 * * * *', async (context) => {
  const { services, orgId } = context
  const found = await enabled(context)
  if (!found) return
  await changeAs(services.ground, 'directory.settle', orgId, async (unit) => {
    const changing = { ...unit, tx: unit.tx, vault: unit.vault, services, now: services.clock.now() }
    const changes = await changesUnder(changing, await currentMapping(unit))
    const changed = await giveRoles({ ...changing, principal: { kind: 'system', job: 'directory.settle', orgId } }, changes)
    if (changed === 0) return null
    return { value: null, action: 'directory.roles_settled', targetId: DirectoryId.parse(found.id), reason: `${changed} members` }
  })
})

const keptDays = 90
/** However much came. */
const keptLines = 100_000

/** The log holds what people are called: it is kept as long as it is needed to find out what went wrong. */
export const tidyLog = schedule('directory.tidy', '17 3 * * *', async ({ services, orgId }) => {
  const before = new Date(services.clock.now().getTime() - keptDays * 86_400_000)
  const [old, surplus] = await readIn(services.ground, orgId, null, ({ tx }) =>
    Promise.all([
      tx.selectFrom('directoryLog').select('id').where('at', '<', before).orderBy('id', 'desc').limit(1).executeTakeFirst(),
      tx.selectFrom('directoryLog').select('id').orderBy('id', 'desc').offset(keptLines).limit(1).executeTakeFirst(),
    ]),
  )
  const last = [old?.id, surplus?.id]
    .filter((id) => id !== undefined)
    .toSorted()
    .at(-1) // ids sort by time
  if (last === undefined) return
  await changeAs(services.ground, 'directory.tidy', orgId, async ({ tx }) => {
    const gone = await tx.deleteFrom('directoryLog').where('id', '<=', last).executeTakeFirst()
    return { value: null, action: 'directory.log_forgotten', targetId: 'directory', reason: `${gone.numDeletedRows} lines` }
  })
})

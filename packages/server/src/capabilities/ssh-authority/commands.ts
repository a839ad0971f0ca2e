import { sshAuthority, sshAuthorityBelieved, SshRotationId } from '@holdfast/contract'
import { advanceTask } from '../../kernel/access/rotation.ts'
import { signingVersion } from '../../kernel/access/signing.ts'
import { enqueue } from '../../kernel/enqueue.ts'
import { handle } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { lockRotation, showRotation } from './rows.ts'
import { rotationState } from './rules.ts'
import { takeStep } from './steps.ts'

const names = { user: 'people’s certificates', host: 'servers’ certificates', revocations: 'what servers are told' } as const

/** Notes that it is wanted; the key is made by a job, after this has been recorded. */
export const rotate = handle(sshAuthority.rotate, async ({ purpose, waitSeconds }, context) => {
  const { tx, now, person, fail, obligations } = context
  const id = newIdOf(SshRotationId, 'sr')
  const movesAt = new Date(now.getTime() + waitSeconds * 1000)
  const nothingYet = { toVersion: null, sequence: null, madeAt: null, movedAt: null, retiredAt: null }
  const row = await tx
    .insertInto('sshRotation')
    .values({
      id,
      purpose,
      fromVersion: await signingVersion(tx, purpose),
      startedAt: now,
      startedBy: person(),
      movesAt,
      ...nothingYet,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!row) throw fail('rotation_running')
  // Clients, and no server, must know a new authority of servers.
  if (purpose === 'host') obligations.unneeded(sshAuthorityBelieved)
  else await obligations.open(sshAuthorityBelieved, { subject: id, label: `for ${names[purpose]}`, role: 'admin', due: movesAt })
  await enqueue(tx, advanceTask, { id }, { key: `${advanceTask} ${id}` })
  return showRotation(tx, id, now)
})

/** For a key that somebody else may have: whoever is not through has to come in again. */
export const hasten = handle(sshAuthority.hasten, async ({ id, reason }, context) => {
  const { tx, now, services, fail, because, obligations } = context
  const row = await lockRotation(tx, id)
  if (!row) throw fail('rotation_not_found')
  const state = rotationState(row)
  if (state === 'done') throw fail('rotation_done')
  if (state === 'making') throw fail('rotation_not_ready', 'The new key is being made. Try again in some seconds.')
  await takeStep(context, row, services, now, true)
  obligations.unneeded(sshAuthorityBelieved) // the step itself sees to it
  because(reason)
  return showRotation(tx, id, now)
})

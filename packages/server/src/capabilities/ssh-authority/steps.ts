import { sshAuthorityBelieved } from '@holdfast/contract'
import { advanceTask } from '../../kernel/access/rotation.ts'
import { announceAccess } from '../../kernel/access/sequence.ts'
import { enqueue } from '../../kernel/enqueue.ts'
import type { Entered } from '../../kernel/handle.ts'
import { obligationsIn } from '../../kernel/obligation/obligations.ts'
import type { Services } from '../../kernel/services.ts'
import { hostsNotThrough, rotations } from './rows.ts'
import { looksAgainAt, mayAdvance, rotationState, type RotationRow } from './rules.ts'

export type Step = 'made' | 'moved' | 'retired'
type Work = (entered: Entered, row: RotationRow, keyServer: Services['ground']['keyServer'], now: Date) => Promise<Step>

const set = (
  { tx }: Entered,
  { id }: RotationRow,
  values: Partial<Pick<RotationRow, 'toVersion' | 'madeAt' | 'sequence' | 'movedAt' | 'leftOut' | 'retiredAt'>>,
) => tx.updateTable('sshRotation').set(values).where('id', '=', id).execute()

/** The key server has it before any host is told of it, so every bundle from that change on names both. A key that it made for an attempt that failed is used. */
const make: Work = async (entered, row, keyServer, now) => {
  const { tx } = entered
  const { authorities } = await keyServer.sshAuthorities(tx.orgId)
  const there = authorities[row.purpose].current
  const made =
    there > row.fromVersion ? there : (await keyServer.rotateSshAuthority(tx.orgId, row.purpose)).authorities[row.purpose].current
  const sequence = String(await announceAccess(tx))
  await set(entered, row, { toVersion: made, madeAt: now, sequence })
  return 'made'
}

/** From this commit on the new key signs. */
const move: Work = async (entered, row, _keyServer, now) => {
  const waiting = await hostsNotThrough(entered.tx, row, now)
  await set(entered, row, { movedAt: now, leftOut: waiting.map(({ id }) => id) })
  if (waiting.length === 0) await obligationsIn(entered, now).meet(sshAuthorityBelieved, { subject: row.id })
  if (row.purpose === 'host') await announceAccess(entered.tx) // hosts ask for certificates of the new one
  return 'moved'
}

/** The key server forgets it first, so every bundle from that change on neither names nor believes it, and refuses what it signed. */
const retire: Work = async (entered, row, keyServer, now) => {
  await keyServer.retireSshAuthority(entered.tx.orgId, row.purpose, row.fromVersion)
  await set(entered, row, { retiredAt: now })
  await announceAccess(entered.tx)
  await obligationsIn(entered, now).withdraw(sshAuthorityBelieved, { subject: row.id }, 'the old authority is retired')
  return 'retired'
}

const works = { making: make, announced: move, moved: retire } as const

/** Takes the next step of a rotation whose row is locked, when its time has come or `hastened`; null when not. */
export const takeStep = async (
  entered: Entered,
  row: RotationRow,
  { ground }: Pick<Services, 'ground'>,
  now: Date,
  hastened = false,
): Promise<Step | null> => {
  const state = rotationState(row)
  if (state === 'done') return null
  if (!hastened && !mayAdvance(row, (await hostsNotThrough(entered.tx, row, now)).length, now)) return null
  const step = await works[state](entered, row, ground.keyServer, now)
  const after = await rotations(entered.tx).where('id', '=', row.id).executeTakeFirstOrThrow()
  const runAt = step === 'retired' ? null : looksAgainAt(after)
  if (runAt) await enqueue(entered.tx, advanceTask, { id: row.id }, { key: `${advanceTask} ${row.id}`, runAt })
  return step
}

import { castEventsOf, recording, RecordingId } from '@holdfast/contract'
import { recordingHash } from '@holdfast/ledger'
import { chunkPlace } from '../../kernel/access/recordings.ts'
import { handle, type Context } from '../../kernel/handle.ts'
import type { Problem } from '../../kernel/problem.ts'
import { maxCharacters, maxChunks } from './rules.ts'

/** The recording, locked until commit; of other hosts there are none. */
const lockRecording = async ({ tx, principal }: Pick<Context, 'tx' | 'principal'>, id: string) => {
  if (principal.kind !== 'agent') throw new Error('only an agent has a host')
  return tx
    .selectFrom('recording')
    .select(['state', 'chunks', 'characters', 'head'])
    .where('id', '=', id)
    .where('bastionId', '=', principal.hostId)
    .forUpdate()
    .executeTakeFirst()
}

/**
 * Takes the next chunk and no other: one that is edited, left out, out of its order or of another recording has no hash that follows from
 * ours. The same chunk twice, as it comes from an agent that heard no answer, changes nothing.
 */
export const append = handle(recording.append, async ({ id, index, hash, content }, context) => {
  const { tx, vault, now, fail } = context
  const row = await lockRecording(context, id)
  if (!row) throw fail('recording_not_found')
  if (index === row.chunks - 1 && hash === row.head) return { id, chunks: row.chunks }
  if (row.state !== 'running') throw fail('recording_over')
  if (index !== row.chunks || hash !== recordingHash(row.head, index, content))
    throw fail('chain_broken', `Chunk ${row.chunks} is what follows; this is none that does.`)
  if (castEventsOf(content) === null) throw fail('chunk_refused', 'Send lines that are events of asciicast v2.')
  const characters = Number(row.characters) + content.length
  if (row.chunks >= maxChunks || characters > maxCharacters) throw fail('recording_full', 'End the session.')
  await tx
    .insertInto('recordingChunk')
    .values({ recordingId: id, index, hash, contentSealed: await vault.seal('org', chunkPlace(id, index), content), at: now })
    .execute()
  const grown = { chunks: row.chunks + 1, characters, head: hash, lastAt: now }
  await tx.updateTable('recording').set(grown).where('id', '=', id).execute()
  return { id, chunks: grown.chunks }
})

const checkEnd = (row: { chunks: number; head: string }, told: { chunks: number; head: string }, broken: () => Problem): void => {
  if (row.chunks !== told.chunks || row.head !== told.head) throw broken()
}

/** Complete is only what arrived to its last chunk. The end is for good. */
export const end = handle(recording.end, async ({ id, outcome, exitCode, ...told }, context) => {
  const { tx, now, fail } = context
  const row = await lockRecording(context, id)
  if (!row) throw fail('recording_not_found')
  checkEnd(row, told, () => fail('chain_broken', `There are ${row.chunks} chunks here. Send the others first.`))
  if (row.state === outcome) return { id: RecordingId.parse(id), state: row.state }
  if (row.state !== 'running') throw fail('recording_over')
  await tx.updateTable('recording').set({ state: outcome, endedAt: now, exitCode }).where('id', '=', id).execute()
  return { id: RecordingId.parse(id), state: outcome }
})

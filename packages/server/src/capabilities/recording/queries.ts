import { castEventsOf, createCastLines, GrantId, HostId, LiveSessionId, recording, RecordingId } from '@holdfast/contract'
import { EnvelopeError } from '@holdfast/crypto'
import { presentRequester, requesterColumns } from '../../kernel/access/requester.ts'
import { chunkPlace, recordedCommandPlace } from '../../kernel/access/recordings.ts'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle, type Entered } from '../../kernel/handle.ts'
import { createCheck } from './rules.ts'

const recordings = ({ tx }: Pick<Entered, 'tx'>) =>
  tx
    .selectFrom('recording as r')
    .innerJoin('accessGrant as g', 'g.id', 'r.grantId')
    .leftJoin('serviceAccount as a', 'a.id', 'g.serviceAccountId')
    .innerJoin('host as h', 'h.id', 'g.hostId')
    .select(['r.id', 'r.grantId', 'r.bastionId', 'g.hostId', 'h.name as hostName', 'g.login', 'r.sessionId', 'r.kind'])
    .select(requesterColumns)
    .select([
      'r.commandSealed',
      'r.columns',
      'r.lines',
      'r.state',
      'r.chunks',
      'r.characters',
      'r.head',
      'r.startedAt',
      'r.lastAt',
    ])
    .select(['r.endedAt', 'r.exitCode'])

type Row = Awaited<ReturnType<ReturnType<typeof recordings>['execute']>>[number]

const present = async (
  { vault }: Pick<Entered, 'vault'>,
  { commandSealed, personId, accountId, accountName, accountOwnerId, ...row }: Row,
) => ({
  ...row,
  id: RecordingId.parse(row.id),
  grantId: GrantId.parse(row.grantId),
  bastionId: HostId.parse(row.bastionId),
  hostId: HostId.parse(row.hostId),
  ...presentRequester({ personId, accountId, accountName, accountOwnerId }),
  sessionId: LiveSessionId.parse(row.sessionId),
  command: commandSealed && (await vault.openText('org', recordedCommandPlace(row.id), commandSealed)),
  characters: Number(row.characters),
  startedAt: row.startedAt.toISOString(),
  lastAt: row.lastAt.toISOString(),
  endedAt: row.endedAt?.toISOString() ?? null,
})

export const list = handle(recording.list, async ({ limit, after, ...wanted }, context) => {
  const { grantId, hostId, personId, serviceAccountId, kind, state } = wanted
  const cursor = cursorOf(RecordingId, after)
  let query = recordings(context)
  if (grantId !== undefined) query = query.where('r.grantId', '=', grantId)
  if (hostId !== undefined) query = query.where('g.hostId', '=', hostId)
  if (personId !== undefined) query = query.where('g.personId', '=', personId)
  if (serviceAccountId !== undefined) query = query.where('g.serviceAccountId', '=', serviceAccountId)
  if (kind !== undefined) query = query.where('r.kind', '=', kind)
  if (state !== undefined) query = query.where('r.state', '=', state)
  if (cursor !== null) query = query.where('r.id', '<', cursor)
  const rows = await query
    .orderBy('r.id', 'desc')
    .limit(limit + 1)
    .execute()
  const shown = await Promise.all(rows.slice(0, limit).map((row) => present(context, row)))
  return { rows: shown, next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
})

export const read = handle(recording.read, async ({ id }, context) => {
  const row = await recordings(context).where('r.id', '=', id).executeTakeFirst()
  if (!row) throw context.fail('recording_not_found')
  return present(context, row)
})

const countOf = async ({ tx }: Pick<Entered, 'tx'>, id: string): Promise<number | null> =>
  (await tx.selectFrom('recording').select('chunks').where('id', '=', id).executeTakeFirst())?.chunks ?? null

const readChunks = async ({ tx, vault }: Pick<Entered, 'tx' | 'vault'>, id: string, from: number, limit: number) => {
  const rows = await tx
    .selectFrom('recordingChunk')
    .select(['index', 'hash', 'contentSealed'])
    .where('recordingId', '=', id)
    .where('index', '>=', from)
    .orderBy('index')
    .limit(limit)
    .execute()
  return Promise.all(
    rows.map(async ({ index, hash, contentSealed }) => ({
      index,
      hash,
      content: await vault.openText('org', chunkPlace(id, index), contentSealed),
    })),
  )
}

/** A row that was changed behind our back does not open; that is a finding, not a failure. A key server that cannot be reached is no finding. */
const damaged = (error: unknown): null => {
  if (error instanceof EnvelopeError) return null
  throw error
}

const damagedWords = 'A part of it does not open: it was changed in the database. recording.verify says which.'

const chunksAtATime = 10

export const events = handle(recording.events, async ({ id, from }, context) => {
  const count = await countOf(context, id)
  if (count === null) throw context.fail('recording_not_found')
  const rows = await readChunks(context, id, from, chunksAtATime).catch(damaged)
  if (rows === null) throw context.fail('recording_damaged', damagedWords)
  const next = from + chunksAtATime
  return { chunks: rows.map(({ index, content }) => ({ index, content })), next: next < count ? next : null }
})

const searchedAtATime = 100
const maxMatches = 500

export const search = handle(recording.search, async ({ id, text, from }, context) => {
  const count = await countOf(context, id)
  if (count === null) throw context.fail('recording_not_found')
  // One chunk more at the front: a line may have begun in it.
  const rows = await readChunks(context, id, Math.max(0, from - 1), searchedAtATime + (from > 0 ? 1 : 0)).catch(damaged)
  if (rows === null) throw context.fail('recording_damaged', damagedWords)
  const next = from + searchedAtATime
  const [linesOf, wanted] = [createCastLines(), text.toLowerCase()]
  const matches = rows.flatMap(({ index, content }) => {
    const lines = linesOf(castEventsOf(content) ?? [], index === count - 1)
    return index < from ? [] : lines.filter(({ line }) => line.toLowerCase().includes(wanted))
  })
  const shown = matches.slice(0, maxMatches).map(({ seconds, line }) => {
    const at = line.toLowerCase().indexOf(wanted)
    return { seconds, line: line.slice(Math.max(0, at - 100), at + 200) }
  })
  return { matches: shown, next: next < count ? next : null }
})

const verifiedAtATime = 50

/** The first chunk at which the chain is not whole; null when all of it is. */
export const brokenAt = async (
  context: Pick<Entered, 'tx' | 'vault'>,
  id: string,
): Promise<{ chunks: number; at: number | null }> => {
  const row = await context.tx.selectFrom('recording').select(['chunks', 'head']).where('id', '=', id).executeTakeFirstOrThrow()
  const check = createCheck(id)
  for (let from = 0; ; from += verifiedAtATime) {
    const rows = await readChunks(context, id, from, verifiedAtATime).catch(damaged)
    if (rows === null) return { chunks: from, at: from }
    for (const chunk of rows) if (!check.add(chunk)) return { chunks: check.at().chunks, at: check.at().chunks }
    if (rows.length < verifiedAtATime) break
  }
  const { head, chunks } = check.at()
  return { chunks, at: head === row.head && chunks === row.chunks ? null : chunks }
}

export const verify = handle(recording.verify, async ({ id }, context) => {
  if ((await countOf(context, id)) === null) throw context.fail('recording_not_found')
  const { chunks, at } = await brokenAt(context, id)
  return { intact: at === null, chunks, brokenAt: at }
})

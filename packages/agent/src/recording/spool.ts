import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { recordingHash, recordingRoot } from '@holdfast/ledger'
import { readIfThere, replaceFile } from '../files.ts'
import { ServerRefused, type ServerClient } from '../server-client.ts'
import type { Chunk, RecordingEnd } from '../wire.ts'

/**
 * What was recorded and the server does not have yet: on disk before anybody saw it, in chunks that are chained, each sent until the server has
 * taken it. Files are root's; nothing is sent twice as something else, since the chain says what comes next.
 */
export interface Recording {
  id: string
  /** Keeps lines of events, of at most `maxLine` characters each. Rejects when it cannot, and then nothing of them may be shown. */
  write(events: string): Promise<void>
  /** No more comes. */
  end(how: Pick<RecordingEnd, 'outcome' | 'exitCode'>): Promise<void>
}

export interface Spool {
  /** `broken`: the server does not take it; the session must end. */
  begin(id: string, broken: (error: Error) => void): Recording
  /** What an earlier agent left: sent, and ended as cut off where it had not ended. */
  resume(): void
  /** Waits, a little, for what can be sent. */
  stop(): Promise<void>
}

/** A chunk has no more, unless one line has; the server takes 100,000. */
const chunkCharacters = 64_000
export const maxLine = 90_000
const chunkMs = 2000
/** In no chunk yet: whoever writes more waits for the disk. */
const maxPart = 4 * chunkCharacters
/** Unsent, of one recording; beyond it the session ends. */
const maxUnsent = 50_000_000
const [firstRetryMs, maxRetryMs] = [500, 30_000]
const stopMs = 2000

interface Place {
  next: number
  head: string
}

interface Open extends Place {
  id: string
  directory: string
  part: string
  unsent: Chunk[]
  unsentCharacters: number
  end: RecordingEnd | null
  failed: Error | null
}

const files = (directory: string) => ({
  part: join(directory, 'part'),
  rest: join(directory, 'rest'),
  place: join(directory, 'place.json'),
  end: join(directory, 'end.json'),
  chunk: (index: number) => join(directory, `${index}.chunk`),
})

/** Whole lines, as many as a chunk takes. */
const endOfChunk = (part: string): number => {
  if (part.length <= chunkCharacters) return part.length
  return part.lastIndexOf('\n', chunkCharacters - 1) + 1 || part.indexOf('\n') + 1 || part.length
}

/** As an earlier agent left it; `part` was kept and is in no chunk yet, unless it was sealed in the last moment. */
const reopen = (directory: string, id: string): Open => {
  const at = files(directory)
  const place = JSON.parse(readIfThere(at.place) ?? JSON.stringify({ next: 0, head: recordingRoot(id) })) as Place
  const unsent = readdirSync(directory)
    .filter((name) => name.endsWith('.chunk'))
    .map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Chunk)
    .filter(({ index }) => index >= place.next)
    .toSorted((a, b) => a.index - b.index)
  const last = unsent.at(-1)
  const part = readIfThere(at.part) ?? ''
  return {
    ...{ id, directory, unsent, failed: null },
    ...(last ? { next: last.index + 1, head: last.hash } : place),
    part: part.slice(last && part.startsWith(last.content) ? last.content.length : 0, part.lastIndexOf('\n') + 1),
    unsentCharacters: unsent.reduce((sum, { content }) => sum + content.length, 0),
    end: JSON.parse(readIfThere(at.end) ?? 'null') as RecordingEnd | null,
  }
}

export const openSpool = (
  directory: string,
  { client, log }: { client: Pick<ServerClient, 'appendRecording' | 'endRecording'>; log: (line: string) => void },
): Spool => {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const sending = new Set<Promise<void>>()
  const stopping = new AbortController()

  /** The next chunk of what was kept; the rest stays, on disk as well. */
  const sealOne = async (open: Open): Promise<void> => {
    const content = open.part.slice(0, endOfChunk(open.part))
    const chunk = { index: open.next, hash: recordingHash(open.head, open.next, content), content }
    const at = files(open.directory)
    await replaceFile(at.chunk(chunk.index), JSON.stringify(chunk))
    open.part = open.part.slice(content.length)
    open.next++
    open.head = chunk.hash
    open.unsent.push(chunk)
    open.unsentCharacters += content.length
    writeFileSync(at.rest, open.part, { mode: 0o600 })
    renameSync(at.rest, at.part)
  }
  const seal = async (open: Open, least = 1): Promise<void> => {
    while (open.part.length >= least) await sealOne(open)
  }
  const sendNext = async (open: Open): Promise<boolean> => {
    const [chunk] = open.unsent
    if (!chunk) {
      if (!open.end) return false
      await client.endRecording(open.id, open.end)
      rmSync(open.directory, { recursive: true, force: true })
      return false
    }
    await client.appendRecording(open.id, chunk)
    await replaceFile(files(open.directory).place, JSON.stringify({ next: chunk.index + 1, head: chunk.hash }))
    rmSync(files(open.directory).chunk(chunk.index), { force: true })
    open.unsent.shift()
    open.unsentCharacters -= chunk.content.length
    return true
  }
  /** Until all is sent, or the server says that it will never take it. */
  const send = async (open: Open, broken: (error: Error) => void): Promise<void> => {
    for (let wait = firstRetryMs; !stopping.signal.aborted;) {
      try {
        if (!(await sendNext(open))) return
        wait = firstRetryMs
      } catch (error) {
        const final =
          error instanceof ServerRefused && error.status >= 400 && error.status < 500 && ![401, 408, 429].includes(error.status)
        if (final) {
          open.failed = error
          log(`recording ${open.id}: ${error.message}`)
          return broken(error)
        }
        await sleep(wait * (0.5 + Math.random()), undefined, { signal: stopping.signal }).catch(() => undefined)
        wait = Math.min(wait * 2, maxRetryMs)
      }
    }
  }
  const start = (open: Open, broken: (error: Error) => void) => {
    let running: Promise<void> | null = null
    return (): void => {
      if (running || open.failed) return
      const work = send(open, broken).finally(() => {
        sending.delete(work)
        running = null
      })
      running = work
      sending.add(work)
    }
  }
  const finish = async (open: Open, how: Pick<RecordingEnd, 'outcome' | 'exitCode'>): Promise<void> => {
    if (open.end) return
    await seal(open)
    open.end = { ...how, chunks: open.next, head: open.head }
    await replaceFile(files(open.directory).end, JSON.stringify(open.end))
  }

  return {
    begin(id, broken) {
      const open = { id, directory: join(directory, id), part: '', unsent: [], unsentCharacters: 0, end: null, failed: null }
      const state: Open = { ...open, next: 0, head: recordingRoot(id) }
      mkdirSync(state.directory, { mode: 0o700 })
      const wake = start(state, broken)
      let sealing: Promise<void> = Promise.resolve()
      const fail = (error: unknown) => {
        state.failed = error instanceof Error ? error : new Error('it could not be kept')
        broken(state.failed)
      }
      const sealSoon = (least?: number) => (sealing = sealing.then(() => seal(state, least)).then(wake, fail))
      const holds = () => {
        if (state.failed) throw state.failed
      }
      const timer = setInterval(() => void sealSoon(), chunkMs)
      return {
        id,
        async write(events) {
          holds()
          if (state.unsentCharacters > maxUnsent) throw new Error('too much is waiting for the server')
          appendFileSync(files(state.directory).part, events, { mode: 0o600 })
          state.part += events
          if (state.part.length < chunkCharacters) return
          const sealed = sealSoon(chunkCharacters)
          if (state.part.length > maxPart) await sealed
          holds()
        },
        async end(how) {
          clearInterval(timer)
          await sealing
          await finish(state, how)
          wake()
        },
      }
    },
    resume() {
      for (const id of readdirSync(directory)) {
        if (!existsSync(join(directory, id))) continue
        const open = reopen(join(directory, id), id)
        const wake = start(open, () => undefined)
        void finish(open, { outcome: 'cut_off', exitCode: null }).then(wake, (error: unknown) =>
          log(`recording ${id}: ${String(error)}`),
        )
      }
    },
    async stop() {
      await Promise.race([Promise.all(sending), sleep(stopMs)])
      stopping.abort()
    },
  }
}

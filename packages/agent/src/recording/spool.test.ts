import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { recordingHash, recordingRoot } from '@holdfast/ledger'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ServerRefused } from '../server-client.ts'
import type { Chunk, RecordingEnd } from '../wire.ts'
import { maxLine, openSpool } from './spool.ts'

let directory: string
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'hf-spool-'))))
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** A server that takes what follows, or none at all. */
const serverOf = () => {
  const chunks: Chunk[] = []
  const ends: RecordingEnd[] = []
  const server = {
    ...{ chunks, ends, down: false, refuses: false },
    async appendRecording(_: string, chunk: Chunk) {
      if (server.down) throw new Error('not reachable')
      if (server.refuses) throw new ServerRefused(409, 'chain_broken', 'refused')
      const before = chunks.at(-1)?.hash ?? recordingRoot('rc_1')
      expect(chunk.hash).toBe(recordingHash(before, chunks.length, chunk.content))
      expect(chunk.content.length).toBeLessThanOrEqual(100_000)
      chunks.push(chunk)
    },
    async endRecording(_: string, end: RecordingEnd) {
      if (server.down) throw new Error('not reachable')
      ends.push(end)
    },
  }
  return server
}
const open = (client: ReturnType<typeof serverOf>) => openSpool(directory, { client, log: () => undefined })
const lineOf = (length: number) => `${'x'.repeat(length - 1)}\n`
const never = () => {
  throw new Error('it is not broken')
}
const until = async (what: () => boolean) => {
  for (let tries = 0; !what(); tries += 1) {
    if (tries > 500) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

test('much at once arrives in chunks that the server takes, in order and whole', async () => {
  const server = serverOf()
  const spool = open(server)
  const recording = spool.begin('rc_1', never)
  const lines = Array.from({ length: 40 }, (_, index) => `${index}:${lineOf(index % 2 === 0 ? maxLine - 4 : 20_000)}`)
  for (const line of lines) await recording.write(line)
  await recording.end({ outcome: 'complete', exitCode: 0 })
  await until(() => server.ends.length === 1)
  expect(server.chunks.map(({ content }) => content).join('')).toBe(lines.join(''))
  expect(server.ends).toEqual([
    { outcome: 'complete', exitCode: 0, chunks: server.chunks.length, head: server.chunks.at(-1)?.hash },
  ])
  await until(() => readdirSync(directory).length === 0)
  await spool.stop()
})

test('what was kept survives the agent, and is sent by the next as cut off, each line once', async () => {
  const server = serverOf()
  server.down = true
  const first = open(server)
  const recording = first.begin('rc_1', never)
  const lines = Array.from({ length: 30 }, (_, index) => `${index}:${lineOf(10_000)}`)
  for (const line of lines) await recording.write(line)
  await first.stop() // No end: as if it had been killed.
  server.down = false
  const second = open(server)
  second.resume()
  await until(() => server.ends.length === 1)
  expect(server.chunks.map(({ content }) => content).join('')).toBe(lines.join(''))
  expect(server.ends[0]).toMatchObject({ outcome: 'cut_off' })
  await second.stop()
})

test('a spool that is full takes nothing more, so that nothing more is shown; what it has still arrives', async () => {
  const server = serverOf()
  server.down = true
  const spool = open(server)
  const recording = spool.begin('rc_1', never)
  let written = 0
  const fill = async () => {
    for (; written < 700; written += 1) await recording.write(lineOf(maxLine))
  }
  await expect(fill()).rejects.toThrow('too much is waiting')
  expect(written * maxLine).toBeGreaterThan(49_000_000)
  expect(written * maxLine).toBeLessThan(52_000_000)
  server.down = false
  await recording.end({ outcome: 'cut_off', exitCode: null })
  await until(() => server.ends.length === 1)
  expect(server.chunks.reduce((sum, { content }) => sum + content.length, 0)).toBe(written * maxLine)
  await spool.stop()
}, 60_000)

test('a disk that takes nothing, and a server that refuses: the session is told', async () => {
  const server = serverOf()
  const spool = open(server)
  const gone = spool.begin('rc_1', () => undefined)
  rmSync(join(directory, 'rc_1'), { recursive: true })
  await expect(gone.write(lineOf(10))).rejects.toThrow('ENOENT')
  server.refuses = true
  let told = ''
  const refused = spool.begin('rc_2', (error) => (told = error.message))
  await refused.write(lineOf(70_000))
  await until(() => told !== '')
  expect(told).toBe('refused')
  await expect(refused.write(lineOf(10))).rejects.toThrow('refused')
  await spool.stop()
})

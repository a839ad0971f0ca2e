/** In which order a recorder, its agent and the server speak: no recording before the server knows of the session. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isRoot, skipNotice } from '../../test/machine.ts'
import { layoutOf } from '../paths.ts'
import type { LiveSession } from '../sessions.ts'
import { openDesk, type Desk } from './desk.ts'

if (!isRoot) process.stderr.write(`${skipNotice}\n`)

let directory: string
let desk: Desk
/** What the server was asked for and when it heard of the session, in order. */
let happened: string[]
let told: () => void
const log: string[] = []

const layoutIn = () => layoutOf(join(directory, 'root'))
const begin = async () => {
  const cgroup = join(directory, 'group')
  mkdirSync(cgroup)
  writeFileSync(join(cgroup, 'cgroup.procs'), `${process.pid}\n`)
  const session = { id: 'ls_1', grantId: 'gr_1', login: 'root', cgroup, auditSession: null } as unknown as LiveSession
  const heard = new Promise<void>((resolve) => (told = resolve)).then(() => void happened.push('told'))
  desk = await openDesk({
    ...{ layout: layoutIn(), login: 'root', log: (line: string) => void log.push(line) },
    client: {
      openRecording: async () => {
        happened.push('opened')
        return { id: 'rc_1', certificate: 'c', login: 'deploy', address: 'web', port: 22, hostKeyAlias: 'a', knownHosts: [] }
      },
      appendRecording: async () => undefined,
      endRecording: async () => undefined,
    },
    sessions: { all: () => [session], end: async () => null },
    told: () => heard,
  })
}
/** A recorder that wants to begin; its answer, when there is one. */
const recorder = () => {
  const socket = connect(layoutIn().recorderSocket)
  const wanted = { pid: process.pid, kind: 'command', command: 'id', columns: 80, lines: 24 }
  socket.write(`${JSON.stringify({ open: wanted })}\n`)
  const answer = new Promise<string>((resolve) => createInterface({ input: socket }).once('line', resolve))
  return { answer, leave: () => void socket.end() }
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hf-desk-'))
  happened = []
})
afterEach(async () => {
  vi.useRealTimers()
  await desk?.close()
  rmSync(directory, { recursive: true, force: true })
})

test.skipIf(!isRoot)('a recording is asked for once the server has heard of the session, and not before', async () => {
  await begin()
  const { answer, leave } = recorder()
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(happened).toEqual([])
  told()
  expect(JSON.parse(await answer)).toMatchObject({ opened: {} })
  expect(happened).toEqual(['told', 'opened'])
  leave()
})

test.skipIf(!isRoot)(
  'a server that never hears of it: after ten seconds the recorder is refused, and nothing was asked for',
  async () => {
    await begin()
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    const { answer, leave } = recorder()
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1), { timeout: 5_000 })
    vi.advanceTimersByTime(9_999)
    expect(happened).toEqual([])
    vi.advanceTimersByTime(1)
    expect(JSON.parse(await answer)).toEqual({ refused: 'the server has not heard of this session' })
    expect(happened).toEqual([])
    leave()
  },
)

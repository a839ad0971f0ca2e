import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const program = fileURLToPath(new URL('recorder.ts', import.meta.url))
let directory: string
let server: Server
/** What the recorder said to the desk, and what came before what was shown. */
let heard: Record<string, unknown>[]
/** Answers each message; a test may refuse some. */
let answer: (message: Record<string, unknown>) => unknown
let connection: Socket | null

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hf-recorder-'))
  heard = []
  answer = (message) => ('open' in message ? { opened: { config: 'none' } } : 'end' in message ? { ended: true } : { kept: true })
  server = createServer((socket) => {
    connection = socket
    createInterface({ input: socket }).on('line', (line) => {
      const message = JSON.parse(line) as Record<string, unknown>
      heard.push(message)
      socket.write(`${JSON.stringify(answer(message))}\n`)
    })
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(join(directory, 'socket'), resolve))
  // In the place of ssh: runs the command here.
  writeFileSync(join(directory, 'ssh'), '#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
  chmodSync(join(directory, 'ssh'), 0o755)
})
afterEach(async () => {
  connection?.destroy()
  await new Promise((resolve) => server.close(resolve))
  rmSync(directory, { recursive: true, force: true })
})

const run = (command: string, slowly = false) =>
  new Promise<{ code: number | null; out: Buffer; err: Buffer }>((resolve) => {
    const env = { PATH: `${directory}:${dirname(process.execPath)}:/usr/bin:/bin` }
    const child = spawn(process.execPath, [program, join(directory, 'socket'), command], { env, stdio: ['pipe', 'pipe', 'pipe'] })
    child.stdin.end()
    const [out, err]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (chunk: Buffer) => {
      out.push(chunk)
      if (!slowly) return
      child.stdout.pause()
      setTimeout(() => child.stdout.resume(), 20)
    })
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.once('close', (code) => resolve({ code, out: Buffer.concat(out), err: Buffer.concat(err) }))
  })
const textOf = () =>
  heard
    .flatMap(({ events }) => (typeof events === 'string' ? [JSON.parse(events) as [number, string, string]] : []))
    .map(([, , text]) => text)
    .join('')

describe('a command', () => {
  test('is shown as it was, and kept before; its exit code is the recorder’s', async () => {
    const { code, out, err } = await run('echo shown; echo wrong >&2; exit 3')
    expect({ code, out: out.toString(), err: err.toString() }).toEqual({ code: 3, out: 'shown\n', err: 'wrong\n' })
    expect(heard[0]).toMatchObject({ open: { kind: 'command', command: 'echo shown; echo wrong >&2; exit 3' } })
    expect(textOf()).toContain('shown\n')
    expect(heard.at(-1)).toEqual({ end: { exitCode: 3 } })
  })

  test.each([
    ['at once', false],
    ['to somebody who reads slowly', true],
  ])('that shows much, of any bytes, is shown whole %s, in events that are bounded', async (_, slowly) => {
    const bytes = join(directory, 'bytes')
    writeFileSync(bytes, randomBytes(400_000))
    const { code, out, err } = await run(`cat ${bytes} & cat ${bytes} >&2; wait; seq 1 60000`, slowly)
    expect({ code, tail: out.subarray(-7).toString() }).toEqual({ code: 0, tail: '\n60000\n' })
    expect(err.length).toBe(400_000)
    expect(out.subarray(0, 400_000).equals(err)).toBe(true)
    const longest = Math.max(...heard.map(({ events }) => (typeof events === 'string' ? events.length : 0)))
    expect(longest).toBeLessThan(90_000)
    expect(textOf()).toContain('\n59999\n60000\n')
  })

  test('of which something is not kept is not shown, and ends', async () => {
    answer = (message) => ('open' in message ? { opened: { config: 'none' } } : { refused: 'the disk is full' })
    const { code, out, err } = await run('echo shown; sleep 30')
    expect({ code, out: out.toString() }).toEqual({ code: 254, out: '' })
    expect(err.toString()).toContain('the disk is full')
  })

  test('ends when the agent goes', async () => {
    answer = (message) => {
      if (!('open' in message)) setImmediate(() => connection?.destroy())
      return 'open' in message ? { opened: { config: 'none' } } : { kept: true }
    }
    const { code, err } = await run('echo shown; sleep 30')
    expect(code).toBe(254)
    expect(err.toString()).toContain('the recording has stopped')
  })
})

test('the old scp protocol is refused with a word, before anything is opened', async () => {
  const { code, err } = await run('scp -v -t /tmp/x')
  expect({ code, heard }).toEqual({ code: 254, heard: [] })
  expect(err.toString()).toContain('leave out -O')
})

test('what is no SFTP is not passed on; the recording is whole and says why', async () => {
  writeFileSync(join(directory, 'ssh'), '#!/bin/sh\nexec cat\n')
  const env = { PATH: `${directory}:${dirname(process.execPath)}:/usr/bin:/bin` }
  const child = spawn(process.execPath, [program, join(directory, 'socket'), 'internal-sftp'], { env })
  child.stdin.write(Buffer.from([0, 0, 0, 5, 3, 0, 0, 0, 1]))
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  const code = await new Promise((resolve) => child.once('close', resolve))
  expect({ code, out }).toEqual({ code: 254, out: '' })
  expect(textOf()).toContain('Only SFTP of version 3 is carried')
  expect(heard.at(-1)).toEqual({ end: { exitCode: 254 } })
})

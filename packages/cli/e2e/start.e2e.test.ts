import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import https from 'node:https'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('../bin/holdfast.mjs', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'holdfast-start-'))
chmodSync(home, 0o711) // as root PostgreSQL runs under another account, which must get through to its own folder
afterAll(() => rmSync(home, { recursive: true, force: true }))

const { HOLDFAST_HOME: _home, HOLDFAST_PORT: _port, HOLDFAST_PUBLIC_URL: _url, ...environment } = process.env

interface Started {
  output: () => string
  /** Resolves when the output has it; rejects when the command ends before. */
  says: (text: string) => Promise<void>
  interrupt: () => void
  ended: Promise<number | null>
}

const start = (...flags: string[]): Started => startWith({}, ...flags)
const startWith = (settings: Record<string, string>, ...flags: string[]): Started => {
  const env = { ...environment, ...settings }
  const child = spawn(process.execPath, [bin, 'start', ...flags], { stdio: ['ignore', 'pipe', 'pipe'], env })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => void (output.includes(text) && resolve())
      child.stdout.on('data', look)
      void ended.then(() => reject(new Error(`ended without “${text}”:\n${output}`)))
    })
  return { output: () => output, says, interrupt: () => void child.kill('SIGINT'), ended }
}

const statusOf = (url: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const ca = readFileSync(join(home, 'ca.pem'), 'utf8')
    https.get(url, { ca, agent: false }, (response) => resolve(response.resume().statusCode)).on('error', reject)
  })

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => (socket.destroy(), resolve(true))).once('error', () => resolve(false))
  })

describe('holdfast start', () => {
  it('says what it does and which flags it takes', async () => {
    const { ended, output } = start('--help')
    expect(await ended).toBe(0)
    expect(output()).toMatch(/--demo[\s\S]*--home DIR[\s\S]*--port N/)
  })

  it.each([
    [['--nonsense'], /nonsense/],
    [['--port', 'many'], /The port is a whole number from 0 to 65535/],
  ])('refuses %j', async (flags, sentence) => {
    const { ended, output } = start(...flags)
    expect(await ended).toBe(1)
    expect(output()).toMatch(sentence)
    expect(output()).not.toMatch(/^ +at /m)
  })

  it.each([['--port'], ['HOLDFAST_HTTP_PORT']])('says that a port is in use before anything starts: %s', async (setting) => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const untouched = join(home, 'untouched')
    const taken =
      setting === '--port'
        ? start('--home', untouched, '--port', String(port))
        : startWith({ [setting]: String(port) }, '--home', untouched, '--port', '0')
    expect(await taken.ended).toBe(1)
    expect(taken.output()).toMatch(new RegExp(`port ${port} of 127.0.0.1 is in use: .* by .*${setting}`))
    expect(existsSync(untouched)).toBe(false)
    other.close()
  })

  it('runs on any free port, which its links name, and Ctrl-C stops all of it', async () => {
    const { says, output, interrupt, ended } = start('--home', home, '--port', '0')
    await says('Ctrl-C stops everything')
    const url = /running at (https:\/\/localhost:\d+)/.exec(output())?.[1] ?? ''
    expect(output()).toContain(`${url}/setup#`)
    expect(await statusOf(`${url}/healthz`)).toBe(200)
    const { port } = JSON.parse(readFileSync(join(home, 'postgres.json'), 'utf8')) as { port: number }
    expect(await isOpen(port)).toBe(true)
    interrupt()
    expect(await ended).toBe(0)
    expect([await isOpen(port), await isOpen(Number(new URL(url).port))]).toEqual([false, false])
  })
})

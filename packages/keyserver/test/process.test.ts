import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureLocalAuthority, issueCertificate, type Authority } from '../src/certificates.ts'
import { connectKeyServer } from '../src/client.ts'
import { serverNames } from '../src/testing.ts'

const root = mkdtempSync(join(tmpdir(), 'holdfast-process-'))
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
let authority: Authority
let environment: Record<string, string>
const children: ChildProcess[] = []

beforeAll(async () => {
  authority = await ensureLocalAuthority(join(root, 'ca'))
  const server = await issueCertificate({ authority, ...serverNames, usage: 'server' })
  writeFileSync(join(root, 'cert.pem'), server.certificatePem)
  writeFileSync(join(root, 'key.pem'), server.privateKeyPem, { mode: 0o600 })
  environment = {
    HOLDFAST_KEYSERVER_DIR: join(root, 'state'),
    HOLDFAST_KEYSERVER_TLS_CERT: join(root, 'cert.pem'),
    HOLDFAST_KEYSERVER_TLS_KEY: join(root, 'key.pem'),
    HOLDFAST_KEYSERVER_TLS_CA: join(root, 'ca', 'ca.pem'),
  }
})
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(root, { recursive: true, force: true })
})

const start = (changes: Record<string, string | undefined> = {}) => {
  const env = Object.fromEntries(Object.entries({ ...environment, ...changes }).filter(([, value]) => value !== undefined))
  const child = spawn(process.execPath, [main], { env, stdio: 'pipe' })
  children.push(child)
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
  return {
    child,
    output,
    listening: once(child.stdout, 'data').then(([line]) => (JSON.parse(String(line)) as { listening: number }).listening),
  }
}
const connect = async (port: number) => {
  const { certificatePem, privateKeyPem } = await issueCertificate({ authority, commonName: 'holdfast-app', usage: 'client' })
  return connectKeyServer({ port, ca: authority.certificatePem, cert: certificatePem, key: privateKeyPem })
}

describe('the process of the key server', () => {
  it('says where it listens, serves, stops on SIGTERM, and finds its keys again', async () => {
    const first = start()
    const client = await connect(await first.listening)
    const [wrapped] = await client.wrap([{ plaintext: Buffer.from('kept'), context: {} }])
    client.close()
    first.child.kill('SIGTERM')
    expect(await once(first.child, 'exit')).toEqual([0, null])
    expect(first.output.stdout.trim().split('\n')).toHaveLength(1)
    expect(first.output.stderr).toContain('"signal":"SIGTERM"')
    const second = start()
    const again = await connect(await second.listening)
    expect((await again.unwrap([{ wrapped: wrapped?.wrapped ?? Buffer.alloc(0), context: {} }]))[0]?.plaintext.toString()).toBe(
      'kept',
    )
    again.close()
    second.child.kill('SIGKILL')
    await once(second.child, 'exit')
  })

  it('keeps every answered rotation over kill -9', async () => {
    for (let round = 0; round < 3; round += 1) {
      const running = start()
      const client = await connect(await running.listening)
      const before = (await client.keys()).rings.find(({ name }) => name === 'tenant')?.current ?? 0
      const { version } = await client.rotate()
      running.child.kill('SIGKILL')
      await once(running.child, 'exit')
      client.close()
      expect(version).toBe(before + 1)
    }
    const last = start()
    const client = await connect(await last.listening)
    expect((await client.keys()).rings.find(({ name }) => name === 'tenant')?.current).toBe(4)
    client.close()
    last.child.kill('SIGKILL')
    await once(last.child, 'exit')
  })

  it('does not start twice in one directory', async () => {
    const directory = join(root, 'once')
    const first = start({ HOLDFAST_KEYSERVER_DIR: directory })
    await first.listening
    const second = start({ HOLDFAST_KEYSERVER_DIR: directory })
    expect(await once(second.child, 'close')).toEqual([1, null])
    expect(second.output.stderr).toContain('another key server is running in')
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    const third = start({ HOLDFAST_KEYSERVER_DIR: directory })
    expect(await third.listening).toBeGreaterThan(0)
  })

  it('stops with its parent when told to', async () => {
    const { child, listening } = start({ HOLDFAST_KEYSERVER_DIR: join(root, 'orphan'), HOLDFAST_KEYSERVER_STOP_WITH_STDIN: '1' })
    await listening
    child.stdin.end()
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it.each([
    [{ HOLDFAST_KEYSERVER_DIR: undefined }, 'HOLDFAST_KEYSERVER_DIR: is not set'],
    [{ HOLDFAST_KEYSERVER_PORT: '99999' }, 'HOLDFAST_KEYSERVER_PORT: '],
    [{ HOLDFAST_KEYS: 'vault' }, 'HOLDFAST_KEYS: '],
    [{ HOLDFAST_KEYS: 'pkcs11' }, 'HOLDFAST_PKCS11_PIN_FILE: is not set'],
    [{ HOLDFAST_KEYS: 'aws-kms' }, 'AWS_REGION: is not set'],
    [{ HOLDFAST_KEYSERVER_TLS_KEY: '/nowhere/key.pem' }, "no such file or directory, open '/nowhere/key.pem'"],
  ])('says what is wrong with %o', async (changes, message) => {
    const { child, output } = start(changes)
    expect(await once(child, 'close')).toEqual([1, null])
    expect(output.stderr).toContain(message)
    expect(output.stdout).toBe('')
  })
})

/** Certificates for SSH, signed by the key server's process, against a start of ssh-keygen for each. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { checkCertificate, parseCertificate, parsePublicKey, principalOf } from '@holdfast/crypto/ssh'
import { ensureLocalAuthority, issueCertificate } from '@holdfast/keyserver/certificates'
import { connectKeyServer, type KeyServerClient } from '@holdfast/keyserver/client'
import { measured, median, rounded, type Measured, type Scale } from './measure.ts'

export const certificateMeasures = ['access.certificates', 'access.certificates.spawn']

const run = promisify(execFile)
const concurrent = 16
const goalPerSecond = 3000
const account = { org: 'o1', host: 'ho_1', login: 'deploy' }
const keyId = 'grant:gr_1/user:pe_1'
const lifetimeSeconds = 300

const startKeyServer = async (directory: string) => {
  const at = (name: string) => join(directory, name)
  const authority = await ensureLocalAuthority(at('ca'))
  const names = { commonName: 'localhost', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] }
  const server = await issueCertificate({ authority, ...names, usage: 'server' })
  const app = await issueCertificate({ authority, commonName: 'holdfast-app', usage: 'client' })
  const pems = { CERT: server.certificatePem, KEY: server.privateKeyPem, CA: authority.certificatePem }
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    HOLDFAST_KEYSERVER_DIR: at('keyserver'),
    HOLDFAST_KEYSERVER_STOP_WITH_STDIN: '1',
  }
  for (const [name, pem] of Object.entries(pems)) {
    await writeFile(at(`${name}.pem`), pem, { mode: 0o600 })
    env[`HOLDFAST_KEYSERVER_TLS_${name}`] = at(`${name}.pem`)
  }
  const child = spawn(process.execPath, [fileURLToPath(import.meta.resolve('@holdfast/keyserver/main'))], {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { listening: port } = JSON.parse(line.toString()) as { listening: number }
  const client = connectKeyServer({ port, ca: authority.certificatePem, cert: app.certificatePem, key: app.privateKeyPem })
  const stop = async (): Promise<void> => {
    client.close()
    child.stdin.end()
    await once(child, 'exit')
  }
  return { client, stop }
}

/** Certificates a second of so many callers, each waiting for its own before it asks for the next. */
const throughput = async (milliseconds: number, one: (caller: number) => Promise<unknown>): Promise<number> => {
  let done = 0
  const start = performance.now()
  const caller = async (_: unknown, index: number): Promise<void> => {
    while (performance.now() < start + milliseconds) {
      await one(index)
      done++
    }
  }
  await Promise.all(Array.from({ length: concurrent }, caller))
  return (done * 1000) / (performance.now() - start)
}

/** That what is counted are certificates that sshd would believe. */
const check = async (client: KeyServerClient, certificate: string): Promise<void> => {
  const { authorities } = await client.sshAuthorities(account.org)
  checkCertificate(parseCertificate(certificate), {
    ...{ kind: 'user', principal: principalOf(account), nowSeconds: Date.now() / 1000 },
    authorities: authorities.user.keys.map(({ publicKey }) => parsePublicKey(publicKey)),
  })
}

const measureIn = async (directory: string, client: KeyServerClient, quick: boolean) => {
  const file = (name: string) => join(directory, name)
  const keygen = (...args: string[]) => run('ssh-keygen', ['-q', ...args])
  await keygen('-t', 'ed25519', '-N', '', '-f', file('authority'))
  for (let caller = 0; caller < concurrent; caller++) await keygen('-t', 'ed25519', '-N', '', '-f', file(`user${caller}`))
  const publicKey = await readFile(file('user0.pub'), 'utf8')
  await client.sshAuthorities(account.org)
  let serial = 0n
  const signed = async () => {
    const request = { kind: 'user', ...account, publicKey, serial: ++serial, keyId, lifetimeSeconds } as const
    return (await client.signCertificate({ ...request, endsAt: Math.floor(Date.now() / 1000) + 3600 })).certificate
  }
  const spawned = (caller: number) => {
    const fields = ['-I', keyId, '-n', principalOf(account), '-V', '-1m:+5m', '-z', String(++serial)]
    return keygen('-s', file('authority'), ...fields, file(`user${caller}.pub`))
  }
  await check(client, await signed())
  await throughput(1000, signed)
  const [rounds, milliseconds] = quick ? [2, 1500] : [5, 4000]
  const [ours, peer]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    ours.push(await throughput(milliseconds, signed))
    peer.push(await throughput(milliseconds, spawned))
  }
  return { ours, peer }
}

export const measureCertificates = async ({ quick, say }: Scale): Promise<Measured[]> => {
  say('access.certificates …')
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-access-'))
  const { client, stop } = await startKeyServer(directory)
  try {
    const { ours, peer } = await measureIn(directory, client, quick)
    const limit = peer.map(() => goalPerSecond)
    const about = { better: 'higher', unit: 'certificates/s' } as const
    const beside = `${concurrent} at a time, at least ${goalPerSecond}/s; a start of ssh-keygen for each: ${rounded(median(peer))}/s`
    return [
      measured('access.certificates', { ours, peer: limit }, { ...about, goal: 1, beside }),
      measured('access.certificates.spawn', { ours, peer }, { ...about, goal: 1, beside: 'the peer is `ssh-keygen -s`' }),
    ]
  } finally {
    await stop()
    await rm(directory, { recursive: true, force: true })
  }
}

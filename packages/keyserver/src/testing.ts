import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino, type Logger } from 'pino'
import { ensureLocalAuthority, issueCertificate, type Authority } from './certificates.ts'
import { connectKeyServer, type KeyServerClient, type KeyServerConnection } from './client.ts'
import { startKeyServer, type KeyServerOptions } from './index.ts'

export interface TestKeyServer {
  client: KeyServerClient
  port: number
  /** Of the key server's state. */
  dir: string
  authority: Authority
  connect: KeyServerConnection
  /** Stops and starts on the same state and port. */
  restart(): Promise<void>
  /** Stops it and removes its files. */
  close(): Promise<void>
}

export const serverNames = { commonName: 'localhost', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', '::1'] }

/** A real key server with a new authority in a temporary directory, in this process. */
export const startTestKeyServer = async (
  options: Partial<Pick<KeyServerOptions, 'keys' | 'graceDays' | 'rings' | 'now'>> & { log?: Logger } = {},
): Promise<TestKeyServer> => {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-keyserver-'))
  const dir = join(root, 'keyserver')
  const authority = await ensureLocalAuthority(join(root, 'ca'))
  const server = await issueCertificate({ authority, ...serverNames, usage: 'server' })
  const app = await issueCertificate({ authority, commonName: 'holdfast-app', usage: 'client' })
  const tls = { cert: server.certificatePem, key: server.privateKeyPem, ca: authority.certificatePem }
  const start = (port: number) =>
    startKeyServer({ directory: dir, port, tls, clients: ['holdfast-app'], log: pino({ level: 'silent' }), ...options })
  let running = await start(0)
  const connect = { port: running.port, ca: authority.certificatePem, cert: app.certificatePem, key: app.privateKeyPem }
  const client = connectKeyServer(connect)
  return {
    client,
    port: running.port,
    dir,
    authority,
    connect,
    async restart() {
      await running.close()
      running = await start(connect.port)
    },
    async close() {
      client.close()
      await running.close()
      await rm(root, { recursive: true, force: true })
    },
  }
}

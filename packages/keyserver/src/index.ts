import type { Logger } from 'pino'
import { openCheckpointSigner } from './checkpoints.ts'
import type { KeysConfiguration } from './configuration.ts'
import { openFileBox } from './file-box.ts'
import type { KeyBox } from './key-box.ts'
import { openMasterKeys } from './master-keys.ts'
import { startServer, type RunningServer, type TlsFiles } from './server.ts'
import { openSigningKeys, ownRing } from './signing-keys.ts'
import { openSshAuthorities, sshFolder } from './ssh/authorities.ts'
import { createSshSigner } from './ssh/signer.ts'
import { openState, type State } from './state.ts'

export type { KeysConfiguration, RunningServer, TlsFiles }

export interface KeyServerOptions {
  /** Its own, made 0700. */
  directory: string
  /** Default 127.0.0.1 */
  host?: string
  /** Default 0: a free one. */
  port?: number
  tls: TlsFiles
  /** Common names of client certificates that may call. */
  clients: readonly string[]
  keys?: KeysConfiguration
  /** Default tenant, platform. */
  rings?: readonly string[]
  /** Between retiring a master key and destroying it. Default 7. */
  graceDays?: number
  log: Logger
  /** Milliseconds since 1970, of the clock that certificates go by. */
  now?: () => number
}

/** The signing key of ledger checkpoints. */
const ledgerKey = 'ledger'
const sweepEveryMs = 3_600_000

/** The others are loaded only when chosen: the AWS SDK alone would double the memory of the process. */
const openBox = async (keys: KeysConfiguration, state: State): Promise<KeyBox> => {
  switch (keys.adapter) {
    case 'file':
      return openFileBox(state)
    case 'pkcs11':
      return (await import('./pkcs11-box.ts')).openPkcs11Box(keys)
    case 'aws-kms':
      return (await import('./kms-box.ts')).openKmsBox(keys)
  }
}

/** Opens the state (made at the first start), and listens. Throws `StateTampered` rather than working with changed files. */
export const startKeyServer = async (options: KeyServerOptions): Promise<RunningServer> => {
  const { directory, host = '127.0.0.1', port = 0, tls, clients, log, graceDays = 7, now = Date.now } = options
  const { keys = { adapter: 'file' }, rings = ['tenant', 'platform'] } = options
  const state = await openState(directory, ['origins', sshFolder])
  const box = await openBox(keys, state)
  const masterKeys = await openMasterKeys({ state, box, rings: [...rings, ownRing], graceDays })
  const signingKeys = await openSigningKeys({ state, masterKeys, names: [ledgerKey] })
  const checkpoints = openCheckpointSigner({ state, keys: signingKeys, keyName: ledgerKey })
  const sweep = () => masterKeys.sweep().catch((error: unknown) => log.error({ err: error }, 'could not destroy retired keys'))
  await sweep()
  const sshAuthorities = openSshAuthorities({ state, masterKeys, now })
  const sshSigner = createSshSigner({ authorities: sshAuthorities, log, now })
  const services = { masterKeys, signingKeys, checkpoints, sshAuthorities, sshSigner, startedAtMs: Date.now() }
  const server = await startServer({ host, port, tls, clients, services, log })
  const timer = setInterval(() => void sweep(), sweepEveryMs)
  log.info({ port: server.port, adapter: masterKeys.adapter }, 'key server listens')
  return {
    ...server,
    async close() {
      clearInterval(timer)
      await server.close()
      masterKeys.close()
    },
  }
}

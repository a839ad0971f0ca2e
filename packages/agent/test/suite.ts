import { afterAll, beforeAll, describe } from 'vitest'
import type { InstallOptions } from '../src/index.ts'
import { createManagedHost, type HostOptions, type ManagedHost } from './managed-host.ts'
import { isRoot, requireMachine, skipNotice } from './machine.ts'
import { startWireServer, type WireServer } from './wire-server.ts'

export interface World {
  readonly server: WireServer
  readonly host: ManagedHost
}

/** A group of tests on one host that the agent takes care of. Skipped, aloud, only where one is not root. */
export const onManagedHost = (
  name: string,
  tests: (world: World) => void,
  options: Partial<InstallOptions> = {},
  hostOptions: HostOptions = {},
): void => {
  if (!isRoot) process.stderr.write(`${skipNotice}\n`)
  describe.skipIf(!isRoot)(name, () => {
    let server: WireServer | null = null
    let host: ManagedHost | null = null
    const there = <T>(value: T | null): T => {
      if (value === null) throw new Error('not started')
      return value
    }
    beforeAll(async () => {
      requireMachine()
      server = await startWireServer()
      host = await createManagedHost(hostOptions)
      await host.install(server, options)
      await host.startAgent()
    })
    afterAll(async () => {
      await host?.close()
      await server?.close()
    })
    tests({
      get server() {
        return there(server)
      },
      get host() {
        return there(host)
      },
    })
  })
}

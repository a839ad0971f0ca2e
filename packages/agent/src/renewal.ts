import type { Host } from './belief.ts'
import type { HostClock } from './clock.ts'
import { hostPublicKey, isDue, writeHostCertificate } from './host-certificate.ts'
import type { Layout } from './paths.ts'
import type { ServerClient } from './server-client.ts'

/** Keeps the host's certificate new: by its own end, and when the server says that another authority signs for hosts now. */
export interface Renewal {
  /** Looks whether it is due. */
  look(): Promise<void>
  /** The server asks for it: some seconds later, since it asks every host at once. */
  asked(): void
  stop(): void
}

const hourMs = 3_600_000
const spreadMs = 20_000
const againMs = 60_000

export const startRenewal = ({
  layout,
  host,
  client,
  clock,
  log,
  outcome,
}: {
  layout: Layout
  host: Host
  client: Pick<ServerClient, 'renewHostCertificate'>
  clock: HostClock
  log: (line: string) => void
  /** Null for a success. */
  outcome: (error: unknown) => void
}): Renewal => {
  let soon: NodeJS.Timeout | null = null
  let stopped = false
  const renew = async (): Promise<void> => {
    await writeHostCertificate(layout, await client.renewHostCertificate(hostPublicKey(layout)), host)
    log('the host certificate was renewed')
  }
  const tell = (work: Promise<void>): Promise<boolean> =>
    work.then(
      () => {
        outcome(null)
        return true
      },
      (error: unknown) => {
        outcome(error)
        return false
      },
    )
  const look = async (): Promise<void> => {
    await tell(isDue(layout, clock.now()) ? renew() : Promise.resolve())
  }
  /** Until it is on the disk: the server asks no more once it has signed. */
  const renewIn = (ms: number): void => {
    soon ??= setTimeout(() => {
      void tell(renew()).then((done) => {
        soon = null
        if (!done && !stopped) renewIn(againMs)
      })
    }, ms)
  }
  const timer = setInterval(() => void look(), hourMs)
  return {
    look,
    asked: () => renewIn(Math.random() * spreadMs),
    stop() {
      stopped = true
      clearInterval(timer)
      if (soon) clearTimeout(soon)
    },
  }
}

import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { framed, packetsOf } from './sftp-packets.ts'
import { watchSftp, type Mark } from './sftp-watch.ts'

export interface Ends {
  /** The person's client. */
  client: { from: Readable; to: Writable }
  server: { from: Readable; to: Writable }
  /** Resolves when the mark is kept; only then goes on what it is about. */
  keep: (mark: Mark) => Promise<unknown>
}

const send = async (to: Writable, packet: Buffer): Promise<void> => {
  if (!to.write(framed(packet))) await once(to, 'drain')
}

/** Carries SFTP between the two, and has everything kept that is done to a file before it is done. Rejects for what is no SFTP. */
export const carryTransfer = ({ client, server, keep }: Ends) => {
  const watch = watchSftp()
  const keepAll = async (marks: readonly Mark[]): Promise<void> => {
    for (const mark of marks) await keep(mark)
  }
  const there = async (): Promise<void> => {
    for await (const packet of packetsOf(client.from)) {
      const { marks, answer } = watch.fromClient(packet)
      await keepAll(marks)
      await send(answer ? client.to : server.to, answer ?? packet)
    }
    server.to.end()
  }
  const back = async (): Promise<void> => {
    for await (const packet of packetsOf(server.from)) {
      await keepAll(watch.fromServer(packet))
      await send(client.to, packet)
    }
  }
  return {
    there: there(),
    back: back(),
    /** What is still open when it is over. */
    end: () => keepAll(watch.end()),
  }
}

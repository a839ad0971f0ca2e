import { createServer } from 'node:net'

/** The port wanted, when it is free on 127.0.0.1, or any free one. */
export const freePort = (wanted = 0): Promise<number> =>
  new Promise((done, fail) => {
    const probe = createServer()
    probe.once('error', (error) => (wanted === 0 ? fail(error) : done(freePort())))
    probe.listen(wanted, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => done(port))
    })
  })

/** Throws a sentence for people where the port cannot be listened on; `setting` is what would choose another. */
export const expectFree = (port: number, host: string, setting: string): Promise<void> =>
  new Promise((done, fail) => {
    const probe = createServer()
    probe.once('error', ({ code }: NodeJS.ErrnoException) => {
      const why = code === 'EADDRINUSE' ? 'is in use: stop what listens there' : `cannot be listened on (${code})`
      fail(new Error(`port ${port} of ${host} ${why}, or choose another by ${setting}.`))
    })
    probe.listen(port, host, () => probe.close(() => done()))
  })

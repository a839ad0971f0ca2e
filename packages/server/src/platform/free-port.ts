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

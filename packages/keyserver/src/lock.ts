import { rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'

/** Thrown when another process has the lock. */
export class Locked extends Error {}

const tryListen = (path: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)))
    server.listen(path, () => resolve(true))
    server.unref()
  })

const isAlive = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/**
 * Takes a lock that ends with the process, however it ends: a listening socket in the working directory. A lock file with a
 * process id would outlive a kill and mistake a later process of the same number for the owner. The path is relative since socket
 * paths have at most about 100 characters. Throws `Locked`.
 */
export const lockWorkingDirectory = async (path = 'running.sock'): Promise<void> => {
  if (await tryListen(path)) return
  if (await isAlive(path))
    throw new Locked(
      `another key server is running in ${process.cwd()}: stop the Holdfast that it belongs to, or choose another home`,
    )
  await rm(path, { force: true })
  if (!(await tryListen(path))) throw new Locked(`another key server is starting in ${process.cwd()}`)
}

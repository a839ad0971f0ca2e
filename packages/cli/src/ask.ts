import { closeSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { ReadStream, WriteStream } from 'node:tty'
import { Interrupted, type Io } from './io.ts'

const terminal = '/dev/tty'

/** A question at the terminal itself, so that stdin and stdout may be pipes, as `ssh` asks for passwords. */
const askAt: NonNullable<Io['ask']> = (question, { hidden = false } = {}) =>
  new Promise((resolve, reject) => {
    const input = new ReadStream(openSync(terminal, 'r'))
    const screen = new WriteStream(openSync(terminal, 'w'))
    let silent = false
    let interrupted = false
    const output = new Writable({
      write: (chunk: Uint8Array, _, done) => {
        if (!silent) screen.write(chunk)
        done()
      },
    })
    const lines = createInterface({ input, output, terminal: true, historySize: 0 })
    lines.once('close', () => {
      // ssh may have the terminal next: nothing of ours may go on reading it.
      input.destroy()
      if (hidden || interrupted) screen.write('\n')
      screen.end()
      // Ctrl-C, Ctrl-D, or a terminal that has gone. After an answer this changes nothing.
      reject(new Interrupted('SIGINT'))
    })
    lines.once('SIGINT', () => {
      interrupted = true
      lines.close()
    })
    lines.question(question, (answer) => {
      resolve(answer.trim())
      lines.close()
    })
    silent = hidden
  })

/** How to ask the person at the terminal; null when there is none. */
export const findAsk = (): Io['ask'] => {
  try {
    closeSync(openSync(terminal, 'r+'))
    return askAt
  } catch {
    return null
  }
}

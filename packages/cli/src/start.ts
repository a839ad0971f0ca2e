import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { Failed, type Io } from './io.ts'

const launcher = fileURLToPath(new URL('../../../scripts/start.mjs', import.meta.url))

/** Runs a program with our terminal until it ends; a signal that we get alone is passed on. */
const hand = (io: Io, file: string, args: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], { stdio: 'inherit', env: io.env as NodeJS.ProcessEnv })
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
    // Ctrl-C reaches the whole foreground group; a second one from us would cut the shutdown short.
    const forward = (signal: NodeJS.Signals) => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    }
    for (const signal of signals) process.on(signal, forward)
    const done = () => signals.forEach((signal) => process.off(signal, forward))
    child.once('error', (error) => {
      done()
      reject(error)
    })
    child.once('exit', (code, signal) => {
      done()
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0))
    })
  })

/** `holdfast start`: the same as `npm start` in the clone, with the same flags. */
export const addStart = (program: Command, io: Io): void => {
  program
    .command('start')
    .description('run database, key server and app on this machine')
    .argument('[flags...]', 'flags of the server, such as --demo')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (_flags: string[], _options: unknown, command: Command) => {
      if (!existsSync(launcher)) throw new Failed('start runs from a clone of Holdfast; this is the command line alone')
      const code = await hand(io, launcher, command.args)
      const stopped = [128 + constants.signals.SIGINT, 128 + constants.signals.SIGTERM]
      if (code !== 0 && !stopped.includes(code)) throw new Failed(`start ended with ${code}`)
    })
}

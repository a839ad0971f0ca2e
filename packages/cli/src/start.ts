import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { Failed, type Io } from './io.ts'

const launcher = fileURLToPath(new URL('../../../scripts/start.mjs', import.meta.url))

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
      const code = await io.hand(process.execPath, [launcher, ...command.args], io.env)
      const stopped = [128 + constants.signals.SIGINT, 128 + constants.signals.SIGTERM]
      if (code !== 0 && !stopped.includes(code)) throw new Failed(`start ended with ${code}`)
    })
}

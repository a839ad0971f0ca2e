import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Io } from './io.ts'

/** Runs a program with our terminal until it ends; a signal that we get alone is passed on. */
export const hand: Io['hand'] = (file, args, env) =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', env: env as NodeJS.ProcessEnv })
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
    // Ctrl-C reaches the whole foreground group; a second one from us would cut a shutdown short.
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

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { environment, pinnedNode } from './node.mjs'
import { root } from './root.mjs'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs a program in the clone with our terminal and resolves to its exit code (128 + n when signal n ended it).
 * A signal that we get goes to the program; it decides how to stop, and we wait for it. With `tether` it also stops when
 * npm, which started us, was killed, and it learns when we were: its `process` then emits `disconnect`.
 */
export function run(command, args, { env, tether = false, stdout = 'inherit' } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = ['inherit', stdout, 'inherit', ...(tether ? ['ipc'] : [])]
    const child = spawn(command, args, { cwd: root, stdio, env: env ?? environment() })
    let told = false
    const forward = (signal) => {
      // A terminal sends Ctrl-C to the whole foreground group, so the program has it already; npm sends it to us again.
      if (told || (signal === 'SIGINT' && process.stdin.isTTY)) return
      told = true
      child.kill(signal)
    }
    for (const signal of signals) process.on(signal, forward)
    const watch = tether && process.env.npm_lifecycle_event ? watchParent(() => forward('SIGTERM')) : undefined
    const done = () => {
      clearInterval(watch)
      for (const signal of signals) process.off(signal, forward)
    }
    child.once('error', (error) => {
      done()
      reject(error)
    })
    child.once('exit', (code, signal) => {
      done()
      resolve(code ?? 128 + (constants.signals[signal] ?? 0))
    })
  })
}

function watchParent(lost) {
  const parent = process.ppid
  return setInterval(() => {
    if (process.ppid !== parent) lost()
  }, 500)
}

/** Runs a program, keeps what it prints, and resolves to `{ code, output, stdout }` (`output` is both streams in order). */
export function capture(command, args, { env, cwd = root, input } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: env ?? environment({ NO_COLOR: '1' }),
    })
    child.stdin?.end(input)
    const output = []
    const stdout = []
    child.stdout.on('data', (bytes) => {
      output.push(bytes)
      stdout.push(bytes)
    })
    child.stderr.on('data', (bytes) => output.push(bytes))
    child.once('error', reject)
    child.once('close', (code) =>
      resolve({ code: code ?? 1, output: Buffer.concat(output).toString(), stdout: Buffer.concat(stdout).toString() }),
    )
  })
}

/** `run` with the pinned Node. */
export const runNode = (args, options) => run(pinnedNode(), args, options)

/** `capture` with the pinned Node. */
export const captureNode = (args, options) => capture(pinnedNode(), args, options)

/** Ends this process with the code that `main` resolves to; an error is one line for people, its stack only when asked for. */
export async function exitWith(main) {
  try {
    process.exitCode = await main()
  } catch (error) {
    process.stderr.write(`${process.env.DEBUG ? error.stack : error.message}\n`)
    process.exitCode = 1
  }
}

import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../bin/holdfast.mjs', import.meta.url))
/** For a shell. */
export const commandLine = (argv: string): string => `${process.execPath} ${bin} ${argv}`

export type Answer = [question: string, answer: string | ((screen: string) => unknown)]

/** Runs a command of the shell on a real terminal (script(1)). Types each answer, or does it, when the terminal shows its question. */
export const typeAt = (
  command: string,
  answers: readonly Answer[],
  env: Record<string, string>,
  withinMs = 25_000,
): Promise<{ code: number | null; screen: string }> =>
  new Promise((resolve) => {
    const path = `${dirname(process.execPath)}:/usr/bin:/bin`
    const child = spawn('script', ['-qec', command, '/dev/null'], { env: { PATH: path, SHELL: '/bin/sh', ...env } })
    const left = [...answers]
    let screen = ''
    let seen = 0
    child.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString()
      const [question, answer] = left[0] ?? []
      if (question === undefined || !screen.slice(seen).includes(question)) return
      seen = screen.length
      left.shift()
      if (typeof answer === 'function') answer(screen)
      else child.stdin.write(answer ?? '')
    })
    // A question that never comes leaves nothing behind: the terminal goes, and the command with it.
    const giveUp = setTimeout(() => child.kill('SIGTERM'), withinMs)
    child.once('close', (code) => {
      clearTimeout(giveUp)
      resolve({ code, screen })
    })
  })

import { spawn } from 'node:child_process'

export interface ToolRun {
  code: number | null
  output: string
  timedOut: boolean
}

/** Runs a tool at low priority; what it prints is kept. It is ended after `seconds`. */
export const runTool = (
  command: string,
  args: string[],
  { seconds, cwd, input }: { seconds: number; cwd?: string; input?: string },
): Promise<ToolRun> =>
  new Promise((resolve, reject) => {
    const child = spawn('nice', ['-n', '15', command, ...args], {
      ...(cwd !== undefined && { cwd }),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    })
    child.stdin?.end(input)
    let output = ''
    let timedOut = false
    const note = (chunk: Buffer): void => void (output += chunk.toString())
    child.stdout?.on('data', note)
    child.stderr?.on('data', note)
    const end = setTimeout(() => {
      timedOut = true
      child.kill('SIGKILL')
    }, seconds * 1000)
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(end)
      resolve({ code, output, timedOut })
    })
  })

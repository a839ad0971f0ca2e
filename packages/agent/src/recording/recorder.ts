// What a bastion's sshd runs instead of whatever was asked for: `recorder.ts SOCKET [COMMAND]`, under an account of its own.
// Keys that the person types go to the inner ssh and are never seen here; what comes back is shown only after the agent has kept it.
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

type Answer = { opened: { config: string } } | { kept: true } | { ended: true } | { refused: string }

const [socketPath = '', command = null] = process.argv.slice(2)
let ssh: ChildProcessByStdio<null, Readable, Readable> | null = null
const quit = (why: string): never => {
  ssh?.kill('SIGKILL')
  process.stderr.write(`\r\nThis session is recorded, and ${why}.\r\n`)
  process.exit(254)
}

const agent = connect(socketPath)
agent.on('error', () => quit('what records it cannot be reached'))
let over = false
agent.on('close', () => over || quit('the recording has stopped: the session ends'))
const answers = createInterface({ input: agent })[Symbol.asyncIterator]()
/** One question at a time: the answers come in order. */
let asking: Promise<unknown> = Promise.resolve()
const ask = (message: unknown): Promise<Answer> => {
  const asked = asking.then(async () => {
    agent.write(`${JSON.stringify(message)}\n`)
    const { value, done } = await answers.next()
    if (done === true) return quit('the recording has stopped: the session ends')
    const answer = JSON.parse(value) as Answer
    return 'refused' in answer ? quit(`it was not begun, or cannot go on: ${answer.refused}`) : answer
  })
  asking = asked
  return asked
}

const terminal = process.stdin.isTTY && process.stdout.isTTY
const size = () => ({ columns: process.stdout.columns || 80, lines: process.stdout.rows || 24 })
if (command !== null && /^(internal-sftp|\S*\/sftp-server)(\s|$)/.test(command))
  quit('sftp and scp are not recorded yet, so they are refused')

const startedAt = performance.now()
const opened = await ask({ open: { pid: process.pid, kind: terminal ? 'terminal' : 'command', command, ...size() } })
if (!('opened' in opened)) throw new Error('another answer than to the question')
const event = (kind: 'o' | 'r', text: string): string =>
  `${JSON.stringify([Number(((performance.now() - startedAt) / 1000).toFixed(3)), kind, text])}\n`
const keep = (kind: 'o' | 'r', text: string) => ask({ events: event(kind, text) })

const inner = spawn(
  'ssh',
  ['-F', opened.opened.config, terminal ? '-tt' : '-T', '--', 'target', ...(command === null ? [] : [command])],
  {
    stdio: ['inherit', 'pipe', 'pipe'],
  },
)
ssh = inner
const finish = async (exitCode: number | null): Promise<never> => {
  await ask({ end: { exitCode } })
  over = true
  process.exit(exitCode ?? 255)
}
/** The person has gone. */
const leave = () => {
  inner.kill('SIGKILL')
  void finish(null)
}
for (const signal of ['SIGHUP', 'SIGTERM'] as const) process.on(signal, leave)
for (const stream of [process.stdout, process.stderr]) stream.on('error', leave)
process.stdout.on('resize', () => void keep('r', `${size().columns}x${size().lines}`))

const pass = async (from: Readable, to: Writable): Promise<void> => {
  const decoder = new StringDecoder('utf8')
  for await (const chunk of from) {
    const text = decoder.write(chunk as Buffer)
    if (text !== '') await keep('o', text)
    if (!to.write(chunk)) await once(to, 'drain')
  }
}
const exited = once(inner, 'exit') as Promise<[number | null]>
await Promise.all([pass(inner.stdout, process.stdout), pass(inner.stderr, process.stderr)])
const [code] = await exited
await finish(code ?? 255)

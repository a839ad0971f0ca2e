// What a bastion's sshd runs instead of whatever was asked for: `recorder.ts SOCKET [COMMAND]`, under an account of its own.
// Keys that the person types go to the inner ssh and are never seen here; what comes back is shown only after the agent has kept it.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { carryTransfer } from './transfer.ts'

type Answer = { opened: { config: string } } | { kept: true } | { ended: true } | { refused: string }
type Kind = 'terminal' | 'command' | 'transfer'

const [socketPath = '', command = null] = process.argv.slice(2)
let ssh: ChildProcess | null = null
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

const kindOf = (): Kind => {
  // What sshd asks for in the name of its subsystem; whoever asks for it by name gets no more than that.
  if (command !== null && /^(internal-sftp|\S*\/sftp-server)(\s|$)/.test(command)) return 'transfer'
  return process.stdin.isTTY && process.stdout.isTTY ? 'terminal' : 'command'
}
const kind = kindOf()
const size = () => ({ columns: process.stdout.columns || 80, lines: process.stdout.rows || 24 })
// No fence, since other commands copy files too, but a word to whoever means no harm.
if (command !== null && /^scp(\s+-[a-zA-Z]+)*\s+-[a-zA-Z]*[tf](\s|$)/.test(command))
  quit('the old scp protocol shows no list of files: leave out -O')

const startedAt = performance.now()
const opened = await ask({ open: { pid: process.pid, kind, command, ...size() } })
if (!('opened' in opened)) throw new Error('another answer than to the question')
const event = (of: 'o' | 'r' | 'm', text: string): string =>
  `${JSON.stringify([Number(((performance.now() - startedAt) / 1000).toFixed(3)), of, text])}\n`
const keep = (of: 'o' | 'r' | 'm', text: string) => ask({ events: event(of, text) })
/** One event has so much, however it is written as JSON: six characters for one. */
const maxText = 10_000
const keepOutput = async (text: string): Promise<void> => {
  for (let at = 0; at < text.length; at += maxText) await keep('o', text.slice(at, at + maxText))
}

const argumentsOf = (): string[] => {
  if (kind === 'transfer') return ['-T', '-s', '--', 'target', 'sftp']
  return [kind === 'terminal' ? '-tt' : '-T', '--', 'target', ...(command === null ? [] : [command])]
}
const inner = spawn('ssh', ['-F', opened.opened.config, ...argumentsOf()], {
  stdio: [kind === 'transfer' ? 'pipe' : 'inherit', 'pipe', 'pipe'],
})
ssh = inner
const { stdin, stdout, stderr } = inner
if (!stdout || !stderr) throw new Error('ssh has no output')
const exited = once(inner, 'exit') as Promise<[number | null]>

const transfer =
  stdin &&
  carryTransfer({
    client: { from: process.stdin, to: process.stdout },
    server: { from: stdout, to: stdin },
    keep: (mark) => keep('m', JSON.stringify(mark)),
  })
/** What was kept and is not shown yet would go with the process. */
const flushed = (stream: Writable) => new Promise<void>((resolve) => stream.write('', () => resolve()))
let finishing: Promise<never> | null = null
/** The first end counts. */
const finish = (exitCode: number | null, lastWords = ''): Promise<never> => {
  finishing ??= (async () => {
    await transfer?.end()
    await keepOutput(lastWords)
    await ask({ end: { exitCode } })
    over = true
    await Promise.all([flushed(process.stdout), flushed(process.stderr)])
    process.exit(exitCode ?? 255)
  })()
  return finishing
}
/** The person has gone. */
const leave = () => {
  inner.kill('SIGKILL')
  void finish(null)
}
for (const signal of ['SIGHUP', 'SIGTERM'] as const) process.on(signal, leave)
for (const stream of [process.stdout, process.stderr]) stream.on('error', leave)
stdin?.on('error', () => undefined) // The server is gone: what it said last still comes.
process.stdout.on('resize', () => void keep('r', `${size().columns}x${size().lines}`))

const pass = async (from: Readable, to: Writable): Promise<void> => {
  const decoder = new StringDecoder('utf8')
  for await (const chunk of from) {
    const text = decoder.write(chunk as Buffer)
    await keepOutput(text)
    if (!to.write(chunk)) await once(to, 'drain')
  }
}
/** The recording is whole, and says why: nothing of what was refused went on. The person is told nothing, since sshd drops what a subsystem says so. */
const refuse = (error: unknown): Promise<never> => {
  const ending = finish(254, `Only SFTP of version 3 is carried: ${error instanceof Error ? error.message : 'it failed'}.\n`)
  inner.kill('SIGKILL')
  return ending
}
transfer?.there.catch(refuse)
await Promise.all([transfer ? transfer.back.catch(refuse) : pass(stdout, process.stdout), pass(stderr, process.stderr)])
const [code] = await exited
await finish(code ?? 255)

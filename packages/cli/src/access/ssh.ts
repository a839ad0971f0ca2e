import { ProblemError } from '@holdfast/contract'
import { connect } from '../call.ts'
import { Ended, type Io } from '../io.ts'
import { describeFailure } from '../refusal.ts'
import type { ServerOptions } from '../server.ts'
import { afterwards, warnBeforeEnd } from './afterwards.ts'
import { holdCode } from './code.ts'
import { clockTime, durationWords, secondsUntil } from './duration.ts'
import { untilSignal } from './interrupt.ts'
import { issueInto } from './issue.ts'
import { createKeyDirectory, explainMissing, withoutSecrets, type KeyDirectory } from './key-directory.ts'
import { createReport } from './report.ts'
import type { Asking, RequestOptions } from './request.ts'
import { accessTo } from './running.ts'
import { sshArguments } from './ssh-options.ts'
import type { Certificate } from './types.ts'

export interface SshOptions extends ServerOptions, RequestOptions {
  return?: true
  json?: true
  tty?: true
  sshOption?: string[]
}

/** Everything that the steps towards a connection need. With `--json` nobody is asked anything. */
export const askingOf = async (given: Io, options: SshOptions): Promise<Asking> => {
  const io = options.json ? { ...given, ask: null, interactive: false } : given
  const held = await holdCode(io, options.code)
  return { io, connection: await connect(io, options), report: createReport(io, options.json === true), options, held }
}

/** A key for one connection, taken away whatever happens: also when a signal ends us. */
const withKey = async <T>(io: Io, use: (directory: KeyDirectory) => Promise<T>): Promise<T> => {
  // From here on a signal must not end the process before the key is gone.
  const stop = io.onSignal(() => undefined)
  let directory: KeyDirectory | undefined
  try {
    directory = await createKeyDirectory(io)
    return await use(directory)
  } finally {
    directory?.remove()
    stop()
  }
}

const runSsh = async ({ io, report }: Asking, files: KeyDirectory, certificate: Certificate, rest: Rest): Promise<number> => {
  const { id, endsAt, recordedBy } = certificate
  const left = durationWords(secondsUntil(endsAt))
  const recorded = recordedBy === null ? '' : ` Recorded on ${recordedBy}: what it shows, not what you type.`
  report('connecting', `Access until ${clockTime(endsAt)} (${left}); what still runs then is ended.${recorded}`, {
    grantId: id,
    endsAt,
    recordedBy,
  })
  // On a terminal of its own the host warns by itself; a command without one would not hear it.
  const stop = rest.command.length > 0 && !rest.tty ? warnBeforeEnd(io, endsAt, id) : () => undefined
  try {
    return await io.hand('ssh', sshArguments(certificate, files, rest), withoutSecrets(io.env))
  } catch (error) {
    throw explainMissing('ssh', error)
  } finally {
    stop()
  }
}

interface Rest {
  own: readonly string[]
  tty: boolean
  command: readonly string[]
}

/** With `--json` a refusal is an event as well, the last one. */
export const reportingFailure = async (io: Io, { json }: SshOptions, work: Promise<void>): Promise<void> => {
  try {
    await work
  } catch (error) {
    const { text, code } = describeFailure(error)
    if (!json || text === '') throw error
    const refusal = error instanceof ProblemError ? { refusal: error.code } : {}
    createReport(io, true)('failed', text, { exitCode: code, ...refusal })
    throw new Ended(code)
  }
}

/** `ssh HOST`: asks where needed, waits, connects with the real ssh, and ends with its exit code. */
export const ssh = async (given: Io, name: string, command: readonly string[], options: SshOptions): Promise<void> => {
  const asking = await askingOf(given, options)
  const { io } = asking
  const grant = await accessTo(asking, { kind: 'host', name })
  const rest: Rest = { command, own: options.sshOption ?? [], tty: options.tty === true }
  const code = await withKey(io, async (directory) => {
    const certificate = await untilSignal(io, () => issueInto(asking, grant, directory))
    return runSsh(asking, directory, certificate, rest)
  })
  await afterwards(asking, grant.id, options.return === true)
  if (code !== 0) throw new Ended(code)
}

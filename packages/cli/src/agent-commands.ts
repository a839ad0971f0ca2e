import { existsSync, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { originOf } from './server.ts'
import { Failed, say, UsageError, type Io } from './io.ts'

/** Loaded when asked for: other commands need nothing of it. */
const agent = () => import('@holdfast/agent')

interface InstallFlags {
  server: string
  token: string
  ca?: string
  caFingerprint?: string
  login: string
  breakGlass?: string
  breakGlassCa?: string
  root?: string
}

const examples = `
Enrols this host, writes sshd's settings and PAM's line, tries a login through all of it, and only
then has sshd read them. When anything goes wrong, everything is as it was before.
docs/operations/just-in-time-access.md says what it does and what it cannot.

Examples:
  sudo holdfast agent install --server https://holdfast.example.com --token TOKEN --login ada
  sudo holdfast agent status
  sudo holdfast agent uninstall`

/** The program and its arguments that run this command line again. */
const ownCommand = (): string[] => [process.execPath, process.argv[1] ?? '', 'agent', 'run']

const authorityOf = async ({ server, ca, caFingerprint }: InstallFlags): Promise<string | null> => {
  if (ca !== undefined) return readFileSync(ca, 'utf8')
  return caFingerprint === undefined ? null : (await agent()).fetchAuthority(server, caFingerprint)
}

const breakGlassOf = ({ breakGlass, breakGlassCa }: InstallFlags) => {
  if ((breakGlass === undefined) !== (breakGlassCa === undefined))
    throw new UsageError('--break-glass and --break-glass-ca belong together')
  return breakGlass === undefined || breakGlassCa === undefined
    ? null
    : { login: breakGlass, authority: readFileSync(breakGlassCa, 'utf8').trim() }
}

const install = async (io: Io, flags: InstallFlags): Promise<void> => {
  const { installAgent } = await agent()
  const server = originOf(flags.server)
  const breakGlass = breakGlassOf(flags)
  try {
    const authority = await authorityOf({ ...flags, server })
    const options = { server, token: flags.token, authority, trialLogin: flags.login, breakGlass }
    await installAgent({ ...options, ...rootOf(flags), command: ownCommand(), say: (line) => say(io, line) })
  } catch (error) {
    throw error instanceof Error ? new Failed(error.message, { cause: error }) : error
  }
}

const rootOf = ({ root }: { root?: string }) => (root === undefined ? {} : { root })

const status = async (io: Io, flags: { root?: string; json?: boolean }): Promise<void> => {
  const { agentStatus, layoutOf } = await agent()
  const now = await agentStatus(flags.root)
  if (!now) {
    const installed = existsSync(layoutOf(flags.root).settings)
    throw new Failed(installed ? 'the agent is installed and does not run: nobody can log in' : 'no agent is installed here')
  }
  const lines = [
    `${now.name} (${now.hostId}) of ${now.server}`,
    `state ${now.sequence ?? 'none yet'}, heard ${now.heardAt ?? 'never'}${now.streaming ? ', told at once' : ', asking every 5 seconds'}`,
    `clock ${now.clockSkewSeconds} s ahead of the server's`,
    ...(now.retired ? ['the server knows this host no more: nobody is let in'] : []),
    ...(now.lastFailure === null ? [] : [`failing: ${now.lastFailure}`]),
    `${now.sessions.length} live sessions, ${now.unreported} events to report`,
    ...now.sessions.map(({ id, grantId, login, endsAt }) => `  ${id}  ${login}  ${grantId}  until ${endsAt}`),
  ]
  io.stdout.write(flags.json ? `${JSON.stringify(now)}\n` : `${lines.join('\n')}\n`)
}

/** The program on a managed host: `holdfast agent install|uninstall|run|status`. */
export const addAgentCommands = (program: Command, io: Io): void => {
  const command = program.command('agent').description('this host: let in who has a grant, end what has ended').helpCommand(false)
  const root = ['--root <directory>', 'a directory that stands for /, for trials'] as const
  command
    .command('install')
    .description('put this host in the care of the agent (as root)')
    .requiredOption('--server <url>', 'the server')
    .requiredOption('--token <token>', 'from registering the host; one use, within the hour')
    .option('--ca <file>', 'PEM file of the authority that signed the server’s certificate')
    .option('--ca-fingerprint <hex>', 'or its SHA-256, to fetch it from the server')
    .option('--login <account>', 'an account that can log in by ssh, for the trial', process.env.SUDO_USER ?? userInfo().username)
    .option('--break-glass <account>', 'an account that needs no grant, for emergencies')
    .option('--break-glass-ca <file>', 'public key of the authority for it, which is kept offline')
    .option(...root)
    .addHelpText('after', examples)
    .action((flags: InstallFlags) => install(io, flags))
  command
    .command('uninstall')
    .description('take this host out of its care: sshd and PAM as they were, sessions ended, files gone (as root)')
    .option(...root)
    .action(async (flags: { root?: string }) => {
      const { uninstallAgent } = await agent()
      if (!(await uninstallAgent({ ...rootOf(flags), say: (line) => say(io, line) })))
        throw new Failed('no agent is installed here')
    })
  command
    .command('run')
    .description('run the agent in the foreground; systemd does it where there is systemd')
    .option(...root)
    .action(async (flags: { root?: string }) => (await agent()).runAgent({ ...rootOf(flags), say: (line) => say(io, line) }))
  command
    .command('status')
    .description('what the agent knows, and whom it holds (as root)')
    .option('--json', 'print it as JSON')
    .option(...root)
    .action((flags: { root?: string; json?: boolean }) => status(io, flags))
}

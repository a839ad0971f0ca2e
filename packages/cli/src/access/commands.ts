import { InvalidArgumentError, Option, type Command } from 'commander'
import { SshExtension } from '@holdfast/contract'
import { UsageError, type Io } from '../io.ts'
import { addServerOptions } from '../server-options.ts'
import { approve, deny } from './approve.ts'
import { durationOption } from './duration.ts'
import { overview, type OverviewOptions } from './overview.ts'
import { psql } from './psql.ts'
import { printConfig, refresh } from './refresh.ts'
import { reportingFailure, ssh, type SshOptions } from './ssh.ts'

const sshHelp = `
Uses access that you have. Else it asks for it, shows what it asks, and waits until somebody
approves; Ctrl-C offers to take the request back. The key is made for this one connection, in a
directory that only you can read, and is removed with it. The server proves itself by its
certificate. The exit code is that of ssh, thus of the command. Without a terminal, and with --json,
nothing is asked: whatever is missing is named. With --json events go to stderr, one object a line.

Examples:
  holdfast ssh web-1 --for 30m --reason "Restart of the queue"
  holdfast ssh web-1 -l deploy --return -- systemctl status queue
  holdfast ssh web-1 --extension permit-port-forwarding --ssh-option "LocalForward 5432 localhost:5432"
  holdfast ssh --print-config web-1 >> ~/.ssh/config    then scp, rsync and editors work as well`

const psqlHelp = `
Uses access that you have. Else it asks for it, shows what it asks, and waits until somebody
approves; Ctrl-C offers to take the request back. Each run gets a role of its own in the database.
Its password is in no command line and no environment, but in a file that only you can read and that
is removed with the connection. The database proves itself by its certificate. The exit code is that
of psql. Without a terminal, and with --json, nothing is asked: whatever is missing is named.

Examples:
  holdfast psql shop --for 30m --reason "Orders that hang"
  holdfast psql shop -l readonly --return -- -c "select count(*) from orders"`

const accessHelp = `
Examples:
  holdfast access
  holdfast access --json
  holdfast grant list --show all --state ended     everything else: holdfast grant --help`

const approveHelp = `
Shows exactly what is asked for and binds the approval to it. An API key may never approve, so you
sign in for this one act, with your password and two codes; the session ends with the command.

Example:
  holdfast approve gr_01k…`

interface Flags extends SshOptions {
  printConfig?: true
  refresh?: true
}

/** One value each time: a list of values would swallow the name of the server behind it. */
const collect = (value: string, earlier: string[] = []): string[] => [...earlier, value]

const collectExtension = (value: string, earlier: string[] = []): string[] => {
  const { data, success } = SshExtension.safeParse(value)
  if (!success) throw new InvalidArgumentError(`Allowed choices are ${SshExtension.options.join(', ')}.`)
  return collect(data, earlier)
}

const addSsh = (program: Command, io: Io): void => {
  addServerOptions(program.command('ssh'))
    .description('log in to a server; asks for access where needed')
    .argument('<host>', 'name of the server')
    .argument('[command...]', 'what to run there, after --')
    .option('-l, --login <login>', 'account on the server')
    .addOption(new Option('--for <duration>', 'how long, such as 30m or 2h').argParser(durationOption))
    .option('--reason <text>', 'why')
    .option('--ticket <ticket>', 'ticket, where the policy wants one')
    .option('--policy <policy>', 'id or name, where several policies fit')
    .addOption(
      new Option('--extension <extension>', 'what the certificate carries beyond a terminal; may be repeated')
        .choices(SshExtension.options)
        .argParser(collectExtension),
    )
    .option('--code <code>', 'six digits of your authenticator app; a recovery code as @FILE or -')
    .option('--return', 'give the access back when ssh ends')
    .option('-t, --tty', 'a terminal for the command')
    .option(
      '--ssh-option <option>',
      'another option of ssh, as its -o; those of this command come first; may be repeated',
      collect,
    )
    .option('--print-config', 'print lines for ~/.ssh/config instead')
    .option('--refresh', 'only see to the key and certificate that those lines name')
    .option('--json', 'ask nothing, and report as JSON')
    .addHelpText('after', sshHelp)
    .action((host: string, command: string[], { printConfig: print, refresh: only, ...options }: Flags) => {
      if ((print || only) && (command.length > 0 || (print && only)))
        throw new UsageError('--print-config and --refresh stand alone')
      if (print) return printConfig(io, host, options)
      return reportingFailure(io, options, only ? refresh(io, host, options) : ssh(io, host, command, options))
    })
}

const addPsql = (program: Command, io: Io): void => {
  addServerOptions(program.command('psql'))
    .description('log in to a database; asks for access where needed')
    .argument('<database>', 'its name, as registered')
    .argument('[options...]', 'for psql, after --')
    .option('-l, --login <profile>', 'profile: what one may do there')
    .addOption(new Option('--for <duration>', 'how long, such as 30m or 2h').argParser(durationOption))
    .option('--reason <text>', 'why')
    .option('--ticket <ticket>', 'ticket, where the policy wants one')
    .option('--policy <policy>', 'id or name, where several policies fit')
    .option('--code <code>', 'six digits of your authenticator app; a recovery code as @FILE or -')
    .option('--return', 'give the access back when psql ends')
    .option('--json', 'ask nothing, and report as JSON')
    .addHelpText('after', psqlHelp)
    .action((database: string, own: string[], options: SshOptions) =>
      reportingFailure(io, options, psql(io, database, own, options)),
    )
}

/** What a person with a terminal does with access to servers and databases, beside the verbs of `grant`. */
export const addAccessCommands = (program: Command, io: Io): void => {
  addSsh(program, io)
  addPsql(program, io)
  addServerOptions(program.command('access'))
    .description('the access that you have or asked for, and what waits for you')
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', accessHelp)
    .action((options: OverviewOptions) => overview(io, options))
  addServerOptions(program.command('approve'))
    .description('approve a request for access, exactly as it is shown')
    .argument('<id>', 'the request')
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', approveHelp)
    .action((id: string, options: OverviewOptions) => approve(io, id, options))
  addServerOptions(program.command('deny'))
    .description('deny a request for access')
    .argument('<id>', 'the request')
    .option('--reason <text>', 'why; the person will read it')
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', '\nExample:\n  holdfast deny gr_01k… --reason "Use the replica"')
    .action((id: string, options: OverviewOptions & { reason?: string }) => deny(io, id, options))
}

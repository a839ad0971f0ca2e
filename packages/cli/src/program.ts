import manifest from '../package.json' with { type: 'json' }
import { Command, CommanderError, Help, Option } from 'commander'
import { allOperations, rolesWith, type Operation } from '@holdfast/contract'
import { addAccessCommands } from './access/commands.ts'
import { addAgentCommands } from './agent-commands.ts'
import { addCompletion } from './completion.ts'
import { runDownload } from './download-command.ts'
import { flagsOf, kebab, type Flag } from './flags.ts'
import { exitCodes, say, type Io } from './io.ts'
import { addLedgerCommands } from './ledger-commands.ts'
import { addLoginCommands } from './login-commands.ts'
import { runOperation, type OperationOptions } from './operation-command.ts'
import { describeFailure } from './refusal.ts'
import { addServerOptions } from './server-options.ts'
import { addStart } from './start.ts'

/** Acts on a browser's cookies, which a command line does not keep, or is called by the program on a managed host. */
const elsewhere = ({ name, permission }: Operation): boolean =>
  ['session.signIn', 'session.refresh', 'agent.enrol'].includes(name) || permission === 'agent'

/** The operations that become commands: an API key may call them, and they come to an end. The ledger's downloads are commands of their own. */
export const offered = (operation: Operation): boolean =>
  !(operation.kind === 'download' && operation.name.startsWith('ledger.')) &&
  operation.kind !== 'events' &&
  !operation.sessionOnly &&
  !elsewhere(operation)

const describeOption = ({ help, initial, required }: Flag): string =>
  [help, required && '(required)', initial !== undefined && `(default: ${JSON.stringify(initial)})`].filter(Boolean).join(' ')

const valueName = ({ choices, kind, source, name }: Flag): string => {
  if (choices.length > 0) return 'choice'
  if (kind === 'number') return 'number'
  if (source === 'argument') return name
  if (source === 'code') return 'digits|@file|-'
  return source === 'file' ? 'text|@file' : '@file|-'
}

const optionsOf = (flag: Flag): Option[] => {
  if (flag.kind === 'boolean') {
    return [new Option(`--${flag.name}`, describeOption(flag)), new Option(`--no-${flag.name}`, `not --${flag.name}`)]
  }
  const option = new Option(`--${flag.name} <${valueName(flag)}${flag.many ? '...' : ''}>`, describeOption(flag))
  return [flag.choices.length > 0 ? option.choices([...flag.choices]) : option]
}

/** A command line that would work, with placeholders. */
const exampleOf = (operation: Operation, flags: readonly Flag[]): string => {
  const [noun = '', verb = ''] = operation.name.split('.')
  const wanted = flags
    .filter(({ required }) => required)
    .map(({ name, source, choices }) => {
      const value = source === 'secret' || source === 'code' ? '-' : source === 'file' ? '@FILE' : (choices[0] ?? `<${name}>`)
      return ` --${name} ${value}`
    })
  return `holdfast ${kebab(noun)} ${kebab(verb)}${wanted.join('')}`
}

const rightOf = (operation: Operation): string => {
  if (operation.permission === 'public') return 'Anybody may do this.'
  if (operation.permission === 'self') return 'Everybody may do this for themselves.'
  return `Needs ${operation.permission}: ${rolesWith(operation.permission).join(', ')}.`
}

/** Breaks a sentence into lines. */
const wrap = (text: string, width: number): string =>
  text.replace(new RegExp(`(?! )(.{1,${width}})(?: +|$)`, 'g'), '$1\n').trimEnd()

const epilogue = (operation: Operation, flags: readonly Flag[], width: number): string => {
  const refusals = Object.keys(operation.errors)
  const facts = [
    rightOf(operation),
    operation.kind === 'command' && `Recorded in the ledger as ${operation.audit.action}.`,
    refusals.length > 0 && `May be refused with ${refusals.join(', ')}.`,
  ]
  const example = exampleOf(operation, flags)
  const examples = [
    example,
    operation.kind === 'command' && flags.length > 0 && `${exampleOf(operation, [])} --input FILE.json`,
    operation.kind === 'download' ? `${example} --out FILE` : `${example} --json`,
  ]
  const paragraphs = facts.filter((fact) => fact !== false).map((fact) => wrap(fact, width))
  return ['', ...paragraphs, '', 'Examples:', ...examples.filter(Boolean).map((line) => `  ${line}`)].join('\n')
}

const addOperation = (noun: Command, operation: Operation, io: Io): void => {
  const flags = flagsOf(operation.input)
  const [, verb = ''] = operation.name.split('.')
  const command = noun.command(kebab(verb)).description(operation.summary)
  for (const option of flags.flatMap(optionsOf)) command.addOption(option)
  if (flags.some(({ field }) => field === 'after')) command.option('--all', 'follow the cursor to the last page')
  if (operation.name === 'policy.content') command.option('--out <file>', 'write the content to a file; a PDF as the PDF itself')
  command.option('--input <file>', 'the input as a JSON object; - reads stdin')
  if (operation.kind === 'download') command.option('--out <file>', 'write to a file; without it, to stdout')
  else command.option('--json', 'print the answer as JSON')
  addServerOptions(command)
  command.addHelpText('after', () => epilogue(operation, flags, io.columns ?? 100))
  command.action((options: OperationOptions) =>
    operation.kind === 'download' ? runDownload(io, operation, flags, options) : runOperation(io, operation, flags, options),
  )
}

const overview = `
Examples:
  holdfast start                               run the system on this machine
  holdfast login                               let a browser authorise this command line
  holdfast policy create --title "Access control" --content @access.md
  holdfast ssh web-1 --for 30m                 log in to a server, asking for access where needed
  holdfast access                              what you have, what waits for you
  holdfast ledger export --out ledger.jsonl
  holdfast ledger verify ledger.jsonl          needs neither network nor credentials

Environment: HOLDFAST_URL, HOLDFAST_API_KEY, HOLDFAST_CA (PEM file)
Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 server unreachable or unavailable
Data goes to stdout, remarks to stderr. Every command takes --help.`

const nounSummaries: Record<string, string> = {
  setup: 'first run of an installation',
  session: 'who you are here',
  account: 'password reset by link',
  recovery: 'second factors that were lost: who asks, who confirms',
  organisation: 'the organisation you work in',
  signInPolicy: 'what is asked of those who sign in',
  member: 'people and their roles',
  invitation: 'invitations to join',
  apiKey: 'API keys',
  sso: 'single sign-on: connections, domains, enforcement',
  directory: 'people and groups from a directory, by SCIM',
  serviceAccount: 'accounts of programs, and who answers for them',
  policy: 'written security policies',
  ledger: 'the hash-chained ledger: read, export, verify',
  accessLog: 'who read what',
  host: 'managed servers',
  sshAuthority: 'keys that sign for access to servers, and new ones',
  database: 'managed databases',
  accessPolicy: 'who may ask for access to which servers and databases',
  accessReview: 'who has access to what, and whether they still should',
  grant: 'access for a time: requests, approvals, ends',
  breakGlass: 'emergency logins, and their review',
  recording: 'recorded sessions: find, read, verify',
  emergencyKey: 'who holds emergency keys of servers',
  obligation: 'what is due, for whom, when',
  staffAccess: 'what the operator’s staff may see here',
  staff: 'for the operator’s staff: work in a customer’s organisation',
  encryption: 'the organisation’s encryption keys',
  operator: 'the installation: health, keys, outbox',
}

/** The command `holdfast` with everything below it. */
export const createProgram = (io: Io): Command => {
  const program = new Command('holdfast')
    .description('Run Holdfast, work with it, and verify its ledger')
    .helpCommand(false)
    .version(manifest.version, '--version')
    // `--version` after a verb is the verb's own: access policies have versions.
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .addHelpText('after', overview)
  program.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    getOutHelpWidth: () => io.columns ?? 100,
    getErrHelpWidth: () => io.columns ?? 100,
    outputError: (text, write) => write(text.replace(/^error: /, 'holdfast: ')),
  })
  program.configureHelp({
    helpWidth: io.columns ?? 100,
    formatHelp: (command, help) => Help.prototype.formatHelp.call(help, command, help),
  })
  addStart(program, io)
  addLoginCommands(program, io)
  const nouns = new Map<string, Command>()
  for (const operation of allOperations.filter(offered)) {
    const [name = ''] = operation.name.split('.')
    const noun =
      nouns.get(name) ??
      program
        .command(kebab(name))
        .description(nounSummaries[name] ?? name)
        .helpCommand(false)
    nouns.set(name, noun)
    addOperation(noun, operation, io)
  }
  const ledger = nouns.get('ledger')
  if (ledger) addLedgerCommands(ledger, io)
  addAccessCommands(program, io)
  addAgentCommands(program, io)
  addCompletion(program, io)
  return program
}

/** What is no command but an operation of a person in a browser: where it is done instead. */
const elsewhereOf = (argv: readonly string[]): string | null => {
  const named = argv.slice(0, 2).join(' ')
  const operation = allOperations.find(({ name }) => name.split('.').map(kebab).join(' ') === named)
  return operation?.sessionOnly === true ? `  ${named} needs you in person: do it in the console.` : null
}

/** The operation behind a command line, for what can be said about its refusal. */
const operationOf = (argv: readonly string[]): string | undefined =>
  allOperations.find(({ name }) => name.split('.').map(kebab).join(' ') === argv.slice(0, 2).join(' '))?.name

/** Runs one command line, without `node holdfast`. Never throws; what went wrong stands on stderr. */
export const run = async (argv: readonly string[], io: Io): Promise<number> => {
  try {
    await createProgram(io).parseAsync(argv, { from: 'user' })
    return exitCodes.done
  } catch (error) {
    if (error instanceof CommanderError) {
      const hint = error.code === 'commander.unknownCommand' && elsewhereOf(argv)
      if (hint) say(io, hint)
      return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
    }
    const { text, code } = describeFailure(error, operationOf(argv), Boolean(io.env.DEBUG))
    if (text) say(io, `holdfast: ${text}`)
    return code
  }
}

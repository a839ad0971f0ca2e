import { Argument, type Command } from 'commander'
import { bashScript, fishScript, zshScript, type Place } from './completion-scripts.ts'
import { offer, offerKinds, type OfferKind } from './access/complete.ts'
import type { Io } from './io.ts'
import { addServerOptions } from './server-options.ts'
import type { ServerOptions } from './server.ts'

const hiddenName = 'complete'

const shells = { bash: bashScript, zsh: zshScript, fish: fishScript }
type Shell = keyof typeof shells

/** Arguments that the server knows. */
const argumentOffers: Partial<Record<string, OfferKind>> = {
  ssh: 'hosts',
  psql: 'databases',
  approve: 'requests',
  deny: 'requests',
}

/** Options that the server knows. */
const offersOf = (path: string, option: string): OfferKind | null => {
  if (option === '--host-id' || (option === '--id' && path.startsWith('host '))) return 'host-ids'
  return option === '--id' && path.startsWith('grant ') ? 'grants' : null
}

const isHidden = (command: Command): boolean => command.name() === hiddenName

/** Every place in the command tree, the root first: what may follow there. */
export const placesOf = (command: Command, path: readonly string[] = []): Place[] => {
  const options = command.createHelp().visibleOptions(command)
  const shown = command.commands.filter((each) => !isHidden(each))
  const at = path.join(' ')
  const offers = argumentOffers[at] ?? null
  const commands = shown.map((each) => ({ name: each.name(), summary: each.description() }))
  const place: Place = {
    path: at,
    commands,
    options: options.flatMap(({ long, description, required, argChoices }) =>
      long
        ? [{ name: long, summary: description, takesValue: required, choices: argChoices ?? [], offers: offersOf(at, long) }]
        : [],
    ),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    offers,
    takesFile: offers === null && command.registeredArguments.some(({ argChoices }) => argChoices === undefined),
  }
  return [place, ...shown.flatMap((each) => placesOf(each, [...path, each.name()]))]
}

const examples = `
Examples:
  holdfast completion bash > ~/.local/share/bash-completion/completions/holdfast
  holdfast completion zsh > "\${fpath[1]}/_holdfast"
  holdfast completion fish > ~/.config/fish/completions/holdfast.fish`

/** `completion`: a script that knows every command, option and choice; names of servers and ids of grants it has asked for while somebody types. */
export const addCompletion = (program: Command, io: Io): void => {
  program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(shells)))
    .addHelpText('after', examples)
    .action((shell: Shell) => {
      io.stdout.write(shells[shell](placesOf(program)))
    })
  addServerOptions(program.command(hiddenName, { hidden: true }))
    .description('what the server offers to a completion script')
    .addArgument(new Argument('<kind>', 'of what').choices(offerKinds))
    .option('--describe', 'say after a tab what each is')
    .addHelpText('after', '\nExample:\n  holdfast complete hosts')
    .action((kind: OfferKind, options: ServerOptions & { describe?: true }) => offer(io, kind, options))
}

import { Argument, type Command } from 'commander'
import { bashScript, fishScript, zshScript, type Place } from './completion-scripts.ts'
import type { Io } from './io.ts'

const shells = { bash: bashScript, zsh: zshScript, fish: fishScript }
type Shell = keyof typeof shells

/** Every place in the command tree, the root first: what may follow there. */
export const placesOf = (command: Command, path: readonly string[] = []): Place[] => {
  const options = command.createHelp().visibleOptions(command)
  const commands = command.commands.map((each) => ({ name: each.name(), summary: each.description() }))
  const place: Place = {
    path: path.join(' '),
    commands,
    options: options.flatMap(({ long, description, required, argChoices }) =>
      long ? [{ name: long, summary: description, takesValue: required, choices: argChoices ?? [] }] : [],
    ),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    takesFile: command.registeredArguments.some(({ argChoices }) => argChoices === undefined),
  }
  return [place, ...command.commands.flatMap((each) => placesOf(each, [...path, each.name()]))]
}

const examples = `
Examples:
  holdfast completion bash > ~/.local/share/bash-completion/completions/holdfast
  holdfast completion zsh > "\${fpath[1]}/_holdfast"
  holdfast completion fish > ~/.config/fish/completions/holdfast.fish`

/** `completion`: a script that knows every command, option and choice; nothing is started while somebody types. */
export const addCompletion = (program: Command, io: Io): void => {
  program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(shells)))
    .addHelpText('after', examples)
    .action((shell: Shell) => {
      io.stdout.write(shells[shell](placesOf(program)))
    })
}

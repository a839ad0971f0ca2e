/** A command, with what may stand after it. */
export interface Place {
  /** Its words, without `holdfast`; empty for the program itself. */
  path: string
  commands: { name: string; summary: string }[]
  options: { name: string; summary: string; takesValue: boolean; choices: readonly string[] }[]
  /** Of its argument. */
  choices: readonly string[]
}

const wordsOf = ({ commands, options, choices }: Place): string =>
  [...commands.map(({ name }) => name), ...choices, ...options.map(({ name }) => name)].join(' ')

/** One `case` arm a place and an option with choices: `policy list --state`. */
const choiceArms = (places: readonly Place[]): string =>
  places
    .flatMap(({ path, options }) =>
      options
        .filter(({ choices }) => choices.length > 0)
        .map(({ name, choices }) => `    '${path} ${name}') words='${choices.join(' ')}' ;;`),
    )
    .join('\n')

const wordArms = (places: readonly Place[]): string =>
  places.map((place) => `    '${place.path}') words='${wordsOf(place)}' ;;`).join('\n')

/** Options that are followed by a value of their own, which is no command: a file, a name, a number. */
const valueOptions = (places: readonly Place[]): string =>
  [...new Set(places.flatMap(({ options }) => options.filter(({ takesValue }) => takesValue).map(({ name }) => name)))]
    .toSorted()
    .join('|')

const paths = (places: readonly Place[]): string =>
  places
    .filter(({ path }) => path)
    .map(({ path }) => `'${path}'`)
    .join('|')

/** For bash 4 and newer. File names complete where no word does. */
export const bashScript = (places: readonly Place[]): string => `# bash completion of holdfast
_holdfast() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path='' word words='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "\${path:+$path }$word" in
    ${paths(places)}) path="\${path:+$path }$word" ;;
    esac
  done
  COMPREPLY=()
  case "$path $previous" in
${choiceArms(places)}
  esac
  if [[ -z $words ]]; then
    case "$previous" in
    ${valueOptions(places)}) return ;;
    esac
    case "$path" in
${wordArms(places)}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _holdfast holdfast
`

/** zsh reads the bash script's function. */
export const zshScript = (places: readonly Place[]): string => `#compdef holdfast
autoload -U +X bashcompinit && bashcompinit
${bashScript(places)}`

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** fish matches the words typed so far against each line's condition. */
export const fishScript = (places: readonly Place[]): string => {
  const lines = places.flatMap((place) => {
    const [noun = '', verb] = place.path.split(' ')
    const siblings = places.find(({ path }) => path === noun)?.commands.map(({ name }) => name) ?? []
    const condition =
      noun === ''
        ? '__fish_use_subcommand'
        : verb === undefined
          ? `__fish_seen_subcommand_from ${noun}${siblings.length > 0 ? `; and not __fish_seen_subcommand_from ${siblings.join(' ')}` : ''}`
          : `__fish_seen_subcommand_from ${noun}; and __fish_seen_subcommand_from ${verb}`
    const line = (rest: string, summary: string) => `complete -c holdfast -n ${quoted(condition)} ${rest} -d ${quoted(summary)}`
    return [
      ...place.commands.map(({ name, summary }) => line(`-f -a ${name}`, summary)),
      ...place.choices.map((choice) => line(`-f -a ${choice}`, place.path)),
      ...place.options.map(({ name, summary, takesValue, choices }) =>
        line(
          `-l ${name.slice(2)}${choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : takesValue ? ' -r' : ''}`,
          summary,
        ),
      ),
    ]
  })
  return `# fish completion of holdfast\n${lines.join('\n')}\n`
}

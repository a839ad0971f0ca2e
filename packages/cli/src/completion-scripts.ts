/** A command, with what may stand after it. */
export interface Place {
  /** Its words, without `holdfast`; empty for the program itself. */
  path: string
  commands: { name: string; summary: string }[]
  options: { name: string; summary: string; takesValue: boolean; choices: readonly string[]; offers: string | null }[]
  /** Of its argument. */
  choices: readonly string[]
  /** What of the server's its argument is, as `holdfast complete` calls it. */
  offers: string | null
  takesFile: boolean
}

const wordsOf = ({ commands, options, choices }: Place): string =>
  [...commands.map(({ name }) => name), ...choices, ...options.map(({ name }) => name)].join(' ')

/** Asks the server; an unset or strange answer is none. */
const asked = (offers: string): string => `"$(holdfast complete ${offers} 2>/dev/null)"`

/** One `case` arm for every option with choices: `policy list --state`. */
const choiceArms = (places: readonly Place[]): string[] =>
  places.flatMap(({ path, options }) =>
    options
      .filter(({ choices, offers }) => choices.length > 0 || offers !== null)
      .map(
        ({ name, choices, offers }) =>
          `'${path} ${name}') found=${offers === null ? `'${choices.join(' ')}'` : asked(offers)} ;;`,
      ),
  )

const wordArms = (places: readonly Place[]): string[] =>
  places.map((place) => {
    const words = `found='${wordsOf(place)}'`
    const { path, offers } = place
    return offers === null
      ? `'${path}') ${words} ;;`
      : `'${path}') if [[ $current == -* ]]; then ${words}; else found=${asked(offers)}; fi ;;`
  })

const names = (places: readonly Place[], wanted: (place: Place) => boolean): string =>
  places
    .filter(wanted)
    .map(({ path }) => `'${path}'`)
    .join('|') || "''"

/** Options that are followed by a value of their own, which is no command: a file, a name, a number. */
const valueOptions = (places: readonly Place[]): string =>
  [...new Set(places.flatMap(({ options }) => options.filter(({ takesValue }) => takesValue).map(({ name }) => name)))]
    .toSorted()
    .join('|')

const block = (lines: readonly string[]): string => lines.map((line) => `    ${line}`).join('\n')

/**
 * The part that bash and zsh share: from `at` (the command so far), `previous` and `current` it sets `found`, empty where a file name is
 * meant. (`path` and `words` would be taken in zsh.)
 */
const decide = (places: readonly Place[]): string => `  case "$at $previous" in
${block(choiceArms(places))}
  esac
  if [[ -z $found ]]; then
    case "$previous" in
    ${valueOptions(places)}) ;;
    *)
      case "$at" in
${block(wordArms(places))}
      esac
      case "$at" in
      ${names(places, ({ takesFile }) => takesFile)}) [[ $current == -* ]] || found='' ;;
      esac
      ;;
    esac
  fi`

const step = (places: readonly Place[]): string => `    case "\${at:+$at }$word" in
    ${names(places, ({ path }) => path !== '')}) at="\${at:+$at }$word" ;;
    esac`

/** For bash 4 and newer; sourced. */
export const bashScript = (places: readonly Place[]): string => `# bash completion of holdfast
_holdfast() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" at='' word found='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
${step(places)}
  done
${decide(places)}
  COMPREPLY=()
  [[ -z $found ]] || COMPREPLY=($(compgen -W "$found" -- "$current"))
}
complete -o default -F _holdfast holdfast
`

/** For zsh; as a file `_holdfast` in the fpath, or sourced after compinit. */
export const zshScript = (places: readonly Place[]): string => `#compdef holdfast
_holdfast() {
  local current="\${words[CURRENT]}" previous="\${words[CURRENT-1]}" at='' word found='' index
  for ((index = 2; index < CURRENT; index++)); do
    word="\${words[index]}"
${step(places)}
  done
${decide(places)}
  if [[ -z $found ]]; then _files; else compadd -- \${=found}; fi
}
if [[ \${funcstack[1]} == _holdfast ]]; then _holdfast "$@"; else compdef _holdfast holdfast; fi
`

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const askedByFish = (offers: string): string => quoted(`(holdfast complete ${offers} --describe 2>/dev/null)`)

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
    const line = (rest: string, summary: string) =>
      `complete -c holdfast -n ${quoted(condition)} ${rest}${summary && ` -d ${quoted(summary)}`}`
    return [
      ...place.commands.map(({ name, summary }) => line(`-f -a ${name}`, summary)),
      ...place.choices.map((choice) => line(`-f -a ${choice}`, place.path)),
      ...(place.offers === null ? [] : [line(`-f -a ${askedByFish(place.offers)}`, '')]),
      ...place.options.map(({ name, summary, takesValue, choices, offers }) => {
        const words = offers === null ? choices.length > 0 && quoted(choices.join(' ')) : askedByFish(offers)
        return line(`-l ${name.slice(2)}${words ? ` -x -a ${words}` : takesValue ? ' -r' : ''}`, summary)
      }),
    ]
  })
  return `# fish completion of holdfast\n${lines.join('\n')}\n`
}

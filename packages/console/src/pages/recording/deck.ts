import type { CastEvent } from '@holdfast/contract'

/** What shows the output: a terminal. */
export interface Screen {
  reset(columns: number, lines: number): void
  resize(columns: number, lines: number): void
  /** Resolves when it is shown, and the next may come. */
  write(text: string): Promise<void>
}

/** Brings the screen to a moment: forwards by what comes next, backwards from the beginning. */
export interface Deck {
  goTo(seconds: number): Promise<void>
}

/** A terminal takes no more at once. */
const pieceCharacters = 200_000

const sizeIn = (text: string): [number, number] | null => {
  const [, columns, lines] = /^(\d{1,5})x(\d{1,5})$/.exec(text) ?? []
  return columns === undefined || lines === undefined ? null : [Number(columns), Number(lines)]
}

export const createDeck = (screen: Screen, events: readonly CastEvent[], columns: number, lines: number): Deck => {
  let [index, target] = [0, 0]
  let rewind = true
  let running: Promise<void> | null = null

  /** Output up to the target, or to a resize, which is done once that was written. */
  const step = async (): Promise<boolean> => {
    if (rewind) {
      rewind = false
      index = 0
      screen.reset(columns, lines)
    }
    let text = ''
    let size: [number, number] | null = null
    while (size === null && text.length < pieceCharacters) {
      const event = events[index]
      if (!event || event[0] > target) break
      index += 1
      if (event[1] === 'o') text += event[2]
      if (event[1] === 'r') size = sizeIn(event[2])
    }
    if (text !== '') await screen.write(text)
    if (size !== null && !rewind) screen.resize(...size)
    return text !== '' || size !== null || rewind
  }
  const run = async (): Promise<void> => {
    while (await step());
  }
  return {
    goTo(seconds) {
      if (seconds < target) rewind = true
      target = seconds
      running ??= run().finally(() => (running = null))
      return running
    },
  }
}

/** Silence that is longer than this is cut short, when somebody wants that: to what stays before what comes next. */
const [longSilence, leftOfIt] = [2, 0.5]

/** The first event later than a moment. */
const nextAfter = (events: readonly CastEvent[], seconds: number): number => {
  let [from, to] = [0, events.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((events[middle]?.[0] ?? 0) > seconds) to = middle
    else from = middle + 1
  }
  return from
}

/** Where playing has come after so many seconds of it. */
export const advanced = (events: readonly CastEvent[], position: number, by: number, cutSilence: boolean): number => {
  const next = nextAfter(events, position)
  const [comes, came] = [events[next]?.[0], events[next - 1]?.[0] ?? 0]
  const silent = comes !== undefined && comes - position > longSilence && position - came >= leftOfIt
  return cutSilence && silent ? comes - leftOfIt : position + by
}

import { Terminal } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import type { Screen } from './deck.ts'

/** Programs choose their colours for a dark ground, whatever scheme the reader has. */
const colours = {
  background: '#0f1313',
  foreground: '#e6eaea',
  cursor: '#9aa5a4',
  selectionBackground: '#384241',
  black: '#1d2424',
  red: '#e8877d',
  green: '#74bc7e',
  yellow: '#e5ac4a',
  blue: '#7fb2e5',
  magenta: '#cf9be0',
  cyan: '#67bbb4',
  white: '#c3caca',
  brightBlack: '#7d8887',
  brightRed: '#f0aea7',
  brightGreen: '#a3d4a9',
  brightYellow: '#f0c983',
  brightBlue: '#a9cdf0',
  brightMagenta: '#e2c1ee',
  brightCyan: '#9bd3ce',
  brightWhite: '#ffffff',
}

const [smallest, usual] = [8, 13]
/** Width of a character of our font, of its size. */
const slimness = 0.6

export interface TerminalScreen extends Screen {
  /** Makes the letters as large as the width allows. */
  fit(): void
  dispose(): void
}

/** A terminal that only shows: nothing is typed into it, no link in it can be followed, and it answers no question of a program. */
export const openScreen = (into: HTMLElement, { plain }: { plain: boolean }): TerminalScreen => {
  const terminal = new Terminal({
    ...{ disableStdin: true, scrollback: 0, cursorBlink: false, cursorInactiveStyle: 'block', theme: colours, lineHeight: 1.2 },
    fontFamily: "'JetBrains Mono Variable', ui-monospace, monospace",
    fontSize: usual,
    // What came without a terminal ends its lines as files do.
    convertEol: plain,
    linkHandler: { activate: () => undefined },
  })
  terminal.open(into)
  // Its own field for keys: nobody is to come upon it.
  if (terminal.textarea?.parentElement) terminal.textarea.parentElement.inert = true
  const fit = () => {
    const size = Math.floor(((into.clientWidth - 2) / (terminal.cols * slimness)) * 2) / 2
    terminal.options.fontSize = Math.min(usual, Math.max(smallest, size))
  }
  const resize: Screen['resize'] = (columns, lines) => {
    terminal.resize(Math.min(Math.max(columns, 2), 500), Math.min(Math.max(lines, 1), 200))
    fit()
  }
  return {
    resize,
    fit,
    reset(columns, lines) {
      terminal.reset()
      resize(columns, lines)
    },
    write: (text) => new Promise((resolve) => terminal.write(text, resolve)),
    dispose: () => terminal.dispose(),
  }
}

import { useCallback, useEffect, useRef, useState } from 'react'
import { advanced, createDeck, type Deck } from './deck.ts'
import { openScreen } from './screen.ts'
import type { Tape } from './tape.ts'
import type { Row } from '../recordingWords.ts'

export interface Playback {
  /** Where the terminal goes. */
  into: (element: HTMLDivElement | null) => void
  position: number
  playing: boolean
  speed: number
  cutSilence: boolean
  toggle: () => void
  seek: (seconds: number) => void
  setSpeed: (speed: number) => void
  setCutSilence: (cut: boolean) => void
}

/** How often the clock on the page is set anew while it plays, milliseconds. */
const clockMs = 100

/** Opens the terminal once there is a place for it and its font is here. */
const useDeck = ({ events }: Tape, { columns, lines, kind }: Pick<Row, 'columns' | 'lines' | 'kind'>) => {
  const [element, into] = useState<HTMLDivElement | null>(null)
  const [deck, setDeck] = useState<Deck | null>(null)
  useEffect(() => {
    if (!element) return
    let gone = false
    let close: () => void = () => undefined
    const open = () => {
      if (gone) return
      const screen = openScreen(element, { plain: kind !== 'terminal' })
      const watch = new ResizeObserver(() => screen.fit())
      watch.observe(element)
      close = () => (watch.disconnect(), screen.dispose())
      setDeck(createDeck(screen, events, columns, lines))
    }
    void document.fonts.load("13px 'JetBrains Mono Variable'").then(open, open)
    return () => {
      gone = true
      close()
    }
  }, [element, events, columns, lines, kind])
  return { into, deck }
}

/** Plays a tape on a terminal, by the browser's own frames. */
export const usePlayback = (tape: Tape, row: Pick<Row, 'columns' | 'lines' | 'kind'>): Playback => {
  const { into, deck } = useDeck(tape, row)
  const at = useRef(tape.events.find(([, kind]) => kind === 'o')?.[0] ?? 0)
  const [position, setPosition] = useState(at.current)
  const [playing, setPlaying] = useState(false)
  const [speed, setSpeed] = useState(1)
  const [cutSilence, setCutSilence] = useState(true)
  const seek = useCallback(
    (seconds: number) => {
      at.current = Math.min(Math.max(0, seconds), tape.seconds())
      setPosition(at.current)
      void deck?.goTo(at.current)
    },
    [deck, tape],
  )
  useEffect(() => void deck?.goTo(at.current), [deck])
  useEffect(() => {
    if (!playing || !deck) return
    let frame = 0
    let [before, told] = [performance.now(), 0]
    const tick = (now: number) => {
      at.current = Math.min(advanced(tape.events, at.current, ((now - before) / 1000) * speed, cutSilence), tape.seconds())
      before = now
      void deck.goTo(at.current)
      const over = at.current >= tape.seconds()
      if (over || now - told > clockMs) {
        told = now
        setPosition(at.current)
      }
      if (over) setPlaying(false)
      else frame = requestAnimationFrame(tick)
    }
    frame = requestAnimationFrame(tick)
    return () => cancelAnimationFrame(frame)
  }, [playing, deck, speed, cutSilence, tape])
  const toggle = () => {
    if (!playing && at.current >= tape.seconds()) seek(0)
    setPlaying(!playing)
  }
  return { into, position, playing, speed, cutSilence, toggle, seek, setSpeed, setCutSilence }
}

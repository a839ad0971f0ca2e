import type { CastLine } from '@holdfast/contract'
import { Button, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useMemo, useState } from 'react'
import { announce, count, Empty, Section } from '../../kit/index.ts'
import classes from './recording.module.css'
import type { Tape } from './tape.ts'
import { clockOf, spoken } from '../recordingWords.ts'

const atATime = 200
/** What is shown of a line that is longer. */
const longest = 1000

/** The line, what was searched for marked in it. */
const Marked = ({ line, wanted }: { line: string; wanted: string }) => {
  const at = wanted === '' ? -1 : line.toLowerCase().indexOf(wanted)
  if (at < 0) return <>{line.slice(0, longest)}</>
  const from = Math.max(0, at - longest / 2)
  return (
    <>
      {line.slice(from, at)}
      <mark>{line.slice(at, at + wanted.length)}</mark>
      {line.slice(at + wanted.length, at + longest / 2)}
    </>
  )
}

const Line = ({ row, wanted, jump }: { row: CastLine; wanted: string; jump: (seconds: number) => void }) => (
  <li>
    <button
      type="button"
      aria-label={`Go to ${spoken(row.seconds)}`}
      onClick={() => {
        jump(row.seconds)
        announce(`The terminal shows the moment at ${spoken(row.seconds)}.`)
      }}
    >
      {clockOf(row.seconds)}
    </button>
    <span>
      <Marked line={row.line} wanted={wanted} />
    </span>
  </li>
)

const foundInWords = (found: number, whole: boolean): string =>
  `${found === 0 ? 'Nothing' : found === 1 ? '1 line' : `${count(found)} lines`} found${whole ? '' : ' in what is loaded so far'}`

/** What the session showed, as text: to read, to search, and to go to the moment of a line. */
export const Transcript = ({
  tape,
  version,
  whole,
  jump,
}: {
  tape: Tape
  version: number
  whole: boolean
  jump: (seconds: number) => void
}) => {
  const [typed, setTyped] = useState('')
  const [most, setMost] = useState(atATime)
  const [searched] = useDebouncedValue(typed.trim().toLowerCase(), 200)
  const lines = useMemo(
    () => tape.lines.filter(({ line }) => (searched === '' ? line.trim() !== '' : line.toLowerCase().includes(searched))),
    // The tape is the same object while it grows.
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the version stands for what is in it
    [tape, version, searched],
  )
  return (
    <Section
      title="As text"
      about="Every line that was shown, with the time at which it ended. What was typed and not echoed, such as a password, is nowhere."
    >
      <div className={classes['search']} role="search">
        <TextInput
          type="search"
          label="Search in the session"
          value={typed}
          maxLength={100}
          onChange={(event) => {
            setTyped(event.currentTarget.value)
            setMost(atATime)
          }}
          w={{ base: '100%', xs: 280 }}
        />
        <span role="status">{searched !== '' && foundInWords(lines.length, whole)}</span>
      </div>
      {lines.length === 0 && searched === '' && whole ? (
        <Empty title="Nothing was shown" text="The session ended without any output." />
      ) : (
        <ol className={classes['transcript']} aria-label="Lines of the session">
          {lines.slice(0, most).map((row, index) => (
            <Line key={index} row={row} wanted={searched} jump={jump} />
          ))}
        </ol>
      )}
      {lines.length > most && (
        <Button variant="default" size="xs" style={{ alignSelf: 'flex-start' }} onClick={() => setMost(most + 5 * atATime)}>
          Show more of {count(lines.length)} lines
        </Button>
      )}
    </Section>
  )
}

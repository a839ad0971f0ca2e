import { ActionIcon, Checkbox, NativeSelect } from '@mantine/core'
import { IconPlayerPauseFilled, IconPlayerPlayFilled, IconRewindBackward5, IconRewindForward5 } from '@tabler/icons-react'
import { useEffect, type KeyboardEvent } from 'react'
import { Tip } from '../../kit/index.ts'
import classes from './recording.module.css'
import type { Tape } from './tape.ts'
import { usePlayback, type Playback } from './usePlayback.ts'
import { clockOf, spoken, type Row } from '../recordingWords.ts'

const speeds = ['0.5', '1', '2', '4', '8', '16']
const step = 5

const Round = ({ label, icon: Icon, onClick }: { label: string; icon: typeof IconRewindBackward5; onClick: () => void }) => (
  <Tip label={label}>
    <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label} onClick={onClick}>
      <Icon size={18} aria-hidden />
    </ActionIcon>
  </Tip>
)

const Position = ({ playback: { position, seek }, seconds }: { playback: Playback; seconds: number }) => (
  <div className={classes['position']}>
    <input
      type="range"
      aria-label="Moment"
      min={0}
      max={seconds}
      step={0.1}
      value={position}
      aria-valuetext={`${spoken(position)} of ${spoken(seconds)}`}
      onChange={(event) => seek(Number(event.currentTarget.value))}
    />
    <span className={classes['clock']}>
      {clockOf(position)} / {clockOf(seconds)}
    </span>
  </div>
)

const Controls = ({ playback, seconds }: { playback: Playback; seconds: number }) => {
  const { playing, toggle, seek, position, speed, setSpeed, cutSilence, setCutSilence } = playback
  return (
    <div className={classes['controls']} role="group" aria-label="Player">
      <ActionIcon size="lg" aria-label={playing ? 'Pause' : 'Play'} onClick={toggle}>
        {playing ? <IconPlayerPauseFilled size={18} aria-hidden /> : <IconPlayerPlayFilled size={18} aria-hidden />}
      </ActionIcon>
      <Round label="Back 5 seconds" icon={IconRewindBackward5} onClick={() => seek(position - step)} />
      <Round label="Forward 5 seconds" icon={IconRewindForward5} onClick={() => seek(position + step)} />
      <Position playback={playback} seconds={seconds} />
      <NativeSelect
        aria-label="Speed"
        size="xs"
        data={speeds.map((value) => ({ value, label: `${value} ×` }))}
        value={String(speed)}
        onChange={(event) => setSpeed(Number(event.currentTarget.value))}
        w={76}
      />
      <Checkbox
        size="xs"
        label="Shorten silence"
        checked={cutSilence}
        onChange={(event) => setCutSilence(event.currentTarget.checked)}
      />
    </div>
  )
}

/** Keys on the screen itself; the fields below have their own. */
const keysOf =
  ({ toggle, seek, position }: Playback, seconds: number) =>
  (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const keys: Record<string, () => void> = {
      ' ': toggle,
      k: toggle,
      ArrowLeft: () => seek(position - step),
      ArrowRight: () => seek(position + step),
      Home: () => seek(0),
      End: () => seek(seconds),
    }
    const act = keys[event.key]
    if (!act) return
    event.preventDefault()
    act()
  }

export interface PlayerProps {
  row: Row
  tape: Tape
  /** A moment that somebody chose elsewhere on the page; a new object each time. */
  wanted: { seconds: number } | null
}

/** The session as it was shown, on a terminal. What a screen reader cannot have of it is the text below. */
export const Player = ({ row, tape, wanted }: PlayerProps) => {
  const playback = usePlayback(tape, row)
  const { seek } = playback
  useEffect(() => {
    if (wanted) seek(wanted.seconds)
  }, [wanted, seek])
  const seconds = tape.seconds()
  return (
    <div className={classes['player']}>
      <div
        className={classes['screen']}
        role="img"
        tabIndex={0}
        aria-label="The terminal as it was shown. Space plays and pauses, arrows move 5 seconds. The text below says the same in words."
        onKeyDown={keysOf(playback, seconds)}
      >
        <div ref={playback.into} />
      </div>
      <Controls playback={playback} seconds={seconds} />
    </div>
  )
}

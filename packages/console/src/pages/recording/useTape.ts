import { recording } from '@holdfast/contract'
import { useEffect, useState } from 'react'
import { api } from '../../kit/index.ts'
import { createTape, type Tape } from './tape.ts'
import type { Row } from '../recordingWords.ts'

export interface Loading {
  tape: Tape
  /** Grows with every part that came: the tape itself stays the same object. */
  version: number
  /** Everything is here, as far as the server has it. */
  whole: boolean
  error: Error | null
  retry: () => void
  /** Loads what is beyond the first part of a very long one; null when nothing is held back. */
  rest: (() => void) | null
}

/** Not loaded without being asked for: a browser keeps it all in memory. */
const atFirst = 20_000_000

/** Fetches a recording part by part; goes on when one that runs has grown. For one recording: give the component its id as key. */
export const useTape = ({ id, chunks, state }: Pick<Row, 'id' | 'chunks' | 'state'>): Loading => {
  const [tape] = useState(() => createTape(id))
  const [version, setVersion] = useState(0)
  const [most, setMost] = useState(atFirst)
  const [error, setError] = useState<Error | null>(null)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    const leaving = new AbortController()
    const { signal } = leaving
    const load = async (): Promise<void> => {
      while (!signal.aborted && tape.chunks() < chunks && tape.brokenAt() === null && tape.characters() < most) {
        const { value } = await api.call(recording.events, { id, from: tape.chunks() }, { signal })
        if (signal.aborted) return
        for (const chunk of value.chunks) tape.add(chunk, chunk.index === chunks - 1 && state !== 'running')
        if (value.chunks.length === 0) tape.breakOff()
        setVersion((before) => before + 1)
      }
    }
    setError(null)
    load().catch((failure: unknown) => {
      if (!signal.aborted) setError(failure instanceof Error ? failure : new Error('It could not be loaded.'))
    })
    return () => leaving.abort()
  }, [tape, id, chunks, state, most, attempt])
  const missing = tape.chunks() < chunks && tape.brokenAt() === null
  return {
    ...{ tape, version, whole: !missing, error },
    retry: () => setAttempt((before) => before + 1),
    rest: missing && tape.characters() >= most ? () => setMost(Number.POSITIVE_INFINITY) : null,
  }
}

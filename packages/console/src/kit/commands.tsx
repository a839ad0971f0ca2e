import { ledger, type Answer, type CodesOf, type Command, type InputOf, type Operation, type OutputOf } from '@holdfast/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { api } from './doors.ts'
import { explain, type Explained } from './explain.ts'
import { recorded } from './notices.tsx'
import { refreshAll } from './queries.ts'

/** One sentence for each code the operation declares; an empty one shows the server's own words. A missing one does not compile. */
export type Explanations<O> = [CodesOf<O>] extends [never] ? { explain?: undefined } : { explain: Record<CodesOf<O>, string> }

export type CommandOptions<O extends Command> = Explanations<O> & {
  /** The queries whose answers this changes. */
  refresh?: readonly Operation[]
  onDone?: (output: OutputOf<O>, answer: Answer<OutputOf<O>>) => void
  /** Says "Done. Recorded as #4821." in these words; null says nothing. */
  done?: string | null
}

export interface CommandState<O extends Command> {
  /** Runs it. Null when it was refused: `problem` then says why. A second call while one runs is ignored. */
  run: (input: InputOf<O>) => Promise<OutputOf<O> | null>
  running: boolean
  problem: Explained | null
  reset: () => void
}

/** Runs a command with an idempotency key, says what was recorded, refreshes what it changed, explains what was refused. */
export const useCommandOf = <O extends Command>(operation: O, options: CommandOptions<O>): CommandState<O> => {
  const client = useQueryClient()
  const [running, setRunning] = useState(false)
  const [problem, setProblem] = useState<Explained | null>(null)
  const busy = useRef(false)
  const run: CommandState<O>['run'] = async (input) => {
    if (busy.current) return null
    busy.current = true
    setRunning(true)
    setProblem(null)
    try {
      const answer = await api.call(operation, input, { idempotencyKey: crypto.randomUUID() })
      // Every command is an entry, so whatever shows entries shows too few by now.
      await refreshAll(client, [...(options.refresh ?? []), ledger.list])
      if (options.done !== null) recorded(options.done ?? 'Done.', answer.ledgerSeq)
      options.onDone?.(answer.value, answer)
      return answer.value
    } catch (error) {
      // Whoever signs in or confirms expects no change; saying that there was none would puzzle.
      setProblem(explain(error, options.explain, operation.name.startsWith('session.') ? 'read' : 'command'))
      return null
    } finally {
      busy.current = false
      setRunning(false)
    }
  }
  return { run, running, problem, reset: () => setProblem(null) }
}

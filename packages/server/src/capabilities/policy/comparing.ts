import { Worker } from 'node:worker_threads'
import { common } from '../../kernel/problem.ts'
import { diffLines } from './rules.ts'

type Changes = ReturnType<typeof diffLines>

const quickCharacters = 100_000
const quickMs = 10
const giveUpMs = 5_000
const waitingLimit = 8

const inThread = async (before: string, after: string): Promise<Changes> => {
  const thread = new Worker(new URL('./diff-thread.ts', import.meta.url), {
    ...{ workerData: { before, after }, env: {}, execArgv: [] },
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  })
  const late = setTimeout(() => void thread.terminate(), giveUpMs)
  try {
    return await new Promise<Changes>((resolve, reject) => {
      thread.once('message', resolve).once('error', reject)
      thread.once('exit', () => resolve(null)) // too late to say anything where it has answered
    })
  } finally {
    clearTimeout(late)
    void thread.terminate()
  }
}

let last: Promise<unknown> = Promise.resolve()
let waiting = 0

/**
 * What changed, as `diffLines`. Texts that have nothing in common take seconds to compare, and everybody else would wait that long: so they
 * are compared in a thread of their own, one pair at a time. Throws `overloaded` when many wait already.
 */
export const compare = async (before: string, after: string): Promise<Changes> => {
  const quick = before.length + after.length <= quickCharacters ? diffLines(before, after, quickMs) : null
  if (quick) return quick
  if (waiting >= waitingLimit) throw common('overloaded', { retryAfterSeconds: 5 })
  waiting++
  const turn = last.then(() => inThread(before, after)).finally(() => waiting--)
  last = turn.catch(() => null)
  return turn
}

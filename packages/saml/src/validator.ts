import { Worker } from 'node:worker_threads'
import type { Task } from './thread.ts'
import { firstLook } from './validate.ts'
import { reject, type Expected, type Rejection, type Settings, type Verdict } from './verdict.ts'

export interface Validator {
  /** Has a thread started, so that the answer to a request that goes out now does not wait for it. */
  prepare: () => void
  validate: (settings: Settings, base64: string, now: Date, expected: Expected) => Promise<Verdict>
  close: () => Promise<void>
}

export interface ValidatorOptions {
  threads?: number
  /** How long one response may take once a thread works on it. */
  limitMs?: number
  /** How many may wait for a thread. */
  waiting?: number
  /** Another program for the threads: for tests of the limit. */
  program?: URL
}

interface Job {
  task: Task
  settle: (verdict: Verdict | Error) => void
}

const tooSlow = (): Rejection =>
  reject('time_limit', 'The response took too long to check.', 'Let the provider send fewer attributes, above all fewer groups.')
const busy = (): Rejection => reject('busy', 'Too many people sign in at this moment.', 'Try again in a minute.')

/**
 * Of a thread. Once the old generation is bounded, V8 makes the young one very small; a response leaves much garbage, and collecting it took as long
 * as checking it.
 */
const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 }

/** The thread answers once that it has begun, and then each task with a verdict. */
const startThread = async (program: URL): Promise<Worker> => {
  const worker = new Worker(program, { env: {}, execArgv: [], resourceLimits })
  worker.unref()
  await new Promise((resolve, reject) => {
    worker.once('message', resolve).once('error', reject)
    worker.once('exit', () => reject(new Error('the thread ended before it began')))
  })
  return worker
}

/** One answer of the thread, or null when there was none in time; the thread is then gone. */
const ask = (worker: Worker, task: Task, limitMs: number): Promise<Verdict | null> =>
  new Promise((resolve) => {
    const end = (verdict: Verdict | null): void => {
      clearTimeout(late)
      worker.removeAllListeners('message').removeAllListeners('error').removeAllListeners('exit')
      worker.on('error', () => undefined) // it is being stopped; its last words are nobody's concern
      resolve(verdict)
    }
    const late = setTimeout(() => end(null), limitMs)
    worker
      .once('message', (verdict: Verdict) => end(verdict))
      .once('error', () => end(null))
      .once('exit', () => end(null))
    worker.postMessage(task)
  })

/**
 * Checks responses in threads, so that a hostile one holds up nobody else: one that takes longer than two seconds is refused and its
 * thread stopped. What is refused at first look never reaches a thread.
 */
export const createValidator = ({
  threads = 2,
  limitMs = 2_000,
  waiting = 32,
  program = new URL('./thread.ts', import.meta.url),
}: ValidatorOptions = {}): Validator => {
  const idle: Worker[] = []
  const queue: Job[] = []
  /** Started before anybody needed it, and not there yet; the first who does waits for it. */
  let coming: Promise<Worker> | null = null
  let running = 0
  let closed = false

  const free = (): Worker | Promise<Worker> => {
    const held = idle.pop() ?? coming ?? startThread(program)
    if (held === coming) coming = null
    return held
  }
  const work = async ({ task, settle }: Job): Promise<void> => {
    try {
      const worker = await free()
      const verdict = await ask(worker, task, limitMs)
      if (verdict && !closed) idle.push(worker)
      else await worker.terminate()
      settle(verdict ?? tooSlow())
    } catch (error) {
      settle(error instanceof Error ? error : new Error('the thread failed', { cause: error }))
    }
  }
  const next = (): void => {
    const job = running < threads ? queue.shift() : undefined
    if (!job) return
    running++
    void work(job).finally(() => {
      running--
      next()
    })
  }

  return {
    prepare: () => {
      if (closed || coming || running > 0 || idle.length > 0) return
      const started = startThread(program)
      coming = started
      const untaken = (): boolean => {
        if (coming !== started) return false
        coming = null
        return true
      }
      void started.then(
        (worker) => (untaken() ? (closed ? worker.terminate() : idle.push(worker)) : undefined),
        untaken, // whoever needs one starts it again, and is told
      )
    },
    validate: async (settings, base64, now, expected) => {
      const looked = firstLook(base64)
      if ('accepted' in looked) return looked
      if (closed || queue.length >= waiting) return busy()
      return new Promise((resolve, reject) => {
        const settle = (verdict: Verdict | Error): void => (verdict instanceof Error ? reject(verdict) : resolve(verdict))
        queue.push({ task: { settings, base64, now, expected }, settle })
        next()
      })
    },
    close: async () => {
      closed = true
      await Promise.all(idle.splice(0).map((worker) => worker.terminate()))
    },
  }
}

import { Interrupted, type Io } from '../io.ts'

/** The outcome of `work`, or {@link Interrupted} as soon as a signal comes; `work` is then left to itself, and told. */
export const untilSignal = async <T>(io: Io, work: (left: AbortSignal) => Promise<T>): Promise<T> => {
  const leaving = new AbortController()
  let stop: () => void = () => undefined
  const interrupted = new Promise<never>((_, reject) => {
    stop = io.onSignal((signal) => {
      leaving.abort()
      reject(new Interrupted(signal))
    })
  })
  try {
    return await Promise.race([work(leaving.signal), interrupted])
  } finally {
    stop()
  }
}

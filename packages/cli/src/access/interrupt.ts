import { Interrupted, type Io } from '../io.ts'

/** The outcome of `work`, or {@link Interrupted} as soon as a signal comes; `work` is then left to itself. */
export const untilSignal = async <T>(io: Io, work: () => Promise<T>): Promise<T> => {
  let stop: () => void = () => undefined
  const interrupted = new Promise<never>((_, reject) => {
    stop = io.onSignal((signal) => reject(new Interrupted(signal)))
  })
  try {
    return await Promise.race([work(), interrupted])
  } finally {
    stop()
  }
}

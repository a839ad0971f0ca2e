/** Work that goes on after the answer: whoever waits for the answer must not learn how long it takes. */
export interface Background {
  run: (work: () => Promise<void>) => void
  /** Resolves when nothing runs any more. */
  idle: () => Promise<void>
}

const limit = 1_000

/** Failures go to `onError`. Beyond a bound new work is refused, as an error too. */
export const createBackground = (onError: (error: unknown) => void): Background => {
  const running = new Set<Promise<void>>()
  return {
    run: (work) => {
      if (running.size >= limit) return onError(new Error('too much work in the background; refused'))
      const done = work()
        .catch(onError)
        .finally(() => running.delete(done))
      running.add(done)
    },
    idle: async () => {
      while (running.size > 0) await Promise.all(running)
    },
  }
}

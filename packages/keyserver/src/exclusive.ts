/** Runs work of one name one after another, and work of different names side by side. */
export const createExclusive = () => {
  const tails = new Map<string, Promise<unknown>>()
  return async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const previous = tails.get(name) ?? Promise.resolve()
    const current = previous.then(work, work)
    const tail = current.catch(() => undefined)
    tails.set(name, tail)
    try {
      return await current
    } finally {
      if (tails.get(name) === tail) tails.delete(name)
    }
  }
}

interface Asked<T> {
  readonly promise: Promise<T | undefined>
  readonly resolve: (answer: T | undefined) => void
  readonly reject: (error: unknown) => void
}

/**
 * Questions that come while others are under way are asked together, each id once. An answer is never older than its question: what is
 * asked while the database is working on a statement waits for the next one. With nobody else about, a question goes off at once.
 * `atOnce`: how many statements may be under way.
 */
export const gather = <T>(
  askAll: (ids: readonly string[]) => Promise<ReadonlyMap<string, T>>,
  atOnce: number,
): ((id: string) => Promise<T | undefined>) => {
  let waiting = new Map<string, Asked<T>>()
  let underWay = 0

  const send = async (): Promise<void> => {
    const sent = waiting
    waiting = new Map()
    underWay++
    try {
      const answers = await askAll([...sent.keys()])
      for (const [id, { resolve }] of sent) resolve(answers.get(id))
    } catch (error) {
      for (const { reject } of sent.values()) reject(error)
    } finally {
      underWay--
      if (waiting.size > 0) void send()
    }
  }
  return (id) => {
    const known = waiting.get(id)
    if (known) return known.promise
    const asked = Promise.withResolvers<T | undefined>()
    waiting.set(id, asked)
    if (underWay < atOnce) void send()
    return asked.promise
  }
}

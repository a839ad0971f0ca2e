/**
 * How many writing transactions this process keeps open at once. Beyond a few for each core they only push each other out of the database's
 * caches and wait for the same locks: 32 connections used eight at a time do more than 32 used at once (docs/adr/0003-ledger-append.md).
 * First come, first served. Nobody waits longer than `patienceMs`: work that opens a second transaction inside a first must not wait for itself.
 */
export const softLimit = (limit: number, patienceMs: number): (() => Promise<() => void>) => {
  const waiting = new Set<() => void>()
  let open = 0

  const leave = (): void => {
    open--
    const [next] = waiting
    if (next && open < limit) next()
  }
  const enter = (): (() => void) => {
    open++
    let left = false
    return () => {
      if (!left) leave()
      left = true
    }
  }
  return async () => {
    if (open < limit) return enter()
    return new Promise((resolve) => {
      const go = (): void => {
        clearTimeout(timer)
        waiting.delete(go)
        resolve(enter())
      }
      const timer = setTimeout(go, patienceMs)
      waiting.add(go)
    })
  }
}

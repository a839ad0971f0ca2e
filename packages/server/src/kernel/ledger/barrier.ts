/**
 * One flush shared by everybody waiting in this process (docs/adr/0003-ledger-append.md). Transactions commit without waiting
 * for the disk; before anybody is answered, the write-ahead log is flushed once past all of them.
 * A call that arrives while a flush runs waits for the next one: the running flush may have passed its record by.
 */
export const sharedBarrier = (flush: () => Promise<unknown>): (() => Promise<void>) => {
  let running: Promise<void> | null = null
  let next: Promise<void> | null = null

  const start = (): Promise<void> => {
    next = null
    const current = flush().then(() => {})
    running = current
    const clear = (): void => {
      if (running === current) running = null
    }
    current.then(clear, clear)
    return current
  }
  return () => {
    if (!running) return start()
    next ??= running.then(start, start)
    return next
  }
}

/** What must be stopped when a measurement is interrupted: the databases run apart from us, so Ctrl-C does not reach them. */
const running = new Set<() => Promise<void>>()
let leaving = false

/** Registers how to stop something. What it gives does so once, and forgets it. */
export const stoppable = (stop: () => Promise<void>): (() => Promise<void>) => {
  let stopped: Promise<void> | null = null
  const once = (): Promise<void> => (stopped ??= stop().finally(() => running.delete(once)))
  running.add(once)
  return once
}

const leave = async (code: number): Promise<void> => {
  if (leaving) return
  leaving = true
  process.stderr.write('stopping what was started …\n')
  await Promise.allSettled([...running].map((stop) => stop()))
  process.exit(code)
}

/** Ctrl-C and the like stop everything, then this process with the code a shell expects. */
export const stopOnSignals = (): void => {
  for (const [signal, number] of [
    ['SIGHUP', 1],
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const)
    process.on(signal, () => void leave(128 + number))
}

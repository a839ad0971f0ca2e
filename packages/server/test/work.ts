/** How much work one thing is beside another, on a machine that does other things as well. */

type Work = () => Promise<unknown>

/** Processor time of this process, whatever others run: waiting for a turn does not count. Microseconds. */
const costOf = async (work: Work): Promise<number> => {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/**
 * How many times as much the dearer of two costs: the median over pairs, one right after the other and in either order, so that neither the best nor
 * the worst decides. `between`: done before each, and not counted.
 */
export const timesTheWork = async (
  one: Work,
  other: Work,
  { pairs = 15, between }: { pairs?: number; between?: Work } = {},
): Promise<number> => {
  const counted = async (work: Work): Promise<number> => {
    await between?.()
    return Math.max(1, await costOf(work))
  }
  const ratios: number[] = []
  for (let n = 0; n < pairs; n++) {
    const [first, second] = n % 2 === 0 ? [one, other] : [other, one]
    const [a, b] = [await counted(first), await counted(second)]
    ratios.push(n % 2 === 0 ? a / b : b / a)
  }
  const median = ratios.toSorted((a, b) => a - b)[Math.floor(pairs / 2)] ?? 1
  return Math.max(median, 1 / median)
}

interface Counted {
  on: (event: 'acquire', heard: () => void) => unknown
  off: (event: 'acquire', heard: () => void) => unknown
}

/** How often the database is turned to by some work: the least of a few rounds, since what goes on beside it turns there too. */
export const questionsIn = async (pools: readonly Counted[], work: Work): Promise<number> => {
  const counts: number[] = []
  for (let round = 0; round < 5; round++) {
    let asked = 0
    const heard = (): void => void asked++
    for (const pool of pools) pool.on('acquire', heard)
    try {
      await work()
    } finally {
      for (const pool of pools) pool.off('acquire', heard)
    }
    counts.push(asked)
  }
  return Math.min(...counts)
}

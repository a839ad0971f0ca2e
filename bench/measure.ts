/** What a measurement comes to, and the few numbers it takes. */

export interface Measure {
  readonly name: string
  readonly ours: number
  readonly peer: number
  /** ours / peer, the median over the rounds; what `goal` is about. */
  readonly ratio: number
  readonly goal: number
  readonly better: 'higher' | 'lower'
}

/** What stands beside a measure in the table, and not in the JSON. */
export interface Measured extends Measure {
  /** What `ours` and `peer` count. */
  readonly unit: string
  readonly beside?: string
}

export interface Scale {
  readonly quick: boolean
  /** Says on stderr what goes on. */
  readonly say: (text: string) => void
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(values.length * share) - 1)] ?? Number.NaN

export const rounded = (value: number): number => Number(value.toPrecision(3))

export interface Pairs {
  readonly ours: readonly number[]
  readonly peer: readonly number[]
}

/** Each round is a pair taken close together, so that a noisy neighbour meets both sides; the ratio is the median of the pairs'. */
export const measured = (
  name: string,
  { ours, peer }: Pairs,
  about: Pick<Measured, 'goal' | 'better' | 'unit'> & { beside?: string },
): Measured => ({
  name,
  ours: rounded(median(ours)),
  peer: rounded(median(peer)),
  ratio: rounded(median(ours.map((value, round) => value / (peer[round] ?? Number.NaN)))),
  ...about,
})

export const reached = ({ ratio, goal, better }: Measure): boolean => (better === 'higher' ? ratio >= goal : ratio <= goal)

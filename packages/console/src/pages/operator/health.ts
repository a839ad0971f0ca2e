import type { operator, OutputOf } from '@holdfast/contract'

type Health = OutputOf<typeof operator.health>
interface Judged {
  kind: 'warn' | 'bad'
  words: string
}

const precise = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 })
/** "0.8 ms", "12 ms", "1.4 s". */
export const millisecondsInWords = (ms: number): string =>
  ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${ms >= 10 ? Math.round(ms) : precise.format(ms)} ms`

/** A part that is not asked over a network has no latency. */
export const latencyInWords = (ms: number | null): string => (ms === null ? '' : millisecondsInWords(ms))

const judged = (value: number | null, warn: number, bad: number, words: string): Judged | null => {
  if (value === null || value < warn) return null
  return { kind: value >= bad ? 'bad' : 'warn', words }
}

/** What of the load is worth a word. A person notices 0.3 s and waits at 1 s; a loop that lags 50 ms delays everybody. */
export const loadOf = ({ requests, eventLoopDelayMs }: Health) => ({
  p99: judged(requests.p99Ms, 300, 1000, 'people notice'),
  delay: judged(eventLoopDelayMs, 50, 200, 'the process is busy'),
  shed: requests.shed > requests.served / 100 ? ('bad' as const) : ('warn' as const),
})

import { spanInWords } from '../../kit/index.ts'
import { bytesInWords, count } from '../../verify/words.ts'
import type { Progress } from '../../verify/serverVerdict.ts'

/** "4.2 MB, 310,000 entries/s, 3 s left". Rates over so short a time that they would jump are left out. */
export const rateInWords = (progress: Progress, elapsedMs: number): string => {
  const parts = progress.bytes > 0 ? [bytesInWords(progress.bytes)] : []
  if (elapsedMs >= 300 && progress.entries > 0) {
    const perSecond = progress.entries / (elapsedMs / 1000)
    parts.push(`${count(Math.round(perSecond))} entries/s`)
    const leftMs = ((progress.total - progress.entries) / perSecond) * 1000
    if (leftMs >= 1000) parts.push(`about ${spanInWords(leftMs)} left`)
  }
  return parts.join(', ')
}

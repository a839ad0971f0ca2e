import { createHmac } from 'node:crypto'
import type { Gate } from '../gate.ts'
import { placeOf } from '../network.ts'
import { common } from '../problem.ts'
import type { Secrets } from './secrets.ts'

/**
 * Brakes on guessing at passwords and codes, kept in the database, so that restarting or adding a node does not help. A place (whom,
 * from where) is slowed soon and much, the person as a whole later and little; a place that was right within 30 days is not slowed by
 * other places, so that nobody can lock somebody else out.
 */
export interface Guesses {
  /** Counts one guess; throws `rate_limited` when it is too early for another. Call what it returns when the guess was right. */
  begin: (kind: GuessKind, subject: string | Buffer, address: string) => Promise<() => Promise<void>>
}
export type GuessKind = 'password' | 'factor'

/** `free` failures cost nothing; then the pause doubles from a second up to `cap` seconds. */
const limits: Record<GuessKind, { place: { free: number; cap: number }; subject: { free: number; cap: number } }> = {
  password: { place: { free: 5, cap: 900 }, subject: { free: 20, cap: 30 } },
  // Whoever gets here knows the password. Six digits, three valid at a time: some 290 guesses a day hit once in three years.
  factor: { place: { free: 5, cap: 300 }, subject: { free: 10, cap: 300 } },
}

export const createGuesses = (gate: Gate, secrets: Secrets): Guesses => ({
  begin: async (kind, subject, address) => {
    const [newest] = await secrets.versions('email-index')
    if (!newest) return async () => {} // before set-up there is nothing to guess
    const name = (...parts: (string | Buffer)[]): Buffer => {
      const hmac = createHmac('sha256', newest.key)
      for (const part of ['holdfast guess 1', kind, ...parts]) hmac.update(part).update('|')
      return hmac.digest()
    }
    const { place, subject: whole } = limits[kind]
    const names = [name('place', subject, placeOf(address)), name('subject', subject)]
    const [row] = await gate.ask<{ guess_begin: number }>('guess_begin', [
      names,
      [place.free, whole.free],
      [place.cap, whole.cap],
    ])
    const pause = row?.guess_begin ?? 0
    if (pause > 0)
      throw common('rate_limited', { retryAfterSeconds: pause, detail: 'Too many failed attempts. Wait, then try again.' })
    return async () => void (await gate.ask('guess_right', [names]))
  },
})

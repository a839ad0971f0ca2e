import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import { common } from '../problem.ts'
import { isCommonPassword } from './common-passwords.ts'

/** Password hashing (argon2id), behind a semaphore, since each hash costs a core for some 15 ms. */
export interface Passwords {
  hash: (password: string) => Promise<string>
  /** Hashes against a dummy when `stored` is null, so that unknown people take as long as known ones. */
  verify: (stored: string | null, password: string) => Promise<boolean>
  /** Whether the password is among the most used ones, or little more than what is known `about` the person (address, names). */
  isCommon: (password: string, about?: readonly string[]) => boolean
}

/** OWASP's second choice of parameters: 19 MiB, two passes, one lane. `algorithm: 2` is argon2id. */
const parameters = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
/** Of nobody's password; computed with the parameters above. */
const dummy = '$argon2id$v=19$m=19456,t=2,p=1$u6cLBalZYI6Kr+vl0I8uFg$cx3HWKJ9NvNCseLBfiEEU+Ba+E4R4ZT4+UNUtICKGUA'
/** Beyond it nobody would still wait for the answer: some four seconds of hashing. */
const waitingLimit = 250

/** `run` at most `limit` at a time; first come, first served. Throws `overloaded` when too many wait. */
const semaphore = (limit: number) => {
  let running = 0
  const waiting: (() => void)[] = []
  const enter = (): Promise<void> => {
    if (running < limit) {
      running++
      return Promise.resolve()
    }
    if (waiting.length >= waitingLimit) throw common('overloaded', { retryAfterSeconds: 5 })
    return new Promise((resolve) => waiting.push(resolve))
  }
  const leave = (): void => {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
  return async <T>(work: () => Promise<T>): Promise<T> => {
    await enter()
    return work().finally(leave)
  }
}

/** Leaves a core to everybody who is not signing in. */
export const createPasswords = (parallel = Math.max(1, availableParallelism() - 1)): Passwords => {
  const oneOfFew = semaphore(parallel)
  return {
    hash: (password) => oneOfFew(() => hash(password.normalize('NFC'), parameters)),
    verify: async (stored, password) => {
      const matches = await oneOfFew(() => verify(stored ?? dummy, password.normalize('NFC')))
      return matches && stored !== null
    },
    isCommon: isCommonPassword,
  }
}

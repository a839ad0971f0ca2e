import { common } from '../problem.ts'

export interface LargeLimits {
  /** Large requests at a time: each is held whole while it arrives, and again as text and as a value. */
  uploads: number
  /** Bytes of large answers that were made and not yet fetched: whoever reads slowly, or never, has them held here. */
  answerBytes: number
}

export interface LargeBodies {
  /** Lets one more large request in. Call what it gives when the request is done. */
  takeUpload: () => () => void
  /** Keeps one more large answer. Call what it gives when the answer has been fetched, or never will be. */
  holdAnswer: (bytes: number) => () => void
}

export const defaultLargeLimits: LargeLimits = { uploads: 16, answerBytes: 96 * 1024 * 1024 }

/** What is beyond this is large. */
export const largeBytes = 256 * 1024

/** How many usual requests a large one counts as, beside itself: work and memory grow with it (rate-limit.ts). */
export const weightOf = (bytes: number): number => Math.floor(bytes / largeBytes)

/** Bounds what large bodies cost the process; both refuse with `overloaded`. */
export const createLargeBodies = (limits: LargeLimits = defaultLargeLimits): LargeBodies => {
  let uploads = 0
  let held = 0
  const refuse = (): never => {
    throw common('overloaded', { retryAfterSeconds: 2 })
  }
  return {
    takeUpload: () => {
      if (uploads >= limits.uploads) refuse()
      uploads++
      return () => void uploads--
    },
    holdAnswer: (bytes) => {
      if (held + bytes > limits.answerBytes) refuse()
      held += bytes
      return () => void (held -= bytes)
    },
  }
}

import type { Element } from './read-xml.ts'
import type { Check, Expected, Rejection, Settings } from './verdict.ts'

/** What the fences before the signature is verified look at: nothing here is trusted, it can only be refused. */
export interface Unverified {
  response: Element
  settings: Settings
  expected: Expected
  now: Date
}

/** What those after it look at: `assertion` was read anew from the bytes that were signed. */
export interface Verified extends Unverified {
  assertion: Element
  /** `response` was signed as well. */
  responseSigned: boolean
}

/** One reason to refuse. Named, so that a test can take it away and see who gets in. */
export interface Fence<Subject> {
  check: Check
  refuse: (subject: Subject) => Rejection | null
}

/** Clocks of providers and ours may be this far apart. */
export const skewMs = 120_000

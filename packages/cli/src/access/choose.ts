import { Failed, UsageError } from '../io.ts'
import { plain } from '../print.ts'
import { durationWords } from './duration.ts'
import type { Choice, Policy } from './types.ts'

/** What the person said they want. */
export interface Wish {
  login?: string
  /** id or name */
  policy?: string
  seconds?: number
  extensions: readonly string[]
}

/** Every login that some policy gives, once. */
export const loginsOf = ({ policies }: Choice): string[] => [...new Set(policies.flatMap(({ logins }) => logins))]

const list = (words: readonly string[]): string => words.map(plain).join(', ')

/** The policies under which all of the wish could be asked for. Throws {@link UsageError} naming the first part of it that none allows. */
export const policiesFor = (choice: Choice, { login, policy, seconds, extensions }: Wish): readonly Policy[] => {
  const narrow = (policies: readonly Policy[], allows: (policy: Policy) => boolean, complaint: string): readonly Policy[] => {
    const left = policies.filter(allows)
    if (left.length === 0) throw new UsageError(complaint)
    return left
  }
  if (choice.policies.length === 0) throw new Failed(`there is no access to ${plain(choice.name)} that you may ask for`)
  let left: readonly Policy[] = choice.policies
  if (policy !== undefined) {
    const known = left.map(({ name }) => name)
    left = narrow(left, ({ id, name }) => id === policy || name === policy, `--policy is one of ${list(known)}`)
  }
  if (login !== undefined)
    left = narrow(left, ({ logins }) => logins.includes(login), `--login is one of ${list(left.flatMap(({ logins }) => logins))}`)
  for (const extension of extensions) {
    const wanted = `no policy lets you ask for ${plain(extension)} here`
    left = narrow(left, (each) => (each.extensions as readonly string[]).includes(extension), wanted)
  }
  if (seconds !== undefined) {
    const longest = Math.max(...left.map(({ maxSeconds }) => maxSeconds))
    left = narrow(left, ({ maxSeconds }) => seconds <= maxSeconds, `--for is at most ${durationWords(longest)} here`)
  }
  return left
}

/** Of those that fit, the one that needs the fewest people; else the one the server names first. */
export const easiest = (policies: readonly Policy[]): Policy => {
  const [first] = policies.toSorted((a, b) => a.approvals - b.approvals)
  if (!first) throw new Failed('there is no policy to ask under')
  return first
}

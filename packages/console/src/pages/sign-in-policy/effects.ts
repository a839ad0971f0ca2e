import type { InputOf, OutputOf, SignInMethod, SignInPolicy, signInPolicy } from '@holdfast/contract'
import { durationInWords } from '../accessWords.ts'

export type Change = InputOf<typeof signInPolicy.set>
type Preview = OutputOf<typeof signInPolicy.preview>

export const spanOf = (minutes: number): string => durationInWords(minutes * 60)

export const methodNames: Record<SignInMethod, string> = { password: 'Password', passkey: 'Passkey', sso: 'Single sign-on' }

const people = ({ count, first }: Preview['outside'], nameOf: (id: string) => string | null): string => {
  const names = first.slice(0, 3).map((id) => nameOf(id) ?? 'somebody')
  const others = count - names.length
  return `${count === 1 ? '1 person' : `${count} people`} (${names.join(', ')}${others > 0 ? ` and ${others} more` : ''})`
}

const same = (a: readonly string[], b: readonly string[]): boolean => a.toSorted().join() === b.toSorted().join()

/** The fields that differ, so that a colleague's change of another one is not undone. */
export const changeBetween = (before: SignInPolicy, after: SignInPolicy): Change => ({
  ...(before.requireMfa !== after.requireMfa && { requireMfa: after.requireMfa }),
  ...(before.sessionMinutes !== after.sessionMinutes && { sessionMinutes: after.sessionMinutes }),
  ...(before.idleMinutes !== after.idleMinutes && { idleMinutes: after.idleMinutes }),
  ...(before.lockMinutes !== after.lockMinutes && { lockMinutes: after.lockMinutes }),
  ...(!same(before.networks, after.networks) && { networks: after.networks }),
  ...(!same(before.methods, after.methods) && { methods: after.methods }),
})

/** What the change asks for from now on, a line each. */
const rules = ({ requireMfa, sessionMinutes, idleMinutes, lockMinutes, networks, methods }: Change): string[] => [
  ...(requireMfa === true ? ['Every member needs a second factor.'] : []),
  ...(requireMfa === false
    ? ['Reviewers, Members and Viewers may sign in without a second factor; Owners and Admins still need one.']
    : []),
  ...(sessionMinutes === undefined
    ? []
    : [`A session ends ${spanOf(sessionMinutes ?? 43_200)} after its sign-in, whatever is done in it.`]),
  ...(idleMinutes === undefined ? [] : [`A session that nobody is at for ${spanOf(idleMinutes ?? 10_080)} ends.`]),
  ...(lockMinutes === null ? ['The console no longer locks by itself.'] : []),
  ...(typeof lockMinutes === 'number'
    ? [`A session that nobody is at for ${spanOf(lockMinutes)} locks, and asks for a proof again.`]
    : []),
  ...(networks === undefined
    ? []
    : [
        networks.length === 0
          ? 'People and API keys may come from anywhere.'
          : `People and API keys are let in only from ${networks.join(', ')}.`,
      ]),
  ...(methods === undefined
    ? []
    : [`People sign in by ${methods.map((method) => methodNames[method].toLowerCase()).join(' or ')}, and no other way.`]),
]

/** What will happen, and to whom. */
export const effectsInWords = (change: Change, seen: Preview, nameOf: (id: string) => string | null): string[] => [
  ...rules(change),
  ...(seen.withoutFactor.count > 0
    ? [`${people(seen.withoutFactor, nameOf)} have no second factor: they will be asked to enrol one at their next request.`]
    : []),
  ...(seen.withoutPasskey.count > 0
    ? [`${people(seen.withoutPasskey, nameOf)} have no passkey: they will be asked to enrol one at their next request.`]
    : []),
  ...(seen.signedInTooLong.count > 0
    ? [`${people(seen.signedInTooLong, nameOf)} signed in longer ago than that: they must sign in again.`]
    : []),
  ...(seen.outside.count > 0
    ? [`${people(seen.outside, nameOf)} signed in from outside these networks: they are refused until they come from inside.`]
    : []),
  ...(seen.apiKeys > 0
    ? [`${seen.apiKeys === 1 ? '1 API key works' : `${seen.apiKeys} API keys work`} only from inside these networks.`]
    : []),
  'It holds at once, for everybody who is signed in here too. What they do in other organisations is not touched.',
]

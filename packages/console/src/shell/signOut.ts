import { session } from '@holdfast/contract'
import { useCommandOf } from '../kit/commands.tsx'
import { useSessionChanged } from './changed.ts'

/** Ends the session; whatever the answer, the page goes to the sign-in. */
export const useSignOut = (): (() => Promise<void>) => {
  const changed = useSessionChanged()
  const { run } = useCommandOf(session.signOut, { done: null, explain: { no_session: 'There is no session to end.' } })
  return async () => {
    await run({})
    changed('/sign-in')
  }
}

import {
  factor,
  session,
  type Operation,
  type OutputOf,
  type PasskeyAssertion,
  type PasskeyRegistration,
} from '@holdfast/contract'
import { useEffect, useRef, useState } from 'react'
import { api } from './doors.ts'
import { explain, type Explained } from './explain.ts'

export const browserKnowsPasskeys = (): boolean => typeof PublicKeyCredential === 'function'

/** Fetched when a passkey is used first: most visits use none. */
const library = () => import('@simplewebauthn/browser')

/** Closed by the person, or given up for another ceremony. */
const wasCancelled = (error: unknown): boolean =>
  error instanceof Error && ['NotAllowedError', 'AbortError', 'WebAuthnError'].includes(error.name) && !isKnown(error)
const isKnown = (error: Error): boolean => 'code' in error && error.code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED'

const cancelled: Explained = {
  title: 'No passkey was used.',
  effect: '',
  advice: 'Try again, or choose another way.',
  code: 'passkey_not_used',
  instance: '',
  fields: {},
}
const known: Explained = { ...cancelled, title: 'This device holds a passkey for your account already.', advice: '' }

const problemOf = (error: unknown, sentences: Record<string, string>): Explained => {
  if (wasCancelled(error)) return cancelled
  return error instanceof Error && isKnown(error) ? known : explain(error, sentences, 'read')
}

/** Shows a passkey to the browser's dialog; `autofill` offers it in the field for the e-mail address instead, and waits. */
const answerWithPasskey = async (
  optionsJSON: OutputOf<typeof session.passkeyOptions>,
  autofill = false,
): Promise<PasskeyAssertion> => {
  const { startAuthentication } = await library()
  const { id, response } = await startAuthentication({
    optionsJSON: optionsJSON as Parameters<typeof startAuthentication>[0]['optionsJSON'],
    useBrowserAutofill: autofill,
  })
  const { clientDataJSON, authenticatorData, signature, userHandle } = response
  return { id, response: { clientDataJSON, authenticatorData, signature, ...(userHandle && { userHandle }) } }
}

const makePasskey = async (optionsJSON: OutputOf<typeof factor.enrolPasskey>): Promise<PasskeyRegistration> => {
  const { startRegistration } = await library()
  const { id, response } = await startRegistration({
    optionsJSON: optionsJSON as Parameters<typeof startRegistration>[0]['optionsJSON'],
  })
  const { clientDataJSON, attestationObject, transports = [] } = response
  return { id, response: { clientDataJSON, attestationObject, transports } }
}

/** What a passkey shall confirm: one operation with its whole input, and nothing else. */
export interface Act {
  operation: Operation
  input: Record<string, unknown>
}

/** One ceremony at a time, with what went wrong in words. */
const useCeremony = () => {
  const [running, setRunning] = useState(false)
  const [problem, setProblem] = useState<Explained | null>(null)
  const attempt = async <T>(work: () => Promise<T>, sentences: Record<string, string>): Promise<T | null> => {
    setRunning(true)
    setProblem(null)
    try {
      return await work()
    } catch (error) {
      setProblem(problemOf(error, sentences))
      return null
    } finally {
      setRunning(false)
    }
  }
  return { running, problem, attempt }
}

/** Asks for one of the caller's passkeys: for this session, or for one act. Null when there was none; `problem` says why. */
export const useOwnPasskey = () => {
  const { running, problem, attempt } = useCeremony()
  const ask = (act?: Act): Promise<PasskeyAssertion | null> =>
    attempt(
      async () => {
        const input = act ? { act: { operation: act.operation.name, input: JSON.stringify(act.input) } } : {}
        return answerWithPasskey((await api.call(factor.passkeyOptions, input)).value)
      },
      { no_passkey: 'You have no passkey yet.', act_unknown: 'Something in the form is not valid. Look through it first.' },
    )
  return { running, problem, ask }
}

/** Asks for any passkey for this site, by whomever. */
export const useAnyPasskey = () => {
  const { running, problem, attempt } = useCeremony()
  const ask = (): Promise<PasskeyAssertion | null> =>
    attempt(async () => answerWithPasskey((await api.call(session.passkeyOptions, {})).value), {
      not_set_up: 'Nobody can sign in yet.',
    })
  return { running, problem, ask }
}

/** Challenges are good for five minutes; a page that waits longer asks for another in time. */
const renewMs = 4 * 60_000

/** Offers passkeys where the browser fills in the e-mail address, for as long as the page is open. */
export const usePasskeyAutofill = (onShown: (passkey: PasskeyAssertion) => void): void => {
  const shown = useRef(onShown)
  useEffect(() => {
    shown.current = onShown
  })
  useEffect(() => {
    let over = false
    const offer = async () => {
      const { browserSupportsWebAuthnAutofill, WebAuthnAbortService } = await library()
      if (over || !(await browserSupportsWebAuthnAutofill())) return
      const options = await api.call(session.passkeyOptions, {})
      if (over) return WebAuthnAbortService.cancelCeremony()
      shown.current(await answerWithPasskey(options.value, true))
    }
    // Nobody asked for it: where it does not work the button is still there.
    const begin = () => void offer().catch(() => undefined)
    begin()
    const timer = setInterval(begin, renewMs)
    return () => {
      over = true
      clearInterval(timer)
      void library().then(({ WebAuthnAbortService }) => WebAuthnAbortService.cancelCeremony())
    }
  }, [])
}

/** Has a new passkey made. */
export const useNewPasskey = () => {
  const { running, problem, attempt } = useCeremony()
  const make = (): Promise<PasskeyRegistration | null> =>
    attempt(async () => makePasskey((await api.call(factor.enrolPasskey, {})).value), {
      too_many_factors: 'You have as many passkeys as an account may have. Remove one first.',
      step_up_first: 'Confirm with the factor you have before you add another.',
      sso_session: 'A first factor counts in your other organisations too. Sign in to one of them, and add it there.',
    })
  return { running, problem, make }
}

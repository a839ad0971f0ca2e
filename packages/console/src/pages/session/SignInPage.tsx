import { Anchor, Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { session, setup } from '@holdfast/contract'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import { PageLink, ProblemNotice, useCommandOf, useFormOf, useQueryOf } from '../../kit/index.ts'
import { Or, PasskeyButton } from '../../kit/PasskeyButton.tsx'
import { useSessionChanged } from '../../shell/changed.ts'
import { takeNext } from '../../shell/next.ts'
import { Plain } from '../../shell/Plain.tsx'
import { browserKnowsPasskeys, useAnyPasskey, usePasskeyAutofill } from '../../kit/passkeys.ts'
import { useDiscovery, type Way } from './discovery.ts'
import classes from './session.module.css'

const useSignIn = () => {
  const changed = useSessionChanged()
  return useCommandOf(session.signIn, {
    done: null,
    onDone: ({ next }) => changed(next === 'done' ? takeNext() : '/factor'),
    explain: {
      sign_in_refused: 'That address and password do not belong together.',
      sso_required: 'Your organisation signs in by single sign-on only, and this address leads to no provider. Ask who runs it.',
    },
  })
}

/** To the provider, and below it the password of whoever has one. */
const ToProvider = ({ loading, onClick }: { loading: boolean; onClick: () => void }) => (
  <>
    <Button type="button" autoFocus loading={loading} onClick={onClick}>
      Continue to your provider
    </Button>
    <Or />
  </>
)

/** First who, then by what: single sign-on where the domain has it, else the password. Both fields are there from the beginning. */
const Form = () => {
  const { run, running, problem, reset } = useSignIn()
  const discovery = useDiscovery()
  const [way, setWay] = useState<Way | null>(null)
  const form = useFormOf(session.signIn, { email: '', password: '' }, problem)
  const email = useRef<HTMLInputElement>(null)
  const password = useRef<HTMLInputElement>(null)
  const asksPassword = way !== null && !way.singleSignOn
  useEffect(() => {
    if (asksPassword) password.current?.focus()
  }, [asksPassword])
  const begin = async (values: { email: string; password: string }) => {
    const found = await discovery.find(values.email)
    if (!found) return
    if (found.required) return void (await discovery.leave(found.domain))
    setWay(found)
    // Somebody's password manager has filled both fields.
    if (!found.singleSignOn && values.password !== '') await run(values)
  }
  const submit = (event: FormEvent) => {
    if (way !== null) return form.submit(run)(event)
    event.preventDefault()
    // Only the address is asked for yet.
    if (form.check({ ...form.values, password: form.values.password || '-' })) void begin(form.values)
    else email.current?.focus()
  }
  const startOver = () => {
    setWay(null)
    form.set('password', '')
    reset()
    discovery.reset()
    email.current?.focus()
  }
  return (
    <form onSubmit={submit} noValidate className={classes['flow']}>
      <Stack gap="md">
        <TextInput
          ref={email}
          label="E-mail address"
          type="email"
          autoComplete="username webauthn"
          autoFocus
          readOnly={way !== null}
          rightSectionWidth={72}
          rightSection={
            way && (
              <Anchor component="button" type="button" size="sm" onClick={startOver}>
                Change
              </Anchor>
            )
          }
          {...form.text('email')}
        />
        {way?.singleSignOn && <ToProvider loading={discovery.running} onClick={() => void discovery.leave(way.domain)} />}
        <div className={way === null ? classes['away'] : undefined} aria-hidden={way === null || undefined}>
          <PasswordInput
            ref={password}
            label="Password"
            autoComplete="current-password"
            tabIndex={way === null ? -1 : undefined}
            {...form.text('password')}
          />
        </div>
        <ProblemNotice problem={discovery.problem ?? problem} />
        <Button
          type="submit"
          variant={way?.singleSignOn ? 'default' : 'filled'}
          loading={running || (way === null && discovery.running)}
        >
          {way === null ? 'Continue' : 'Sign in'}
        </Button>
      </Stack>
    </form>
  )
}

/** Without a name: the passkey says who it is. It is offered in the field above as well, where the browser can. */
const WithPasskey = () => {
  const changed = useSessionChanged()
  const passkey = useAnyPasskey()
  const { run, running, problem } = useCommandOf(session.signInWithPasskey, {
    done: null,
    onDone: () => changed(takeNext()),
    explain: {
      sign_in_refused: 'That passkey opens no account here; it may have been removed, or the page waited too long.',
      sso_required: 'Your organisation signs in by single sign-on only. Enter your e-mail address above.',
    },
  })
  usePasskeyAutofill((shown) => void run({ passkey: shown }))
  const signIn = async () => {
    const shown = await passkey.ask()
    if (shown) await run({ passkey: shown })
  }
  return (
    <Stack gap="md">
      <Or />
      <PasskeyButton variant="default" loading={passkey.running || running} onClick={() => void signIn()}>
        Use a passkey
      </PasskeyButton>
      <ProblemNotice problem={passkey.problem ?? problem} />
    </Stack>
  )
}

export const SignInPage = () => {
  const state = useQueryOf(setup.state, {})
  if (state.data?.needed)
    return (
      <Plain
        title="Holdfast waits for its first Owner"
        about="Nobody can sign in yet. Open the one-time set-up link that the terminal printed when Holdfast started."
      >
        <span>If it is gone, stop Holdfast with Ctrl-C and start it again: it prints another.</span>
      </Plain>
    )
  return (
    <Plain
      title="Sign in"
      foot={
        <>
          <PageLink to="/reset">Forgot your password?</PageLink> · <a href="/trust">What this system promises</a>
        </>
      }
    >
      <Form />
      {browserKnowsPasskeys() && <WithPasskey />}
    </Plain>
  )
}

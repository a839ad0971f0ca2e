import { Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { session, setup } from '@holdfast/contract'
import { PageLink, ProblemNotice, useCommandOf, useFormOf, useGo, useQueryOf } from '../../kit/index.ts'
import { Or, PasskeyButton } from '../../kit/PasskeyButton.tsx'
import { useSessionChanged } from '../../shell/changed.ts'
import { takeNext } from '../../shell/next.ts'
import { Plain } from '../../shell/Plain.tsx'
import { browserKnowsPasskeys, useAnyPasskey, usePasskeyAutofill } from '../../kit/passkeys.ts'

const Form = () => {
  const changed = useSessionChanged()
  const { run, running, problem } = useCommandOf(session.signIn, {
    done: null,
    onDone: ({ next }) => changed(next === 'done' ? takeNext() : '/factor'),
    explain: {
      sign_in_refused: 'That address and password do not belong together.',
      sso_required: 'Your organisation signs in by single sign-on only. Choose “Single sign-on” below.',
    },
  })
  const form = useFormOf(session.signIn, { email: '', password: '' }, problem)
  return (
    <form onSubmit={form.submit(run)} noValidate>
      <Stack gap="md">
        <TextInput label="E-mail address" type="email" autoComplete="username webauthn" autoFocus {...form.text('email')} />
        <PasswordInput label="Password" autoComplete="current-password" {...form.text('password')} />
        <ProblemNotice problem={problem} />
        <Button type="submit" loading={running}>
          Sign in
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
      sso_required: 'Your organisation signs in by single sign-on only. Choose “Single sign-on” below.',
    },
  })
  usePasskeyAutofill((shown) => void run({ passkey: shown }))
  const signIn = async () => {
    const shown = await passkey.ask()
    if (shown) await run({ passkey: shown })
  }
  return (
    <Stack gap="md" mt="md">
      <Or />
      <PasskeyButton variant="default" loading={passkey.running || running} onClick={() => void signIn()}>
        Use a passkey
      </PasskeyButton>
      <ProblemNotice problem={passkey.problem ?? problem} />
    </Stack>
  )
}

const WithSignOn = () => {
  const go = useGo()
  return (
    <Button variant="default" fullWidth mt="xs" onClick={() => go('/sign-in/sso')}>
      Single sign-on
    </Button>
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
      {browserKnowsPasskeys() ? <WithPasskey /> : <Or />}
      <WithSignOn />
    </Plain>
  )
}

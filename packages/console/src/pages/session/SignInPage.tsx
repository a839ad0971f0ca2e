import { Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { session, setup } from '@holdfast/contract'
import { PageLink, ProblemNotice, useCommandOf, useFormOf, useQueryOf } from '../../kit/index.ts'
import { useSessionChanged } from '../../shell/changed.ts'
import { takeNext } from '../../shell/next.ts'
import { Plain } from '../../shell/Plain.tsx'

const Form = () => {
  const changed = useSessionChanged()
  const { run, running, problem } = useCommandOf(session.signIn, {
    done: null,
    onDone: ({ next }) => changed(next === 'done' ? takeNext() : '/factor'),
    explain: { sign_in_refused: 'That address and password do not belong together.' },
  })
  const form = useFormOf(session.signIn, { email: '', password: '' }, problem)
  return (
    <form onSubmit={form.submit(run)} noValidate>
      <Stack gap="md">
        <TextInput label="E-mail address" type="email" autoComplete="username" autoFocus {...form.text('email')} />
        <PasswordInput label="Password" autoComplete="current-password" {...form.text('password')} />
        <ProblemNotice problem={problem} />
        <Button type="submit" loading={running}>
          Sign in
        </Button>
      </Stack>
    </form>
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
    </Plain>
  )
}

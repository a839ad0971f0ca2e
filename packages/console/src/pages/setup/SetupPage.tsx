import { Button, Skeleton, Stack, TextInput } from '@mantine/core'
import { setup } from '@holdfast/contract'
import { useLocation } from '@tanstack/react-router'
import { NewPassword, PageLink, ProblemNotice, ReadProblem, useCommandOf, useFormOf, useQueryOf } from '../../kit/index.ts'
import { useSessionChanged } from '../../shell/changed.ts'
import { Plain } from '../../shell/Plain.tsx'

const Form = ({ token }: { token: string }) => {
  const changed = useSessionChanged()
  const { run, running, problem } = useCommandOf(setup.complete, {
    done: null,
    onDone: () => changed('/'),
    explain: {
      setup_already_done: 'This installation already has its first Owner.',
      setup_link_invalid: 'This link does not work. Use the newest one that the terminal printed; restarting prints another.',
      password_too_common: 'That password is on lists that attackers try first. Choose another.',
    },
  })
  const form = useFormOf(setup.complete, { token, organisation: '', name: '', email: '', password: '' }, problem)
  return (
    <form onSubmit={form.submit(run)} noValidate>
      <Stack gap="md">
        <TextInput
          label="Organisation"
          description="The one that runs this installation"
          autoComplete="organization"
          data-autofocus
          {...form.text('organisation')}
        />
        <TextInput label="Your name" autoComplete="name" {...form.text('name')} />
        <TextInput label="E-mail address" type="email" autoComplete="username" {...form.text('email')} />
        <NewPassword {...form.text('password')} />
        <ProblemNotice problem={problem} />
        <Button type="submit" loading={running}>
          Create the organisation
        </Button>
      </Stack>
    </form>
  )
}

/** First run: the operator's organisation and its first Owner. The token comes after the `#`, so that no log sees it. */
export const SetupPage = () => {
  const token = useLocation().hash
  const state = useQueryOf(setup.state, {})
  if (state.error)
    return (
      <Plain title="Set up Holdfast">
        <ReadProblem error={state.error} retry={() => void state.refetch()} />
      </Plain>
    )
  if (!state.data)
    return (
      <Plain title="Set up Holdfast">
        <Skeleton height={240} />
      </Plain>
    )
  if (!state.data.needed)
    return (
      <Plain title="This installation is set up" about="Its first Owner exists. Further people join by invitation.">
        <PageLink to="/sign-in">Sign in</PageLink>
      </Plain>
    )
  if (token.length < 20)
    return (
      <Plain
        title="Open the set-up link"
        about="The terminal in which Holdfast was started printed a one-time link. Open it whole: what follows the # is its key."
      >
        <span>If it is gone, stop Holdfast with Ctrl-C and start it again: it prints another.</span>
      </Plain>
    )
  return (
    <Plain
      title="Set up Holdfast"
      about="You become the first Owner. Next, you enrol a second factor: Owners and Admins always need one."
    >
      <Form token={token} />
    </Plain>
  )
}

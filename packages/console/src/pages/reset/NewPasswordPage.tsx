import { Button, Stack } from '@mantine/core'
import { account } from '@holdfast/contract'
import { useLocation } from '@tanstack/react-router'
import { useState } from 'react'
import { NewPassword, PageLink, ProblemNotice, useCommandOf, useFormOf } from '../../kit/index.ts'
import { Plain } from '../../shell/Plain.tsx'

const Form = ({ token, onDone }: { token: string; onDone: () => void }) => {
  const { run, running, problem } = useCommandOf(account.resetPassword, {
    done: null,
    onDone,
    explain: {
      link_invalid: 'This link was used, or its time is over. Ask for another.',
      password_too_common: 'That password is on lists that attackers try first. Choose another.',
    },
  })
  const form = useFormOf(account.resetPassword, { token, password: '' }, problem)
  return (
    <form onSubmit={form.submit(run)}>
      <Stack gap="md">
        <NewPassword label="New password" autoFocus {...form.text('password')} />
        <ProblemNotice problem={problem} />
        <Button type="submit" loading={running}>
          Set the password
        </Button>
      </Stack>
    </form>
  )
}

/** Sets a new password with the link; its token comes after the `#`. */
export const NewPasswordPage = () => {
  const token = useLocation().hash
  const [done, setDone] = useState(false)
  if (done)
    return (
      <Plain
        title="Your password is set"
        about="All your sessions have ended. Sign in with the new password; your second factor is asked for as before."
      >
        <PageLink to="/sign-in">Sign in</PageLink>
      </Plain>
    )
  if (token.length < 20)
    return (
      <Plain title="This link is not whole" about="Open the link of the mail again, whole: what follows the # is its key.">
        <PageLink to="/reset">Ask for another link</PageLink>
      </Plain>
    )
  return (
    <Plain
      title="Set a new password"
      about="Every session of yours ends when it is set."
      foot={<PageLink to="/reset">Ask for another link</PageLink>}
    >
      <Form token={token} onDone={() => setDone(true)} />
    </Plain>
  )
}

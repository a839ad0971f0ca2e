import { Button, Stack, TextInput } from '@mantine/core'
import { account } from '@holdfast/contract'
import { useState } from 'react'
import { PageLink, ProblemNotice, useCommandOf, useFormOf } from '../../kit/index.ts'
import { Plain } from '../../shell/Plain.tsx'

const foot = <PageLink to="/sign-in">Back to sign in</PageLink>

/** Asks for a link. The answer is the same whether the address is known or not. */
export const ResetPage = () => {
  const [sentTo, setSentTo] = useState<string | null>(null)
  const { run, running, problem } = useCommandOf(account.requestReset, { done: null })
  const form = useFormOf(account.requestReset, { email: '' }, problem)
  if (sentTo !== null)
    return (
      <Plain
        title="Look at your mail"
        about={`If ${sentTo} belongs to an account, a link to set a new password is on its way. It works once, for a short time.`}
        foot={foot}
      >
        <span>
          No mail? The operator of this installation may have none configured, and then finds the link under Operator, Outbox.
        </span>
      </Plain>
    )
  return (
    <Plain
      title="Set a new password"
      about="We send a link to your address. Your second factor stays as it is and will be asked for."
      foot={foot}
    >
      <form onSubmit={form.submit(async (values) => ((await run(values)) ? setSentTo(values.email) : null))} noValidate>
        <Stack gap="md">
          <TextInput label="E-mail address" type="email" autoComplete="username" autoFocus {...form.text('email')} />
          <ProblemNotice problem={problem} />
          <Button type="submit" loading={running}>
            Send the link
          </Button>
        </Stack>
      </form>
    </Plain>
  )
}

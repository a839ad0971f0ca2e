import { Button, Stack } from '@mantine/core'
import { recovery } from '@holdfast/contract'
import { useLocation } from '@tanstack/react-router'
import { useState } from 'react'
import { PageLink, ProblemNotice, useCommandOf } from '../../kit/index.ts'
import { Plain } from '../../shell/Plain.tsx'

/** One click stops it, signed in or not. A click, since programs that look at mails follow links. */
export const StopPage = () => {
  const token = useLocation().hash
  const [done, setDone] = useState(false)
  const { run, running, problem } = useCommandOf(recovery.stop, {
    done: null,
    onDone: () => setDone(true),
    explain: { link_invalid: 'There is nothing to stop: it was used, stopped, refused, or has lapsed.' },
  })
  if (done)
    return (
      <Plain
        title="It is stopped"
        about="Your second factor stays as it was. If somebody else began this, they may know your password: change it."
      >
        <PageLink to="/reset">Set a new password</PageLink>
      </Plain>
    )
  return (
    <Plain
      title="Stop the recovery"
      about="Somebody said that you lost your second factor, and a new one is to be enrolled for you."
    >
      <Stack gap="md">
        <ProblemNotice problem={problem} />
        <Button color="red" loading={running} disabled={token.length < 20} onClick={() => void run({ token })}>
          Stop it
        </Button>
      </Stack>
    </Plain>
  )
}

import { Anchor, Button, Skeleton, Stack, TextInput } from '@mantine/core'
import { session, type OutputOf } from '@holdfast/contract'
import { useEffect, useState } from 'react'
import { ProblemNotice, ReadProblem, useCommandOf, useFormOf, useQueryOf } from '../../kit/index.ts'
import { useSignOut } from '../../shell/signOut.ts'
import { useSessionChanged } from '../../shell/changed.ts'
import { takeNext } from '../../shell/next.ts'
import { Plain } from '../../shell/Plain.tsx'
import { EnrolTotp } from '../EnrolTotp.tsx'

const Confirm = () => {
  const changed = useSessionChanged()
  const { run, running, problem } = useCommandOf(session.confirmFactor, {
    done: null,
    onDone: () => changed(takeNext()),
    explain: {
      code_refused:
        'That code was not accepted. Each works once and for half a minute: wait for the next, or use a recovery code.',
      no_factor: 'You have no second factor yet. Reload the page to enrol one.',
    },
  })
  const form = useFormOf(session.confirmFactor, { code: '' }, problem)
  return (
    <form onSubmit={form.submit(({ code }) => run({ code: code.replace(/\s/g, '') }))}>
      <Stack gap="md">
        <TextInput
          label="Code"
          description="Six digits, or one of your recovery codes"
          autoComplete="one-time-code"
          autoFocus
          {...form.text('code')}
        />
        <ProblemNotice problem={problem} />
        <Button type="submit" loading={running}>
          Confirm
        </Button>
      </Stack>
    </form>
  )
}

const SignOut = () => {
  const signOut = useSignOut()
  return (
    <Anchor component="button" type="button" inherit onClick={() => void signOut()}>
      Sign out
    </Anchor>
  )
}

/** The second factor, before anything else (C2): confirm it, or enrol the first. */
export const FactorPage = () => {
  const changed = useSessionChanged()
  const current = useQueryOf(session.current, {}, { fresh: true })
  // What was asked on arrival stays asked: the session is whole before the recovery codes are off the screen.
  const [asked, setAsked] = useState<OutputOf<typeof session.current>['next'] | null>(null)
  const fresh = current.isFetchedAfterMount ? current.data?.next : undefined
  useEffect(() => {
    if (fresh === undefined || asked !== null) return
    setAsked(fresh)
    if (fresh === 'done') changed(takeNext())
  }, [fresh, asked, changed])
  if (current.error && asked === null)
    return (
      <Plain title="Second factor">
        <ReadProblem error={current.error} retry={() => void current.refetch()} />
      </Plain>
    )
  if (asked === 'enrol_factor')
    return (
      <Plain
        wide
        title="Enrol a second factor"
        about="Your role needs one: a code from an app on your phone, beside the password. Until then nothing else opens."
        foot={<SignOut />}
      >
        <EnrolTotp onDone={() => changed(takeNext())} />
      </Plain>
    )
  if (asked === 'confirm_factor')
    return (
      <Plain
        title="Confirm your second factor"
        about="Open your authenticator app and enter the current code."
        foot={<SignOut />}
      >
        <Confirm />
      </Plain>
    )
  return (
    <Plain title="Second factor">
      <Skeleton height={120} />
    </Plain>
  )
}

import { Anchor, Button, Skeleton, Stack, TextInput } from '@mantine/core'
import { factor, session, type OutputOf } from '@holdfast/contract'
import { useEffect, useState } from 'react'
import { ProblemNotice, ReadProblem, useCommandOf, useFormOf, useQueryOf } from '../../kit/index.ts'
import { Or, PasskeyButton } from '../../kit/PasskeyButton.tsx'
import { useOwnPasskey } from '../../kit/passkeys.ts'
import { useSignOut } from '../../shell/signOut.ts'
import { useSessionChanged } from '../../shell/changed.ts'
import { takeNext } from '../../shell/next.ts'
import { Plain } from '../../shell/Plain.tsx'
import { EnrolFactor } from '../EnrolPasskey.tsx'

const WithCode = ({ primary }: { primary: boolean }) => {
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
          autoFocus={primary}
          {...form.text('code')}
        />
        <ProblemNotice problem={problem} />
        <Button type="submit" variant={primary ? 'filled' : 'default'} loading={running}>
          Confirm
        </Button>
      </Stack>
    </form>
  )
}

const WithPasskey = () => {
  const changed = useSessionChanged()
  const passkey = useOwnPasskey()
  const { run, running, problem } = useCommandOf(session.confirmPasskey, {
    done: null,
    onDone: () => changed(takeNext()),
    explain: { passkey_refused: 'That passkey was not accepted. It may have taken too long: try again.' },
  })
  const confirm = async () => {
    const shown = await passkey.ask()
    if (shown) await run({ passkey: shown })
  }
  return (
    <>
      <PasskeyButton autoFocus loading={passkey.running || running} onClick={() => void confirm()}>
        Use a passkey
      </PasskeyButton>
      <ProblemNotice problem={passkey.problem ?? problem} />
    </>
  )
}

/** By whatever the person has: a passkey first, since no false page can ask for it. */
const Confirm = () => {
  const factors = useQueryOf(factor.list, {})
  if (factors.error) return <ReadProblem error={factors.error} retry={() => void factors.refetch()} />
  if (!factors.data) return <Skeleton height={120} />
  const hasPasskey = factors.data.rows.some(({ kind }) => kind === 'passkey')
  return (
    <Stack gap="md">
      {hasPasskey && <WithPasskey />}
      {hasPasskey && <Or />}
      <WithCode primary={!hasPasskey} />
    </Stack>
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
        about="Your role needs one, beside the password: a passkey, or a code from an app on your phone. Until then nothing else opens."
        foot={<SignOut />}
      >
        <EnrolFactor onDone={() => changed(takeNext())} />
      </Plain>
    )
  if (asked === 'confirm_factor')
    return (
      <Plain title="Confirm your second factor" about="Show that it is you by what only you have." foot={<SignOut />}>
        <Confirm />
      </Plain>
    )
  return (
    <Plain title="Second factor">
      <Skeleton height={120} />
    </Plain>
  )
}

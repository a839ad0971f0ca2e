import { Anchor, Button, PasswordInput, Skeleton, Stack, TextInput } from '@mantine/core'
import { factor, session, type OutputOf } from '@holdfast/contract'
import { useEffect, useState } from 'react'
import { ProblemNotice, ReadProblem, useCommandOf, useFormOf, useQueryOf } from '../../kit/index.ts'
import { Or, PasskeyButton } from '../../kit/PasskeyButton.tsx'
import { useOwnPasskey } from '../../kit/passkeys.ts'
import { useSignOut } from '../../shell/signOut.ts'
import { useSessionChanged } from '../../shell/changed.ts'
import { takeNext } from '../../shell/next.ts'
import { Plain } from '../../shell/Plain.tsx'
import { EnrolFactor, EnrolPasskey } from '../EnrolPasskey.tsx'
import { LostFactor } from '../LostFactor.tsx'

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

const WithPassword = () => {
  const changed = useSessionChanged()
  const { run, running, problem } = useCommandOf(session.confirmPassword, {
    done: null,
    onDone: () => changed(takeNext()),
    explain: {
      password_refused: 'That is not your password.',
      factor_required: 'You have a second factor: reload the page and use it.',
    },
  })
  const form = useFormOf(session.confirmPassword, { password: '' }, problem)
  return (
    <form onSubmit={form.submit(run)}>
      <Stack gap="md">
        <PasswordInput label="Password" autoComplete="current-password" autoFocus {...form.text('password')} />
        <ProblemNotice problem={problem} />
        <Button type="submit" loading={running}>
          Confirm
        </Button>
      </Stack>
    </form>
  )
}

/** A passkey is accepted everywhere; single sign-on is the other way, by signing in anew. */
const OtherMethod = () => {
  const factors = useQueryOf(factor.list, {})
  if (factors.error) return <ReadProblem error={factors.error} retry={() => void factors.refetch()} />
  if (!factors.data) return <Skeleton height={120} />
  return <ByPasskey has={factors.data.rows.some(({ kind }) => kind === 'passkey')} />
}

/** Whoever had none on arrival sees their recovery codes to the end, though they have one now. */
const ByPasskey = ({ has }: { has: boolean }) => {
  const changed = useSessionChanged()
  const [had] = useState(has)
  if (had) return <WithPasskey />
  return (
    <>
      <p>You have none yet. Enrol one: from then on you sign in by it alone.</p>
      <EnrolPasskey onDone={() => changed(takeNext())} />
    </>
  )
}

/** The way of whoever has nothing left: two others confirm. */
const ConfirmOrLost = () => {
  const [lost, setLost] = useState(false)
  if (lost) return <LostFactor onBack={() => setLost(false)} />
  return (
    <Stack gap="md">
      <Confirm />
      <Anchor component="button" type="button" inherit onClick={() => setLost(true)}>
        I have lost my second factor
      </Anchor>
    </Stack>
  )
}

/** By whatever the person has: a passkey first, since no false page can ask for it. */
const Confirm = () => {
  const factors = useQueryOf(factor.list, {})
  if (factors.error) return <ReadProblem error={factors.error} retry={() => void factors.refetch()} />
  if (!factors.data) return <Skeleton height={120} />
  if (factors.data.rows.length === 0) return <WithPassword />
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

type Current = OutputOf<typeof session.current>

/** The way out that is always there: another organisation, or signing out. */
const Elsewhere = ({ current }: { current: Current | undefined }) => {
  const changed = useSessionChanged()
  const { run, problem } = useCommandOf(session.switchOrganisation, {
    done: null,
    onDone: ({ next }) => changed(next === 'done' ? '/' : '/factor'),
    explain: {
      organisation_not_found: 'You are no longer a member there.',
      no_session: 'This is not a session that can move.',
      sign_in_again: 'Your session is older than that organisation allows. Sign out, and sign in again.',
      sso_required: 'That organisation signs in by single sign-on only.',
      sso_session: 'You came in by single sign-on, which opens this organisation only.',
    },
  })
  const others = current?.organisations.filter(({ id }) => id !== current.organisation.id) ?? []
  return (
    <>
      {others.map(({ id, name }) => (
        <span key={id}>
          <Anchor component="button" type="button" inherit onClick={() => void run({ orgId: id })}>
            Go to {name}
          </Anchor>{' '}
          ·{' '}
        </span>
      ))}
      <SignOut />
      <ProblemNotice problem={problem} />
    </>
  )
}

const enrolment = {
  title: 'Enrol a second factor',
  about:
    'Your role needs one, beside the password: a passkey, or a code from an app on your phone. Until then nothing else opens.',
}

/** Before anything else: the second factor (C2), and what the organisation's sign-in policy asks of this session. */
export const FactorPage = () => {
  const changed = useSessionChanged()
  const current = useQueryOf(session.current, {}, { fresh: true })
  // What was asked on arrival stays asked: the session is whole before the recovery codes are off the screen.
  const [asked, setAsked] = useState<Current['next'] | null>(null)
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
  const foot = <Elsewhere current={current.data} />
  const name = current.data?.organisation.name ?? 'This organisation'
  if (asked === 'enrol_factor')
    return (
      <Plain wide {...enrolment} foot={foot}>
        <EnrolFactor onDone={() => changed(takeNext())} />
      </Plain>
    )
  if (asked === 'confirm_factor')
    return (
      <Plain title="Confirm your second factor" about="Show that it is you by what only you have." foot={foot}>
        <ConfirmOrLost />
      </Plain>
    )
  if (asked === 'unlock')
    return (
      <Plain title="Locked" about={`Show that it is you, and go on where you were in ${name}.`} foot={foot}>
        <Confirm />
      </Plain>
    )
  if (asked === 'use_other_method')
    return (
      <Plain
        wide
        title="Sign in another way"
        about={`${name} does not accept the way you signed in. Use a passkey${current.data?.signInMethods.includes('sso') ? ', or sign out and come in by single sign-on' : ''}.`}
        foot={foot}
      >
        <OtherMethod />
      </Plain>
    )
  if (asked === 'use_other_network')
    return (
      <Plain title="Not from here" about={`${name} lets people in only from its own networks.`} foot={foot}>
        <p>
          Connect to one of them, for example by its VPN, then reload this page. If you should be let in from here, ask an Owner
          or Admin.
        </p>
        <Button onClick={() => location.reload()}>Try again</Button>
      </Plain>
    )
  return (
    <Plain title="Second factor">
      <Skeleton height={120} />
    </Plain>
  )
}

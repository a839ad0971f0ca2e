import { Button, Group, Modal, PasswordInput, Skeleton, Stack, TextInput } from '@mantine/core'
import { factor, session } from '@holdfast/contract'
import { useState } from 'react'
import { useCommandOf } from '../kit/commands.tsx'
import { useFormOf } from '../kit/forms.ts'
import { Or, PasskeyButton } from '../kit/PasskeyButton.tsx'
import { useOwnPasskey } from '../kit/passkeys.ts'
import { ProblemNotice, ReadProblem } from '../kit/ProblemNotice.tsx'
import { useQueryOf } from '../kit/queries.ts'
import { api } from '../kit/doors.ts'
import { explain, type Explained } from '../kit/explain.ts'
import { rememberNext } from './next.ts'
import { answerStepUp } from './stepUp.ts'

const done = { done: null, refresh: [session.current] } as const

const Buttons = ({ running, second = false }: { running: boolean; second?: boolean }) => (
  <Group justify="flex-end" gap="xs">
    <Button variant="default" onClick={() => answerStepUp(false)}>
      Cancel
    </Button>
    <Button type="submit" variant={second ? 'light' : 'filled'} loading={running}>
      Confirm
    </Button>
  </Group>
)

const WithCode = ({ second = false }: { second?: boolean }) => {
  const { run, running, problem } = useCommandOf(session.confirmFactor, {
    ...done,
    onDone: () => answerStepUp(true),
    explain: {
      code_refused: 'That code was not accepted. Wait for the next one, or use a recovery code.',
      no_factor: 'You have no second factor.',
    },
  })
  const form = useFormOf(session.confirmFactor, { code: '' }, problem)
  return (
    <form onSubmit={form.submit(({ code }) => run({ code: code.replace(/\s/g, '') }))}>
      <Stack gap="md">
        <TextInput
          label="Code"
          description="Six digits from your authenticator app, or a recovery code"
          autoComplete="one-time-code"
          data-autofocus={second ? undefined : true}
          {...form.text('code')}
        />
        <ProblemNotice problem={problem} />
        <Buttons running={running} second={second} />
      </Stack>
    </form>
  )
}

const WithPasskey = () => {
  const passkey = useOwnPasskey()
  const { run, running, problem } = useCommandOf(session.confirmPasskey, {
    ...done,
    onDone: () => answerStepUp(true),
    explain: { passkey_refused: 'That passkey was not accepted. It may have taken too long: try again.' },
  })
  const confirm = async () => {
    const shown = await passkey.ask()
    if (shown) await run({ passkey: shown })
  }
  return (
    <>
      <PasskeyButton data-autofocus loading={passkey.running || running} onClick={() => void confirm()}>
        Use a passkey
      </PasskeyButton>
      <ProblemNotice problem={passkey.problem ?? problem} />
    </>
  )
}

const WithPassword = () => {
  const { run, running, problem } = useCommandOf(session.confirmPassword, {
    ...done,
    onDone: () => answerStepUp(true),
    explain: {
      password_refused: 'That is not your password.',
      factor_required: 'You have a second factor: reload the page and use it.',
    },
  })
  const form = useFormOf(session.confirmPassword, { password: '' }, problem)
  return (
    <form onSubmit={form.submit(run)}>
      <Stack gap="md">
        <PasswordInput label="Password" autoComplete="current-password" data-autofocus {...form.text('password')} />
        <ProblemNotice problem={problem} />
        <Buttons running={running} />
      </Stack>
    </form>
  )
}

/** Whoever came by their organisation's provider and has nothing else is asked by it anew; the page comes back, what was typed does not. */
const WithProvider = ({ email }: { email: string }) => {
  const [problem, setProblem] = useState<Explained | null>(null)
  const begin = async () => {
    try {
      const domain = email.split('@').at(-1) ?? ''
      const { value } = await api.call(session.beginSignOn, { domain, again: true })
      rememberNext(location.pathname + location.search)
      location.assign(value.url)
    } catch (error) {
      setProblem(explain(error, { no_single_sign_on: 'Single sign-on was switched off. Sign out, and in again.' }, 'read'))
    }
  }
  return (
    <Stack gap="md">
      <span>Your provider asks you anew, and you come back to this page. What you typed here is lost.</span>
      <ProblemNotice problem={problem} />
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={() => answerStepUp(false)}>
          Cancel
        </Button>
        <Button onClick={() => void begin()}>Continue to your provider</Button>
      </Group>
    </Stack>
  )
}

const Question = () => {
  const factors = useQueryOf(factor.list, {})
  const current = useQueryOf(session.current, {})
  if (factors.error) return <ReadProblem error={factors.error} retry={() => void factors.refetch()} />
  if (!factors.data) return <Skeleton height={96} />
  const { rows } = factors.data
  if (rows.length === 0 && current.data?.singleSignOn) return <WithProvider email={current.data.person.email} />
  if (rows.length === 0) return <WithPassword />
  if (rows.every(({ kind }) => kind === 'totp')) return <WithCode />
  return (
    <Stack gap="md">
      <WithPasskey />
      <Or />
      <WithCode second />
    </Stack>
  )
}

/** Asks whether it is still the same person before something risky; accepted for five minutes. */
export const StepUpDialog = ({ opened }: { opened: boolean }) => (
  <Modal
    opened={opened}
    onClose={() => answerStepUp(false)}
    title="Confirm that it is you"
    closeButtonProps={{ 'aria-label': 'Close' }}
    zIndex={500}
    size="sm"
  >
    <Question />
  </Modal>
)

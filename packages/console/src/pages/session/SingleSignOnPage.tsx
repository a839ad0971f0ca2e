import { session } from '@holdfast/contract'
import { Button, Stack, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { api, explain, PageLink, ProblemNotice, type Explained } from '../../kit/index.ts'
import { Plain } from '../../shell/Plain.tsx'

/** Only what stands behind the @ leaves this page: by that alone it is known where to go. */
const Form = () => {
  const [email, setEmail] = useState('')
  const [running, setRunning] = useState(false)
  const [problem, setProblem] = useState<Explained | null>(null)
  const begin = async (event: FormEvent) => {
    event.preventDefault()
    setRunning(true)
    setProblem(null)
    const domain = email.trim().split('@').at(-1) ?? ''
    try {
      const { value } = await api.call(session.beginSignOn, { domain })
      location.assign(value.url)
    } catch (error) {
      setRunning(false)
      setProblem(
        explain(
          error,
          {
            no_single_sign_on: `Nobody with an address at ${domain} signs in this way. Use your password or passkey.`,
            provider_unavailable: 'Your provider does not answer. Try again in a moment.',
            invalid_input: 'That is not an e-mail address.',
          },
          'read',
        ),
      )
    }
  }
  return (
    <form onSubmit={(event) => void begin(event)} noValidate>
      <Stack gap="md">
        <TextInput
          label="E-mail address at work"
          type="email"
          autoComplete="username"
          autoFocus
          name="email"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <ProblemNotice problem={problem} />
        <Button type="submit" loading={running} disabled={!email.includes('@')}>
          Continue to your provider
        </Button>
      </Stack>
    </form>
  )
}

export const SingleSignOnPage = () => (
  <Plain
    title="Single sign-on"
    about="Sign in with the account you have at work."
    foot={<PageLink to="/sign-in">Sign in with a password or passkey</PageLink>}
  >
    <Form />
  </Plain>
)

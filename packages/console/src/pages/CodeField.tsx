import { factor } from '@holdfast/contract'
import { Alert, TextInput } from '@mantine/core'
import { IconDeviceMobile } from '@tabler/icons-react'
import { PageLink, useQueryOf } from '../kit/index.ts'

interface CodeFieldProps {
  value: string
  onChange: (code: string) => void
  error?: string | undefined
  /** What it is entered for: "this request". */
  for: string
}

/** What is sent: codes are read in groups and typed with spaces. */
export const plainCode = (code: string): string => code.replace(/\s/g, '')

/** A code of the second factor, for one act: it is used up by it. Who has no factor is told where to add one. */
export const CodeField = ({ value, onChange, error, for: act }: CodeFieldProps) => {
  const factors = useQueryOf(factor.list, {})
  if (factors.data?.rows.length === 0)
    return (
      <Alert variant="default" icon={<IconDeviceMobile size={18} aria-hidden />} title="You need an authenticator app for this">
        Every request and approval is confirmed by a code of a second factor.{' '}
        <PageLink to="/settings/account?do=factor" td="underline">
          Add one
        </PageLink>
        , then come back.
      </Alert>
    )
  return (
    <TextInput
      label="Code"
      name="code"
      description={`Six digits from your authenticator app, or a recovery code. It is used up by ${act}.`}
      required
      withAsterisk={false}
      autoComplete="one-time-code"
      inputMode="text"
      spellCheck={false}
      maw={320}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
    />
  )
}

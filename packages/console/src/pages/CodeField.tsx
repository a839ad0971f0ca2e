import { factor } from '@holdfast/contract'
import { Alert, Stack, TextInput } from '@mantine/core'
import { IconDeviceMobile } from '@tabler/icons-react'
import { lazy, Suspense } from 'react'
import { PageLink, useQueryOf } from '../kit/index.ts'
import type { PasskeyProofProps } from './PasskeyProof.tsx'

interface CodeFieldProps extends PasskeyProofProps {
  value: string
  onChange: (code: string) => void
  error?: string | undefined
  /** What it is entered for: "this request". */
  for: string
}

/** What is sent: codes are read in groups and typed with spaces. */
export const plainCode = (code: string): string => code.replace(/\s/g, '')

/** Fetched only for whoever has one. */
const PasskeyProof = lazy(() => import('./PasskeyProof.tsx'))

/** The second factor for one act: a passkey, or a code that is used up by it. Who has no factor is told where to add one. */
export const CodeField = ({ value, onChange, error, for: what, act, ready, onPasskey }: CodeFieldProps) => {
  const factors = useQueryOf(factor.list, {})
  if (factors.data?.rows.length === 0)
    return (
      <Alert variant="default" icon={<IconDeviceMobile size={18} aria-hidden />} title="You need a second factor for this">
        Every request and approval is confirmed by a passkey or by a code of an authenticator app.{' '}
        <PageLink to="/settings/account?do=factor" td="underline">
          Add one
        </PageLink>
        , then come back.
      </Alert>
    )
  const hasPasskey = factors.data?.rows.some(({ kind }) => kind === 'passkey') ?? false
  return (
    <Stack gap="sm" maw={320}>
      {hasPasskey && (
        <Suspense fallback={null}>
          <PasskeyProof act={act} onPasskey={onPasskey} {...(ready && { ready })} />
        </Suspense>
      )}
      <TextInput
        label="Code"
        name="code"
        description={`Six digits from your authenticator app, or a recovery code. It is used up by ${what}.`}
        required
        withAsterisk={false}
        autoComplete="one-time-code"
        inputMode="text"
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={error}
      />
    </Stack>
  )
}

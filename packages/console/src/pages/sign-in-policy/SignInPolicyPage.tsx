import { Button, Checkbox, Fieldset, NativeSelect, Skeleton, Stack } from '@mantine/core'
import { SignInMethod, signInPolicy, type SignInPolicy } from '@holdfast/contract'
import { useState } from 'react'
import { Facts, Page, ReadProblem, useFormOf, useMay, useQueryOf, type Form } from '../../kit/index.ts'
import { TagsInput } from '../LazyTagsInput.tsx'
import { useUnsaved } from '../unsaved.ts'
import { ChangeDialog } from './ChangeDialog.tsx'
import { changeBetween, methodNames, spanOf, type Change } from './effects.ts'

const spans = {
  sessionMinutes: [60, 240, 480, 720, 1440, 4320, 10_080],
  idleMinutes: [15, 30, 60, 240, 720, 1440],
  lockMinutes: [5, 10, 15, 30, 60, 120],
} as const
const unset = {
  sessionMinutes: '30 days after the sign-in',
  idleMinutes: 'After 7 days',
  lockMinutes: 'Does not lock',
} as const
type Span = keyof typeof spans

const SpanSelect = ({
  form,
  field,
  label,
  description,
}: {
  form: Form<SignInPolicy>
  field: Span
  label: string
  description: string
}) => {
  const value = form.values[field]
  const choices = [...new Set([...spans[field], ...(value === null ? [] : [value])])].toSorted((a, b) => a - b)
  return (
    <NativeSelect
      label={label}
      description={description}
      name={field}
      data={[{ value: '', label: unset[field] }, ...choices.map((each) => ({ value: String(each), label: spanOf(each) }))]}
      value={value === null ? '' : String(value)}
      onChange={({ currentTarget }) => form.set(field, currentTarget.value === '' ? null : Number(currentTarget.value))}
      error={form.error(field)}
      maw={360}
    />
  )
}

const Methods = ({ form }: { form: Form<SignInPolicy> }) => (
  <Fieldset legend="By what people may sign in">
    <Stack gap="xs">
      {SignInMethod.options.map((method) => (
        <Checkbox
          key={method}
          label={methodNames[method]}
          {...(method === 'passkey' && {
            description: 'Always. Where nothing else is, no false page can take a password; who has none is asked to enrol one.',
          })}
          checked={form.values.methods.includes(method)}
          disabled={method === 'passkey'}
          onChange={({ currentTarget: { checked } }) =>
            form.set(
              'methods',
              checked ? [...form.values.methods, method] : form.values.methods.filter((other) => other !== method),
            )
          }
          error={method === 'sso' && form.error('methods')}
        />
      ))}
    </Stack>
  </Fieldset>
)

const Fields = ({ form }: { form: Form<SignInPolicy> }) => (
  <>
    <Checkbox
      label="Every member needs a second factor"
      description="Owners and Admins always do."
      checked={form.values.requireMfa}
      onChange={(event) => form.set('requireMfa', event.currentTarget.checked)}
    />
    <Methods form={form} />
    <SpanSelect
      form={form}
      field="sessionMinutes"
      label="A session ends"
      description="So long after its sign-in, whatever is done in it"
    />
    <SpanSelect
      form={form}
      field="idleMinutes"
      label="A session that nobody is at ends"
      description="An open page counts for nothing, a hand on it does"
    />
    <SpanSelect
      form={form}
      field="lockMinutes"
      label="A session that nobody is at locks"
      description="And asks for a second factor, or the password, to go on"
    />
    <TagsInput
      label="Only from these networks"
      description="As 192.0.2.0/24 or 2001:db8::/32, then Enter; empty: from anywhere. API keys are bound by it too; the agents of servers are not."
      value={form.values.networks}
      onChange={(networks) => form.set('networks', networks)}
      error={form.error('networks')}
      splitChars={[',', ' ']}
      maxTags={50}
    />
  </>
)

const Edit = ({ policy }: { policy: SignInPolicy }) => {
  const form = useFormOf(signInPolicy.set, policy)
  const [change, setChange] = useState<Change | null>(null)
  const differs = Object.keys(changeBetween(policy, form.values)).length > 0
  const release = useUnsaved(differs)
  return (
    <form onSubmit={form.submit((values) => setChange(changeBetween(policy, values)))} noValidate>
      <Stack gap="lg">
        <Fields form={form} />
        <div>
          <Button type="submit" disabled={!differs}>
            See what will happen
          </Button>
        </div>
      </Stack>
      {change && <ChangeDialog change={change} onClose={() => setChange(null)} onSaved={release} />}
    </form>
  )
}

const Shown = ({ policy }: { policy: SignInPolicy }) => (
  <Facts
    rows={[
      ['Second factor', policy.requireMfa ? 'needed by everybody' : 'needed by Owners and Admins'],
      ['Sign-in by', policy.methods.map((method) => methodNames[method]).join(', ')],
      [
        'A session ends',
        policy.sessionMinutes === null ? unset.sessionMinutes : `${spanOf(policy.sessionMinutes)} after the sign-in`,
      ],
      ['When nobody is at it', policy.idleMinutes === null ? unset.idleMinutes : `after ${spanOf(policy.idleMinutes)}`],
      ['It locks', policy.lockMinutes === null ? 'by hand only' : `after ${spanOf(policy.lockMinutes)} without anybody`],
      ['Only from', policy.networks.join(', ') || 'anywhere'],
    ]}
  />
)

const Loaded = () => {
  const may = useMay()
  const { data, error, refetch } = useQueryOf(signInPolicy.read, {})
  if (error) return <ReadProblem error={error} retry={() => void refetch()} />
  if (!data) return <Skeleton height={320} />
  // What a colleague set meanwhile replaces what is here; nothing half-typed is sent as theirs.
  return may('organisation:write') ? <Edit key={JSON.stringify(data)} policy={data} /> : <Shown policy={data} />
}

/** What this organisation asks of those who sign in to it. */
export const SignInPolicyPage = () => (
  <Page
    title="Sign-in policy"
    about="What this organisation asks of everybody who signs in to it, here and nowhere else."
    permission="organisation:read"
    narrow
  >
    <Loaded />
  </Page>
)

import { grant } from '@holdfast/contract'
import { Button, Group, NativeSelect, Select, Stack, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useCommandOf, useFormOf, useGo, type Form } from '../../kit/index.ts'
import { grantAnswers } from '../accessAnswers.ts'
import { CodeField, plainCode } from '../CodeField.tsx'
import { asking } from './explanations.ts'
import classes from './grant.module.css'
import { RefusedNotice } from './RefusedNotice.tsx'
import { RequestExtras } from './RequestExtras.tsx'
import { startOf, targetOf, termsOf, withPolicy, withTarget, type Asked } from './request.ts'
import { durationInWords } from '../accessWords.ts'
import { durationsUpTo, type Option, type Terms } from '../grantWords.ts'

interface PartProps {
  options: readonly Option[]
  form: Form<Asked>
  replace: (values: Asked) => void
}

const groups = [
  { kind: 'host', group: 'Servers' },
  { kind: 'database', group: 'Databases' },
] as const

/** Grouped where there are both. */
const choicesOf = (options: readonly Option[]) => {
  const items = (kind: Option['kind']) =>
    options
      .filter((each) => each.kind === kind)
      .map(({ id, name, environment }) => ({ value: id, label: `${name} (${environment})` }))
  const filled = groups.map(({ kind, group }) => ({ group, items: items(kind) })).filter((each) => each.items.length > 0)
  return filled.length === 1 ? (filled[0]?.items ?? []) : filled
}

/** What, on whose terms, as whom, for how long. */
const What = ({ options, form, replace }: PartProps) => {
  const { values } = form
  const target = targetOf(values)
  const option = options.find(({ id }) => id === target)
  const databases = options.some(({ kind }) => kind === 'database')
  const terms = termsOf(options, values)
  return (
    <>
      <Select
        label={databases ? 'Server or database' : 'Server'}
        name="hostId"
        data={choicesOf(options)}
        searchable
        required
        allowDeselect={false}
        limit={50}
        placeholder="Choose one"
        nothingFoundMessage="Nothing of this name that you may ask for"
        value={target}
        onChange={(id) => id && replace(withTarget(options, values, id))}
        error={form.error('hostId') ?? form.error('databaseId')}
        data-autofocus
      />
      {option && option.policies.length > 1 && (
        <NativeSelect
          label="On the terms of"
          data={option.policies.map(({ id, name }) => ({ value: id, label: name }))}
          value={values.policyId ?? ''}
          onChange={(event) => replace(withPolicy(options, values, event.currentTarget.value))}
        />
      )}
      {terms && (
        <div className={classes['pair']}>
          <NativeSelect
            label={option?.kind === 'database' ? 'Profile' : 'Login'}
            name="login"
            data={terms.logins.map((login) => ({ value: login, label: login }))}
            value={values.login}
            onChange={(event) => form.set('login', event.currentTarget.value)}
            error={form.error('login')}
          />
          <NativeSelect
            label="For how long"
            name="seconds"
            data={durationsUpTo(terms.maxSeconds).map((each) => ({ value: String(each), label: durationInWords(each) }))}
            value={String(values.seconds)}
            onChange={(event) => form.set('seconds', Number(event.currentTarget.value))}
            error={form.error('seconds')}
          />
        </div>
      )}
    </>
  )
}

const Why = ({ form, terms }: { form: Form<Asked>; terms: Terms }) => (
  <>
    <Textarea
      label="Why"
      description="Whoever approves reads it; it stands in the record."
      required={terms.reasonRequired}
      autosize
      minRows={2}
      maxLength={1000}
      {...form.text('reason')}
    />
    {terms.ticketPattern && (
      <TextInput
        label="Ticket"
        description={`Of the form ${terms.ticketPattern}, where # is a number.`}
        required
        maw={320}
        name="ticket"
        value={form.values.ticket ?? ''}
        onChange={(event) => form.set('ticket', event.currentTarget.value.trim() || undefined)}
        error={form.error('ticket')}
      />
    )}
  </>
)

const after = (terms: Terms): string =>
  terms.approvals === 2
    ? 'Two different people must approve it. The time counts from the second approval.'
    : 'Somebody else must approve it. The time counts from the approval.'

export const RequestForm = ({
  options,
  target,
  onClose,
}: {
  options: readonly Option[]
  target: string | undefined
  onClose: () => void
}) => {
  const go = useGo()
  const request = useCommandOf(grant.request, {
    refresh: grantAnswers,
    done: 'Asked for.',
    onDone: ({ id }) => go(`/access/grants/${id}`),
    explain: asking,
  })
  const form = useFormOf(grant.request, startOf(options, target), request.problem)
  const [ready, setReady] = useState(true)
  const terms = termsOf(options, form.values)
  const { code: _, ...wanted } = form.values
  return (
    <form
      onSubmit={form.submit(({ code, ...values }) => request.run({ ...values, code: plainCode(code) }))}
      noValidate
      aria-label="Ask for access"
    >
      <Stack gap="md">
        <What options={options} form={form} replace={form.reset} />
        {terms && (
          <>
            <Why form={form} terms={terms} />
            <RequestExtras form={form} terms={terms} onReady={setReady} />
            <CodeField
              value={form.values.code}
              onChange={(code) => form.set('code', code)}
              error={form.error('code')}
              for="this request"
              act={{ operation: grant.request, input: wanted }}
              ready={() => ready && form.check(wanted)}
              onPasskey={(passkey) => request.run({ ...wanted, passkey })}
            />
            <span className={classes['quiet']}>{after(terms)}</span>
          </>
        )}
        <RefusedNotice problem={request.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={request.running} disabled={!terms || !ready}>
            Ask
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

import { accessPolicy, type Command } from '@holdfast/contract'
import { Button, Checkbox, Fieldset, Group, NativeSelect, Stack, TagsInput, TextInput } from '@mantine/core'
import { PageLink, ProblemNotice, useFormOf, type CommandState, type Form } from '../../kit/index.ts'
import { durationInWords } from '../accessWords.ts'
import { useHosts, useTargetNames } from '../hosts.ts'
import { useRequesterNames } from '../requesterNames.ts'
import { useUnsaved } from '../unsaved.ts'
import classes from './access-policy.module.css'
import { AccountsField } from './AccountsField.tsx'
import { HoursFields } from './HoursFields.tsx'
import { PeopleFields } from './PeopleFields.tsx'
import type { Rules } from './newRules.ts'
import { SelectionFields } from './SelectionFields.tsx'
import { extensionOptions, ruleInWords } from '../accessRules.ts'

const spans = [900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 259_200, 604_800, 2_592_000]

/** What only servers hold to: networks, forwarding, recording. */
const ServerLimits = ({ form }: { form: Form<Rules> }) => {
  const { values } = form
  const bastions = (useHosts().rows ?? []).filter(({ recorderLogin, state }) => recorderLogin !== null && state !== 'retired')
  return (
    <>
      <TagsInput
        label="Only from these networks"
        description="As 10.0.0.0/8, then Enter; empty: from anywhere"
        value={values.sourceNetworks}
        onChange={(networks) => form.set('sourceNetworks', networks)}
        error={form.error('sourceNetworks')}
        splitChars={[',', ' ']}
        maxTags={20}
      />
      <Fieldset legend="What may be asked for beyond a terminal">
        <Stack gap="xs">
          {extensionOptions.map(({ value, label }) => (
            <Checkbox
              key={value}
              label={label}
              checked={values.extensions.includes(value)}
              onChange={({ currentTarget: { checked } }) =>
                form.set(
                  'extensions',
                  checked ? [...values.extensions, value] : values.extensions.filter((other) => other !== value),
                )
              }
            />
          ))}
        </Stack>
      </Fieldset>
      <NativeSelect
        label="Recording"
        description="Sessions then go through a bastion, and nothing can be forwarded"
        name="bastionId"
        data={[{ value: '', label: 'None' }, ...bastions.map(({ id, name }) => ({ value: id as string, label: `On ${name}` }))]}
        value={values.bastionId ?? ''}
        onChange={({ currentTarget: { value } }) => form.set('bastionId', bastions.find(({ id }) => id === value)?.id ?? null)}
        error={form.error('bastionId')}
      />
    </>
  )
}

const Limits = ({ form }: { form: Form<Rules> }) => {
  const { values } = form
  return (
    <>
      <div className={classes['halves']}>
        <NativeSelect
          label="For at most"
          name="maxSeconds"
          data={[...new Set([...spans, values.maxSeconds])]
            .toSorted((a, b) => a - b)
            .map((each) => ({ value: String(each), label: durationInWords(each) }))}
          value={String(values.maxSeconds)}
          onChange={(event) => form.set('maxSeconds', Number(event.currentTarget.value))}
          error={form.error('maxSeconds')}
        />
        <TextInput
          label="Ticket"
          description="Its form, # for a number; empty: none asked for"
          placeholder="OPS-#"
          name="ticketPattern"
          value={values.ticketPattern ?? ''}
          onChange={(event) => form.set('ticketPattern', event.currentTarget.value || null)}
          error={form.error('ticketPattern')}
        />
      </div>
      <Checkbox
        label="A reason must be given"
        checked={values.reasonRequired}
        onChange={(event) => form.set('reasonRequired', event.currentTarget.checked)}
      />
      <HoursFields form={form} />
      {values.kind === 'host' && <ServerLimits form={form} />}
      <Checkbox
        label="People’s API keys may ask, and use access, without a code"
        description="For programs that have the key of a person who may ask. Service accounts need no code anyway. Another person still approves."
        checked={values.apiKeysMayAsk}
        onChange={(event) => form.set('apiKeysMayAsk', event.currentTarget.checked)}
      />
    </>
  )
}

interface PolicyFormProps {
  initial: Rules
  command: Pick<CommandState<Command>, 'running' | 'problem'>
  /** Saves; calls `saved` before it leaves the page. */
  save: (rules: Rules, saved: () => void) => Promise<void>
  verb: string
  back: string
  /** It is made already: what it is for stays. */
  fixedKind?: boolean
}

/** The rules of an access policy, with the sentence they make. */
export const PolicyForm = ({ initial, command, save, verb, back, fixedKind = false }: PolicyFormProps) => {
  const form = useFormOf(accessPolicy.create, initial, command.problem)
  const { values } = form
  const names = useRequesterNames()
  const targetNames = useTargetNames()
  const release = useUnsaved(JSON.stringify(values) !== JSON.stringify(initial))
  return (
    <form onSubmit={form.submit((rules) => save(rules, release))} noValidate className={classes['form']}>
      <TextInput label="Name" required placeholder="Web servers, on call" maw={420} data-autofocus {...form.text('name')} />
      <SelectionFields form={form} fixedKind={fixedKind} />
      <PeopleFields
        legend="Who may ask"
        value={values.requesters}
        onChange={(people) => form.set('requesters', people)}
        error={form.error('requesters')}
      >
        <AccountsField value={values.requesters} onChange={(people) => form.set('requesters', people)} />
      </PeopleFields>
      <PeopleFields
        legend="Who approves"
        value={values.approvers}
        onChange={(people) => form.set('approvers', people)}
        error={form.error('approvers')}
        approvers
      >
        <NativeSelect
          label="How many of them"
          description="Never whoever asks"
          data={[
            { value: '1', label: 'One' },
            { value: '2', label: 'Two different people' },
          ]}
          value={String(values.approvals)}
          onChange={(event) => form.set('approvals', event.currentTarget.value === '2' ? 2 : 1)}
          maw={260}
        />
      </PeopleFields>
      <Fieldset legend="On what terms">
        <Stack gap="md">
          <Limits form={form} />
        </Stack>
      </Fieldset>
      <p className={classes['sentence']} aria-live="polite">
        {ruleInWords(values, names, targetNames)}
      </p>
      <ProblemNotice problem={command.problem} />
      <Group gap="md">
        <Button type="submit" loading={command.running}>
          {verb}
        </Button>
        <PageLink to={back}>Cancel</PageLink>
      </Group>
    </form>
  )
}

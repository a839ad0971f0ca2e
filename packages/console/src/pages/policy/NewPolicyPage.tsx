import { policy } from '@holdfast/contract'
import { Button, Group, NumberInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Page, PageLink, ProblemNotice, useCommandOf, useFormOf, useGo } from '../../kit/index.ts'
import { policyAnswers } from './answers.ts'
import type { Draft } from './content.ts'
import { ContentEditor } from './LazyContentEditor.tsx'
import { badContent } from './explanations.ts'
import classes from './editor.module.css'
import { PromisePicker } from './LazyPromisePicker.tsx'
import { useUnsaved } from '../unsaved.ts'

const outline = `# Purpose

Why this policy exists, in two sentences.

# Who it is for

Everybody who …

# Rules

- …

# Exceptions

Who may grant one, for how long, and where it is recorded.
`

const Form = () => {
  const go = useGo()
  const [draft, setDraft] = useState<Draft>({ format: 'markdown', content: outline })
  const create = useCommandOf(policy.create, {
    refresh: policyAnswers,
    explain: { ...badContent, unknown_promise: 'One of the promises does not exist.' },
    done: 'Drafted.',
    onDone: ({ policyId }) => {
      release()
      go(`/policies/${policyId}`)
    },
  })
  const form = useFormOf(
    policy.create,
    { title: '', content: draft.content, reviewEveryDays: 365 as number, promises: [] as string[] },
    create.problem,
  )
  const release = useUnsaved(form.values.title !== '' || draft.content !== outline)
  return (
    <form
      className={classes['form']}
      onSubmit={form.submit((values) => create.run({ ...values, format: draft.format }))}
      noValidate
    >
      <TextInput label="Title" required data-autofocus placeholder="Access control policy" maw={560} {...form.text('title')} />
      <ContentEditor
        draft={draft}
        error={form.error('content')}
        onChange={(next) => {
          setDraft(next)
          form.set('content', next.content)
        }}
      />
      <div className={classes['fields']}>
        <NumberInput
          label="Review every … days"
          min={1}
          max={1100}
          allowDecimal={false}
          value={form.values.reviewEveryDays}
          onChange={(value) => form.set('reviewEveryDays', Number(value))}
          error={form.error('reviewEveryDays')}
          w={180}
        />
        <PromisePicker
          description="They link to it from the trust page."
          placeholder={form.values.promises.length === 0 ? 'None' : ''}
          value={form.values.promises}
          onChange={(ids) => form.set('promises', ids)}
          error={form.error('promises')}
        />
      </div>
      <ProblemNotice problem={create.problem} />
      <Group gap="xs">
        <Button type="submit" loading={create.running}>
          Save the draft
        </Button>
        <PageLink to="/policies">Cancel</PageLink>
      </Group>
    </form>
  )
}

/** A policy begins as a draft of its author; nothing holds until a second person approved it. */
export const NewPolicyPage = () => (
  <Page
    title="New policy"
    about="It begins as a draft. A second person reads and approves it, then an Owner or Admin publishes it, and everybody acknowledges it."
    parent={{ to: '/policies', title: 'Policies' }}
    permission="policy:write"
  >
    <Form />
  </Page>
)

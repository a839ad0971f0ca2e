import { policy } from '@holdfast/contract'
import { Button, Group, Skeleton, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ProblemNotice, ReadProblem, useCommandOf, useFormOf, useQueryOf } from '../../kit/index.ts'
import { policyAnswers } from './answers.ts'
import type { Draft } from './content.ts'
import { ContentEditor } from './LazyContentEditor.tsx'
import { badContent } from './explanations.ts'
import classes from './editor.module.css'
import type { PolicyDetail, Version } from './steps.ts'
import { useUnsaved } from '../unsaved.ts'

interface NextVersionProps {
  policy: PolicyDetail
  onDone: (version: Version['id']) => void
  onCancel: () => void
}

const Form = ({ policy: detail, onDone, onCancel, before }: NextVersionProps & { before: Draft }) => {
  const [draft, setDraft] = useState(before)
  const add = useCommandOf(policy.addVersion, {
    refresh: policyAnswers,
    explain: {
      ...badContent,
      policy_not_found: 'That policy no longer exists.',
      version_open: 'Another version is under way already. Finish that one first.',
      policy_retired: 'The policy is retired.',
    },
    done: 'Drafted.',
    onDone: ({ id }) => {
      release()
      onDone(id)
    },
  })
  const form = useFormOf(policy.addVersion, { id: detail.id, content: before.content, note: '' }, add.problem)
  const release = useUnsaved(draft.content !== before.content || form.values.note !== '')
  return (
    <form className={classes['form']} onSubmit={form.submit((values) => add.run({ ...values, format: draft.format }))} noValidate>
      <TextInput
        label="What changes, and why"
        required
        placeholder="Adds the exception for build machines"
        maw={560}
        {...form.text('note')}
      />
      <ContentEditor
        draft={draft}
        error={form.error('content')}
        onChange={(next) => {
          setDraft(next)
          form.set('content', next.content)
        }}
      />
      <ProblemNotice problem={add.problem} />
      <Group gap="xs">
        <Button type="submit" loading={add.running}>
          Save the draft
        </Button>
        <Button variant="subtle" color="gray" onClick={onCancel}>
          Cancel
        </Button>
      </Group>
    </form>
  )
}

/** The next version begins with the text of the last one. */
export const NextVersion = (props: NextVersionProps) => {
  const latest = props.policy.versions.reduce<Version | null>(
    (newest, version) => (newest && newest.number > version.number ? newest : version),
    null,
  )
  const content = useQueryOf(policy.content, { id: latest?.id ?? ('' as Version['id']) }, { enabled: latest !== null })
  if (content.error) return <ReadProblem error={content.error} retry={() => void content.refetch()} />
  if (latest !== null && !content.data) return <Skeleton height={320} />
  return (
    <Form
      {...props}
      before={
        content.data
          ? { format: content.data.version.format, content: content.data.content }
          : { format: 'markdown', content: '' }
      }
    />
  )
}

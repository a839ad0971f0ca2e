import { policy } from '@holdfast/contract'
import { Button, Group, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ProblemNotice, useCommandOf, useFormOf } from '../../kit/index.ts'
import { policyAnswers } from './answers.ts'
import type { Draft } from './content.ts'
import { ContentEditor } from './LazyContentEditor.tsx'
import { badContent, wrongState } from './explanations.ts'
import classes from './editor.module.css'
import type { Version } from './steps.ts'
import { useUnsaved } from '../unsaved.ts'

/** Changes a draft. Whoever does becomes its author, and so may not approve it. */
export const EditDraft = ({ version, content, onDone }: { version: Version; content: string; onDone: () => void }) => {
  const [draft, setDraft] = useState<Draft>({ format: version.format, content })
  const edit = useCommandOf(policy.editDraft, {
    refresh: policyAnswers,
    explain: { ...wrongState, ...badContent },
    done: 'Saved.',
    onDone: () => {
      release()
      onDone()
    },
  })
  const form = useFormOf(policy.editDraft, { id: version.id, content, note: version.note }, edit.problem)
  const release = useUnsaved(draft.content !== content || form.values.note !== version.note)
  return (
    <form className={classes['form']} onSubmit={form.submit(edit.run)} noValidate>
      <TextInput label="What changes, and why" required maw={560} {...form.text('note')} />
      <ContentEditor
        draft={draft}
        fixedFormat
        error={form.error('content')}
        onChange={(next) => {
          setDraft(next)
          form.set('content', next.content)
        }}
      />
      <p className={classes['quiet']}>Whoever saves becomes the author of this version, and cannot approve it.</p>
      <ProblemNotice problem={edit.problem} />
      <Group gap="xs">
        <Button type="submit" loading={edit.running}>
          Save the draft
        </Button>
        <Button variant="subtle" color="gray" onClick={onDone}>
          Cancel
        </Button>
      </Group>
    </form>
  )
}

import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { apiKey, type Role } from '@holdfast/contract'
import { useState } from 'react'
import { ProblemNotice, recorded, Secret, useCommandOf, useFormOf } from '../../kit/index.ts'
import { keyErrors, KeyFields } from './KeyFields.tsx'

interface Created {
  key: string
  ledgerSeq: number | null
}

const Form = ({ onCreated, onClose }: { onCreated: (created: Created) => void; onClose: () => void }) => {
  const { run, running, problem } = useCommandOf(apiKey.create, {
    refresh: [apiKey.list],
    done: null,
    onDone: ({ key }, { ledgerSeq }) => onCreated({ key, ledgerSeq }),
    explain: keyErrors,
  })
  const form = useFormOf(apiKey.create, { name: '', role: 'viewer' as Role, days: 90 }, problem)
  return (
    <form onSubmit={form.submit(run)}>
      <Stack gap="md">
        <TextInput label="Name" description="What will use it, such as the backup job" data-autofocus {...form.text('name')} />
        <KeyFields
          role={form.values.role}
          onRole={(role) => form.set('role', role)}
          days={form.values.days}
          onDays={(days) => form.set('days', days)}
        />
        <ProblemNotice problem={problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={running}>
            Create
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

const Show = ({ value, onClose }: { value: string; onClose: () => void }) => (
  <Stack gap="md">
    <Secret value={value} what="The API key" />
    <Group justify="flex-end">
      <Button onClick={onClose}>I stored it</Button>
    </Group>
  </Stack>
)

export const CreateKeyDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => {
  const [created, setCreated] = useState<Created | null>(null)
  const close = () => {
    // Told only now: its link must not lead away from a key that nobody has stored.
    if (created) recorded('API key created.', created.ledgerSeq)
    setCreated(null)
    onClose()
  }
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={created === null ? 'Create an API key' : 'Your new API key'}
      // A stray click must not take away what is shown once.
      closeOnClickOutside={created === null}
      closeOnEscape={created === null}
      withCloseButton={created === null}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {created ? <Show value={created.key} onClose={close} /> : <Form onCreated={setCreated} onClose={close} />}
    </Modal>
  )
}

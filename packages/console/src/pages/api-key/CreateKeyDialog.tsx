import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { apiKey, type Role } from '@holdfast/contract'
import { useState } from 'react'
import { ProblemNotice, Secret, useCommandOf, useFormOf } from '../../kit/index.ts'
import { keyErrors, KeyFields } from './KeyFields.tsx'

const Form = ({ onCreated, onClose }: { onCreated: (key: string) => void; onClose: () => void }) => {
  const { run, running, problem } = useCommandOf(apiKey.create, {
    refresh: [apiKey.list],
    done: 'API key created.',
    onDone: ({ key }) => onCreated(key),
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

const Created = ({ value, onClose }: { value: string; onClose: () => void }) => (
  <Stack gap="md">
    <Secret value={value} what="The API key" />
    <Group justify="flex-end">
      <Button onClick={onClose}>I stored it</Button>
    </Group>
  </Stack>
)

export const CreateKeyDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => {
  const [key, setKey] = useState<string | null>(null)
  const close = () => {
    setKey(null)
    onClose()
  }
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={key === null ? 'Create an API key' : 'Your new API key'}
      // A stray click must not take away what is shown once.
      closeOnClickOutside={key === null}
      closeOnEscape={key === null}
      withCloseButton={key === null}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {key === null ? <Form onCreated={setKey} onClose={close} /> : <Created value={key} onClose={close} />}
    </Modal>
  )
}

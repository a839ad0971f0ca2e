import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { apiKey, type Role } from '@holdfast/contract'
import { useState } from 'react'
import { ProblemNotice, recorded, useCommandOf, useFormOf } from '../../kit/index.ts'
import { keyErrors, KeyFields } from '../KeyFields.tsx'
import { KeyLimits, networkErrorOf, type Limits } from '../KeyLimits.tsx'
import { ShownOnce } from '../ShownOnce.tsx'

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
  const [limits, setLimits] = useState<Limits>({ networks: [] })
  const form = useFormOf(apiKey.create, { name: '', role: 'viewer' as Role, days: 90, networks: [] as string[] }, problem)
  return (
    <form onSubmit={form.submit((values) => run({ ...values, ...limits }))}>
      <Stack gap="md">
        <TextInput label="Name" description="What will use it, such as the backup job" data-autofocus {...form.text('name')} />
        <KeyFields
          role={form.values.role}
          onRole={(role) => form.set('role', role)}
          days={form.values.days}
          onDays={(days) => form.set('days', days)}
        />
        <KeyLimits
          role={form.values.role}
          value={limits}
          onChange={(next) => {
            setLimits(next)
            form.set('networks', next.networks)
          }}
          errors={{ scopes: problem?.fields['scopes'], networks: form.error('networks') ?? networkErrorOf(problem) }}
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

export const CreateKeyDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => {
  const [created, setCreated] = useState<Created | null>(null)
  const close = () => {
    // Told only now: its link must not lead away from a key that nobody has stored.
    if (created) recorded('API key created.', created.ledgerSeq)
    setCreated(null)
    onClose()
  }
  if (created) return <ShownOnce value={created.key} title="Your new API key" onClose={close} />
  return (
    <Modal opened={opened} onClose={close} title="Create an API key" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Form onCreated={setCreated} onClose={close} />
    </Modal>
  )
}

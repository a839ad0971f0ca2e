import { serviceAccount, type Scope } from '@holdfast/contract'
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ProblemNotice, recorded, useCommandOf, useFormOf } from '../../kit/index.ts'
import { keyErrors, LifetimeField } from '../KeyFields.tsx'
import { KeyLimits, networkErrorOf, type Limits } from '../KeyLimits.tsx'
import { ShownOnce } from '../ShownOnce.tsx'
import type { Account } from './AccountDialogs.tsx'
import { accountSentences } from './words.ts'

interface Created {
  key: string
  ledgerSeq: number | null
}

const Form = ({ row, onCreated, onClose }: { row: Account; onCreated: (created: Created) => void; onClose: () => void }) => {
  const { run, running, problem } = useCommandOf(serviceAccount.createKey, {
    refresh: [serviceAccount.read, serviceAccount.list],
    done: null,
    onDone: ({ key }, { ledgerSeq }) => onCreated({ key, ledgerSeq }),
    explain: {
      ...{ scope_not_held: keyErrors.scope_not_held, role_too_strong: accountSentences.role_too_strong },
      ...{ account_not_found: accountSentences.account_not_found, account_disabled: accountSentences.account_disabled },
      too_many_keys: 'The account has as many keys as one may have. Revoke one first.',
    },
  })
  const initial = { id: row.id, name: '', days: 90, scopes: [] as Scope[], networks: [] as string[] }
  const form = useFormOf(serviceAccount.createKey, initial, problem)
  const limit = ({ scopes = [], networks }: Limits) => {
    form.set('scopes', scopes)
    form.set('networks', networks)
  }
  const errors = { scopes: form.error('scopes'), networks: form.error('networks') ?? networkErrorOf(problem) }
  return (
    <form onSubmit={form.submit(run)} noValidate>
      <Stack gap="md">
        <TextInput label="Name" description="Where it is used, such as the archive host" data-autofocus {...form.text('name')} />
        <KeyLimits role={row.role} value={form.values} onChange={limit} required errors={errors} />
        <LifetimeField days={form.values.days} onDays={(days) => form.set('days', days)} />
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

interface CreateAccountKeyDialogProps {
  row: Account
  opened: boolean
  onClose: () => void
}

export const CreateAccountKeyDialog = ({ row, opened, onClose }: CreateAccountKeyDialogProps) => {
  const [created, setCreated] = useState<Created | null>(null)
  const close = () => {
    if (created) recorded('API key created.', created.ledgerSeq)
    setCreated(null)
    onClose()
  }
  if (created) return <ShownOnce value={created.key} title={`A key of ${row.name}`} onClose={close} />
  return (
    <Modal opened={opened} onClose={close} title={`Create a key of ${row.name}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Form row={row} onCreated={setCreated} onClose={close} />
    </Modal>
  )
}

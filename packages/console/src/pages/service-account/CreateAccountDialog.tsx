import { roles, serviceAccount, type InputOf, type Role } from '@holdfast/contract'
import { Button, Group, Modal, NativeSelect, Stack, Textarea, TextInput } from '@mantine/core'
import { ProblemNotice, useCommandOf, useFormOf, useGo, useSession } from '../../kit/index.ts'
import { roleOptions } from '../roleWords.ts'
import { OwnerField } from './OwnerField.tsx'
import { accountSentences } from './words.ts'

type Fields = InputOf<typeof serviceAccount.create>

const reviews = [
  { value: '30', label: 'Every 30 days' },
  { value: '90', label: 'Every 90 days' },
  { value: '180', label: 'Every 180 days' },
  { value: '365', label: 'Every year' },
]

/** Weaker than whoever makes it. */
const offeredRoles = (mine: Role): readonly Role[] => roles.slice(roles.indexOf(mine) + 1)

const Form = ({ onClose }: { onClose: () => void }) => {
  const { person, organisation } = useSession()
  const go = useGo()
  const { run, running, problem } = useCommandOf(serviceAccount.create, {
    refresh: [serviceAccount.list],
    done: 'Service account created. Now give it a key.',
    onDone: ({ id }) => go(`/service-accounts/${id}`),
    explain: {
      role_too_strong: accountSentences.role_too_strong,
      name_taken: accountSentences.name_taken,
      member_not_found: accountSentences.member_not_found,
      too_many_accounts: 'There are as many service accounts as there may be. Disable one that is not needed any more.',
    },
  })
  const initial: Fields = { name: '', purpose: '', role: 'viewer', ownerId: person.id, reviewEveryDays: 180 }
  const form = useFormOf(serviceAccount.create, initial, problem)
  return (
    <form onSubmit={form.submit(run)} noValidate>
      <Stack gap="md">
        <TextInput label="Name" required data-autofocus placeholder="nightly-export" {...form.text('name')} />
        <Textarea
          label="What it is for"
          required
          autosize
          minRows={2}
          placeholder="Exports the ledger every night to our archive"
          {...form.text('purpose')}
        />
        <NativeSelect
          label="It may act at most as"
          data={roleOptions(offeredRoles(organisation.role))}
          value={form.values.role}
          onChange={(event) => form.set('role', event.currentTarget.value as Fields['role'])}
        />
        <OwnerField value={form.values.ownerId} onChange={(id) => form.set('ownerId', id)} />
        <NativeSelect
          label="It is reviewed"
          data={reviews}
          value={String(form.values.reviewEveryDays)}
          onChange={(event) => form.set('reviewEveryDays', Number(event.currentTarget.value))}
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

export const CreateAccountDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => (
  <Modal opened={opened} onClose={onClose} title="Create a service account" closeButtonProps={{ 'aria-label': 'Close' }}>
    <Form onClose={onClose} />
  </Modal>
)

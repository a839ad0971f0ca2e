import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { invitation, type Role } from '@holdfast/contract'
import { ProblemNotice, useCommandOf, useFormOf, useSession } from '../../kit/index.ts'
import { givable, roleOptions } from '../roleWords.ts'

const Form = ({ onClose }: { onClose: () => void }) => {
  const { organisation } = useSession()
  const { run, running, problem } = useCommandOf(invitation.create, {
    refresh: [invitation.list],
    done: 'Invitation sent.',
    onDone: onClose,
    explain: {
      already_member: 'That person is already a member.',
      already_invited: 'That person has an open invitation. Take it back first to send another.',
      owner_only: 'Only an Owner can invite an Owner.',
    },
  })
  const form = useFormOf(invitation.create, { email: '', role: 'member' as Role }, problem)
  return (
    <form onSubmit={form.submit(run)} noValidate>
      <Stack gap="md">
        <TextInput label="E-mail address" type="email" data-autofocus {...form.text('email')} />
        <Select
          label="Role"
          data={roleOptions(givable(organisation.role))}
          value={form.values.role}
          onChange={(role) => role && form.set('role', role)}
          comboboxProps={{ withinPortal: true }}
        />
        <ProblemNotice problem={problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={running}>
            Invite
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

export const InviteDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => (
  <Modal opened={opened} onClose={onClose} title="Invite somebody" closeButtonProps={{ 'aria-label': 'Close' }}>
    <Form onClose={onClose} />
  </Modal>
)

import { Button, Group, Modal, NativeSelect, Stack, TextInput } from '@mantine/core'
import { directory, DirectoryDefaultRole, type InputOf } from '@holdfast/contract'
import { ProblemNotice, roleNames, useCommandOf, useFormOf } from '../../kit/index.ts'
import { answers } from './words.ts'

const nothingYet: InputOf<typeof directory.create> = { name: '', defaultRole: 'member' }

const Form = ({ onClose }: { onClose: () => void }) => {
  const { run, running, problem } = useCommandOf(directory.create, {
    refresh: answers,
    done: 'The connection is set up. Make a credential for it next.',
    onDone: onClose,
    explain: { directory_exists: 'It was set up already.' },
  })
  const form = useFormOf(directory.create, nothingYet, problem)
  return (
    <form onSubmit={form.submit(run)}>
      <Stack gap="md">
        <TextInput label="Name" description="What you call the directory, such as Okta" data-autofocus {...form.text('name')} />
        <NativeSelect
          label="Usual role"
          description="Of people who are in no group that gives one. Groups may give Admin; nobody becomes Owner by a directory."
          data={DirectoryDefaultRole.options.map((role) => ({ value: role, label: roleNames[role] }))}
          value={form.values.defaultRole}
          onChange={(event) => form.set('defaultRole', DirectoryDefaultRole.parse(event.currentTarget.value))}
        />
        <ProblemNotice problem={problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={running}>
            Set up
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

export const SetUpDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => (
  <Modal opened={opened} onClose={onClose} title="Connect your directory" closeButtonProps={{ 'aria-label': 'Close' }}>
    <Form onClose={onClose} />
  </Modal>
)

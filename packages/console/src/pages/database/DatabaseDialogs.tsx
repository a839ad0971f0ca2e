import { database } from '@holdfast/contract'
import { Button, Group, Modal, Stack } from '@mantine/core'
import { ProblemNotice, useCommandOf, useFormOf } from '../../kit/index.ts'
import { databaseAnswers } from '../accessAnswers.ts'
import { ReasonDialog } from '../ReasonDialog.tsx'
import { AdministratorFields } from './AdministratorFields.tsx'
import { refused, type Row } from './words.ts'

interface DialogProps {
  row: Row
  opened: boolean
  onClose: () => void
}

const Form = ({ row, onClose }: Omit<DialogProps, 'opened'>) => {
  const change = useCommandOf(database.setAdministrator, {
    refresh: databaseAnswers,
    done: 'Changed.',
    onDone: onClose,
    explain: refused,
  })
  const { id, administrator, authority } = row
  const form = useFormOf(database.setAdministrator, { id, administrator, password: '', authority }, change.problem)
  return (
    <form onSubmit={form.submit(change.run)} noValidate>
      <Stack gap="md">
        <span>Roles that are in use stay as they are. It is tried before it is kept.</span>
        <AdministratorFields form={form} />
        <ProblemNotice problem={change.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={change.running}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

export const AdministratorDialog = ({ row, opened, onClose }: DialogProps) => (
  <Modal
    opened={opened}
    onClose={onClose}
    size="lg"
    title={`The administrator of ${row.name}`}
    closeButtonProps={{ 'aria-label': 'Close' }}
  >
    <Form row={row} onClose={onClose} />
  </Modal>
)

export const RetireDialog = ({ row, opened, onClose }: DialogProps) => {
  const retire = useCommandOf(database.retire, { refresh: databaseAnswers, done: 'Retired.', onDone: onClose, explain: refused })
  return (
    <ReasonDialog
      opened={opened}
      onClose={onClose}
      title={`Retire ${row.name}?`}
      consequences={[
        'Every grant for it ends; connections are cut and roles removed right after.',
        'Its administrator’s password is erased here once no role is left. Remove the login in the database only after that.',
        'Its record stays readable.',
      ]}
      undo="It cannot be brought back; it can be registered again."
      verb="Retire"
      danger
      typed={row.name}
      running={retire.running}
      problem={retire.problem}
      onConfirm={(reason) => void retire.run({ id: row.id, reason })}
    />
  )
}

import { host } from '@holdfast/contract'
import { Button, Group, Modal, Stack } from '@mantine/core'
import { useState } from 'react'
import { ConfirmDialog, ProblemNotice, useCommandOf, useFormOf } from '../../kit/index.ts'
import { ReasonDialog } from '../ReasonDialog.tsx'
import { hostAnswers } from '../accessAnswers.ts'
import { Enrolment } from './Enrolment.tsx'
import { HostFields } from './HostFields.tsx'
import type { Detail, Issued } from './words.ts'

interface DialogProps {
  detail: Detail
  opened: boolean
  onClose: () => void
}

const gone = { host_not_found: 'That server does not exist any more.', host_retired: 'It is retired.' }

const ChangeForm = ({ detail, onClose }: Omit<DialogProps, 'opened'>) => {
  const update = useCommandOf(host.update, { refresh: hostAnswers, done: 'Saved.', onDone: onClose, explain: gone })
  const { id, environment, labels, address, port, whenStale } = detail
  const form = useFormOf(host.update, { id, environment, labels, address, port, whenStale }, update.problem)
  return (
    <form onSubmit={form.submit(update.run)} noValidate>
      <Stack gap="md">
        <HostFields form={form} />
        <span>Environment and labels decide which access policies cover it: who may ask for it can change with them.</span>
        <ProblemNotice problem={update.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={update.running}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

export const ChangeDialog = ({ detail, opened, onClose }: DialogProps) => (
  <Modal opened={opened} onClose={onClose} title={`Change ${detail.name}`} size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
    <ChangeForm detail={detail} onClose={onClose} />
  </Modal>
)

export const RetireDialog = ({ detail, opened, onClose }: DialogProps) => {
  const retire = useCommandOf(host.retire, { refresh: hostAnswers, done: 'Retired.', onDone: onClose, explain: gone })
  return (
    <ReasonDialog
      opened={opened}
      onClose={onClose}
      title={`Retire ${detail.name}?`}
      consequences={[
        'Every grant on it ends, open sessions are closed, and its agent is refused from now on.',
        'Its record, its sessions and their proof stay readable.',
      ]}
      undo="It cannot be brought back; the machine can be registered under another name."
      verb="Retire"
      danger
      typed={detail.name}
      running={retire.running}
      problem={retire.problem}
      onConfirm={(reason) => void retire.run({ id: detail.id, reason })}
    />
  )
}

export const TokenDialog = ({ detail, opened, onClose }: DialogProps) => {
  const [issued, setIssued] = useState<Issued | null>(null)
  const renew = useCommandOf(host.renewToken, {
    refresh: hostAnswers,
    done: 'Another command was made.',
    onDone: setIssued,
    explain: gone,
  })
  const close = () => {
    setIssued(null)
    onClose()
  }
  if (issued)
    return (
      <Modal
        opened={opened}
        onClose={close}
        size="lg"
        title={`Bring ${detail.name} in`}
        closeOnClickOutside={false}
        closeOnEscape={false}
        withCloseButton={false}
      >
        <Enrolment issued={issued} onClose={close} />
      </Modal>
    )
  return (
    <ConfirmDialog
      opened={opened}
      onClose={close}
      title={`Another enrolment command for ${detail.name}?`}
      consequences={[
        'Earlier commands that were not used stop working.',
        ...(detail.state === 'enrolled'
          ? ['Once it is used, the agent that is there now is refused, and the new one takes over.']
          : []),
      ]}
      undo="An unused command dies within the hour."
      verb="Make a command"
      running={renew.running}
      problem={renew.problem}
      onConfirm={() => void renew.run({ id: detail.id })}
    />
  )
}

import { host } from '@holdfast/contract'
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ProblemNotice, recorded, useCommandOf, useFormOf, useGo } from '../../kit/index.ts'
import { hostAnswers } from '../accessAnswers.ts'
import { Enrolment } from './Enrolment.tsx'
import { HostFields } from './HostFields.tsx'
import type { Issued, Row } from './words.ts'

interface Made {
  issued: Issued
  ledgerSeq: number | null
}

const Form = ({ onMade, onClose }: { onMade: (made: Made) => void; onClose: () => void }) => {
  const register = useCommandOf(host.register, {
    refresh: hostAnswers,
    done: null,
    onDone: (issued, { ledgerSeq }) => onMade({ issued, ledgerSeq }),
    explain: { name_taken: 'Another server has this name. Retired ones keep theirs.' },
  })
  const form = useFormOf(
    host.register,
    {
      name: '',
      environment: '',
      labels: [] as string[],
      address: '',
      port: 22 as number,
      whenStale: 'refuse' as Row['whenStale'],
      recorderLogin: null as string | null,
    },
    register.problem,
  )
  return (
    <form onSubmit={form.submit(register.run)} noValidate>
      <Stack gap="md">
        <TextInput
          label="Name"
          description="People ask for it by this name; it stays"
          placeholder="web-1"
          required
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          {...form.text('name')}
        />
        <HostFields form={form} />
        <TextInput
          label="Records sessions, under this account"
          description="Only for a bastion: an account on it that nobody else has. Empty for every other server"
          name="recorderLogin"
          autoComplete="off"
          spellCheck={false}
          value={form.values.recorderLogin ?? ''}
          onChange={(event) => form.set('recorderLogin', event.currentTarget.value || null)}
          error={form.error('recorderLogin')}
        />
        <ProblemNotice problem={register.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={register.running}>
            Register
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** Registers a server, and shows once how to bring it in. */
export const RegisterDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => {
  const [made, setMade] = useState<Made | null>(null)
  const go = useGo()
  const close = () => {
    if (made) {
      // Told only now: its link must not lead away from a command that nobody has copied.
      recorded(`${made.issued.host.name} registered.`, made.ledgerSeq)
      go(`/servers/${made.issued.host.id}`)
      return
    }
    onClose()
  }
  return (
    <Modal
      opened={opened}
      onClose={close}
      size="lg"
      title={made ? `Bring ${made.issued.host.name} in` : 'Register a server'}
      // A stray click must not take away what is shown once.
      closeOnClickOutside={made === null}
      closeOnEscape={made === null}
      withCloseButton={made === null}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {made ? <Enrolment issued={made.issued} onClose={close} /> : <Form onMade={setMade} onClose={close} />}
    </Modal>
  )
}

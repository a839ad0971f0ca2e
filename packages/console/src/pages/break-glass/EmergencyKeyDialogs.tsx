import { destroyByHand, emergencyKey, type EmergencyKeyKind, type PersonId } from '@holdfast/contract'
import { Button, Group, Modal, NativeSelect, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ConfirmDialog, ProblemNotice, useCommandOf, useFormOf, useMembers } from '../../kit/index.ts'
import { ReasonDialog } from '../ReasonDialog.tsx'
import { emergencyKeyAnswers, keyRefusals, kindWords, type Key } from './words.ts'

export interface KeyDialogsProps {
  opened: boolean
  asking: { what: 'register' } | { what: 'confirm' | 'end'; key: Key }
  onClose: () => void
}

const endOf = (day: string): string => `${day}T23:59:59.000Z`
const inMonths = (count: number): string => {
  const day = new Date()
  day.setMonth(day.getMonth() + count)
  return day.toISOString().slice(0, 10)
}

const Register = ({ onClose }: { onClose: () => void }) => {
  const members = useMembers() ?? []
  const { run, running, problem } = useCommandOf(emergencyKey.register, {
    refresh: emergencyKeyAnswers,
    done: 'Registered.',
    onDone: onClose,
    explain: {
      member_not_found: 'Choose a member.',
      dates_wrong: keyRefusals.dates_wrong,
      key_known: 'That this person holds this key is recorded already.',
      too_many_keys: 'There are as many records as there can be. End those of keys that are gone.',
    },
  })
  const form = useFormOf(
    emergencyKey.register,
    {
      personId: '' as PersonId,
      kind: 'certificate' as EmergencyKeyKind,
      fingerprint: '',
      keptAt: '',
      until: endOf(inMonths(6)),
    },
    problem,
  )
  return (
    <form onSubmit={form.submit(run)} noValidate>
      <Stack gap="md">
        <NativeSelect
          label="Who holds it"
          name="personId"
          required
          data={[
            { value: '', label: 'Choose somebody' },
            ...members.map(({ id, name, email }) => ({ value: id as string, label: `${name} (${email})` })),
          ]}
          value={form.values.personId}
          error={form.error('personId') && 'Choose somebody.'}
          onChange={(event) => form.set('personId', event.currentTarget.value as PersonId)}
        />
        <NativeSelect
          label="What it is"
          data={Object.entries(kindWords).map(([value, label]) => ({ value, label }))}
          value={form.values.kind}
          onChange={(event) => form.set('kind', event.currentTarget.value as EmergencyKeyKind)}
        />
        <TextInput
          label="Fingerprint"
          description="Of the public key: ssh-keygen -lf key.pub"
          placeholder="SHA256:…"
          required
          {...form.text('fingerprint')}
        />
        <TextInput
          label="Where it is kept"
          placeholder="Safe in room 2.14, in a sealed envelope"
          required
          maxLength={300}
          {...form.text('keptAt')}
        />
        <TextInput
          label="To be tried by"
          description="Owners are reminded 14 and 3 days before."
          type="date"
          required
          value={form.values.until.slice(0, 10)}
          error={form.error('until')}
          onChange={(event) => form.set('until', endOf(event.currentTarget.value))}
        />
        <ProblemNotice problem={problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={running}>
            Register
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

const Confirm = ({ of: { id, keptAt }, onClose }: { of: Key; onClose: () => void }) => {
  const [day, setDay] = useState(inMonths(6))
  const [place, setPlace] = useState(keptAt)
  const { run, running, problem } = useCommandOf(emergencyKey.confirm, {
    refresh: emergencyKeyAnswers,
    done: 'Confirmed.',
    onDone: onClose,
    explain: keyRefusals,
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title="Was the key tried?"
      consequences={['You say that somebody came in with it, and that it is where it is said to be.']}
      undo="It stands in the ledger."
      verb="It works"
      ready={day !== '' && place.trim() !== ''}
      running={running}
      problem={problem}
      onConfirm={() => void run({ id, keptAt: place, until: endOf(day) })}
    >
      <TextInput
        label="Where it is kept"
        maxLength={300}
        value={place}
        onChange={(event) => setPlace(event.currentTarget.value)}
      />
      <TextInput label="To be tried again by" type="date" value={day} onChange={(event) => setDay(event.currentTarget.value)} />
    </ConfirmDialog>
  )
}

const End = ({ of: { id, kind }, onClose }: { of: Key; onClose: () => void }) => {
  const { key_not_found, key_ended } = keyRefusals
  const { run, running, problem } = useCommandOf(emergencyKey.end, {
    refresh: emergencyKeyAnswers,
    done: 'The record is ended. Now destroy the key.',
    onDone: onClose,
    explain: { key_not_found, key_ended },
  })
  return (
    <ReasonDialog
      opened
      onClose={onClose}
      title="End the record of this key?"
      consequences={['Only the record ends. What is left to do by hand:', ...destroyByHand[kind]]}
      undo="A key that somebody holds again is registered anew."
      verb="End the record"
      danger
      read="Stands in the ledger"
      running={running}
      problem={problem}
      onConfirm={(reason) => void run({ id, reason })}
    />
  )
}

/** What can be done about a record of an emergency key. */
export const EmergencyKeyDialogs = ({ opened, asking, onClose }: KeyDialogsProps) => {
  if (!opened) return null
  if (asking.what === 'confirm') return <Confirm of={asking.key} onClose={onClose} />
  if (asking.what === 'end') return <End of={asking.key} onClose={onClose} />
  return (
    <Modal opened onClose={onClose} title="Register who holds an emergency key" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Register onClose={onClose} />
    </Modal>
  )
}

import { staff, type OrgId, type StaffRole } from '@holdfast/contract'
import { Button, Checkbox, Group, Modal, NativeSelect, Stack, Textarea, TextInput } from '@mantine/core'
import { ProblemNotice, useCommandOf, useFormOf } from '../../kit/index.ts'
import { durationInWords } from '../accessWords.ts'
import { CodeField, plainCode } from '../CodeField.tsx'
import { useEveryRowOf } from '../everyRow.ts'
import { staffAnswers } from '../staffAnswers.ts'
import { codeRefusals, staffDurations } from '../staffWords.ts'

interface Asked {
  orgId: OrgId
  reason: string
  ticket: string
  seconds: number
  role: StaffRole
  write: boolean
  code: string
}
const initial: Asked = { orgId: '' as OrgId, reason: '', ticket: '', seconds: 3600, role: 'viewer', write: false, code: '' }

const Ask = ({ onClose }: { onClose: () => void }) => {
  const { rows } = useEveryRowOf(staff.organisations, {})
  const ask = useCommandOf(staff.request, {
    refresh: staffAnswers,
    done: 'Asked.',
    onDone: onClose,
    explain: {
      ...codeRefusals,
      organisation_not_found: 'Choose a customer.',
      already_requested: 'You have asked them already. Wait, or take that request back.',
      not_cleared: 'You are not cleared for customers’ data: acknowledge the published policies and enrol a second factor.',
    },
  })
  const form = useFormOf(staff.request, initial, ask.problem)
  const { ticket, code, ...asked } = form.values
  const wanted = { ...asked, ...(ticket.trim() !== '' && { ticket: ticket.trim() }) }
  const send = async () => {
    await ask.run({ ...wanted, code: plainCode(code) })
    form.set('code', '')
  }
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <Stack gap="sm">
        <NativeSelect
          label="Organisation"
          name="orgId"
          required
          data={[
            { value: '', label: 'Choose a customer', disabled: true },
            ...(rows ?? []).map(({ id, name }) => ({ value: id as string, label: name })),
          ]}
          value={form.values.orgId}
          onChange={(event) => form.set('orgId', event.currentTarget.value as OrgId)}
          error={form.error('orgId')}
        />
        <Textarea
          label="Why"
          description="They read it."
          required
          autosize
          minRows={2}
          maxLength={1000}
          {...form.text('reason')}
        />
        <TextInput label="Ticket" description="Their own number, where there is one." maxLength={64} {...form.text('ticket')} />
        <NativeSelect
          label="For how long"
          data={staffDurations.map((seconds) => ({ value: String(seconds), label: durationInWords(seconds) }))}
          value={String(form.values.seconds)}
          onChange={(event) => form.set('seconds', Number(event.currentTarget.value))}
        />
        <NativeSelect
          label="Read as much as a"
          data={[
            { value: 'viewer', label: 'Viewer' },
            { value: 'reviewer', label: 'Reviewer' },
          ]}
          value={form.values.role}
          onChange={(event) => form.set('role', event.currentTarget.value as StaffRole)}
        />
        <Checkbox
          label="Also change drafts of policies, and deadlines"
          checked={form.values.write}
          onChange={(event) => form.set('write', event.currentTarget.checked)}
        />
        <CodeField
          value={form.values.code}
          onChange={(code) => form.set('code', code)}
          error={form.error('code')}
          for="this request"
          act={{ operation: staff.request, input: wanted }}
          ready={() => form.check(wanted)}
          onPasskey={(passkey) => ask.run({ ...wanted, passkey })}
        />
        <ProblemNotice problem={ask.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            loading={ask.running}
            disabled={form.values.orgId === '' || form.values.reason.trim() === '' || plainCode(form.values.code).length < 6}
          >
            Ask
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** Asks a customer for access to their data. */
export const AskDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => (
  <Modal opened={opened} onClose={onClose} title="Ask a customer" closeButtonProps={{ 'aria-label': 'Close' }}>
    <Ask onClose={onClose} />
  </Modal>
)

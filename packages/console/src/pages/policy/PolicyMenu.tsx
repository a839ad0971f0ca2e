import { policy } from '@holdfast/contract'
import { ActionIcon, Button, Checkbox, Group, Menu, NumberInput, Select, Stack, TextInput } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { useState } from 'react'
import { Dialog, ProblemNotice, useCommandOf, useFormOf, useMay, useMembers } from '../../kit/index.ts'
import { ReasonDialog } from '../ReasonDialog.tsx'
import { policyAnswers } from './answers.ts'
import { ConfirmReview } from './ConfirmReview.tsx'
import { PromisePicker } from './LazyPromisePicker.tsx'
import type { PolicyDetail } from './steps.ts'

const Details = ({ policy: detail, onClose }: { policy: PolicyDetail; onClose: () => void }) => {
  const members = useMembers() ?? []
  const update = useCommandOf(policy.update, {
    refresh: policyAnswers,
    explain: {
      policy_not_found: 'That policy no longer exists.',
      member_not_found: 'The owner must be a member.',
      unknown_promise: 'One of the promises does not exist.',
    },
    done: 'Saved.',
    onDone: onClose,
  })
  const { id, title, ownerId, reviewEveryDays, requiredAtOnce } = detail
  const form = useFormOf(
    policy.update,
    { id, title, ownerId, reviewEveryDays, requiredAtOnce, promises: detail.promises as string[] },
    update.problem,
  )
  return (
    <form onSubmit={form.submit(update.run)} noValidate>
      <Stack gap="sm">
        <TextInput label="Title" required data-autofocus {...form.text('title')} />
        <Select
          label="Owner"
          description="Answers for it and is asked when its review is due."
          searchable
          data={members.map((person) => ({ value: person.id, label: person.name }))}
          value={form.values.ownerId}
          onChange={(value) => value && form.set('ownerId', value as typeof ownerId)}
          error={form.error('ownerId')}
        />
        <NumberInput
          label="Review every … days"
          min={1}
          max={1100}
          allowDecimal={false}
          value={form.values.reviewEveryDays}
          onChange={(value) => form.set('reviewEveryDays', Number(value))}
          error={form.error('reviewEveryDays')}
        />
        <Checkbox
          label="Required at once"
          description="Who has not acknowledged it gets no access to servers and no role of Owner or Admin, even before the day set for it."
          checked={form.values.requiredAtOnce}
          onChange={(event) => form.set('requiredAtOnce', event.currentTarget.checked)}
        />
        <PromisePicker
          value={form.values.promises}
          onChange={(ids) => form.set('promises', ids)}
          error={form.error('promises')}
        />
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

const Retire = ({ policy: { id, title }, opened, onClose }: { policy: PolicyDetail; opened: boolean; onClose: () => void }) => {
  const retire = useCommandOf(policy.retire, {
    refresh: policyAnswers,
    explain: { policy_not_found: 'That policy no longer exists.', policy_retired: 'It is retired already.' },
    done: 'Retired.',
    onDone: onClose,
  })
  return (
    <ReasonDialog
      opened={opened}
      onClose={onClose}
      title={`Retire “${title}”?`}
      consequences={['It binds nobody from now on; open acknowledgements are dropped.', 'It and all its versions stay readable.']}
      undo="It cannot be brought back; the same text can become a new policy."
      verb="Retire"
      danger
      typed={title}
      running={retire.running}
      problem={retire.problem}
      onConfirm={(reason) => void retire.run({ id, reason })}
    />
  )
}

/** What is done to a policy seldom. */
export const PolicyMenu = ({ policy: detail }: { policy: PolicyDetail }) => {
  const [open, setOpen] = useState<'details' | 'review' | 'retire' | null>(null)
  const may = useMay()
  const close = () => setOpen(null)
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label="More about this policy">
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {may('policy:publish') && (
            <Menu.Item onClick={() => setOpen('details')}>Change title, owner, review or promises</Menu.Item>
          )}
          {may('policy:approve') && detail.publishedVersion !== null && (
            <Menu.Item onClick={() => setOpen('review')}>Confirm a review</Menu.Item>
          )}
          {may('policy:publish') && (
            <Menu.Item color="red" onClick={() => setOpen('retire')}>
              Retire
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Dialog opened={open === 'details'} onClose={close} title="Change the policy’s details">
        <Details policy={detail} onClose={close} />
      </Dialog>
      <ConfirmReview policy={detail} opened={open === 'review'} onClose={close} />
      <Retire policy={detail} opened={open === 'retire'} onClose={close} />
    </>
  )
}

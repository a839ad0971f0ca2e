import { Select } from '@mantine/core'
import { member, organisation, session } from '@holdfast/contract'
import { useState } from 'react'
import { ConfirmDialog, useCommandOf, useMembers, useSession } from '../../kit/index.ts'
import { Missing } from '../Missing.tsx'

interface TransferDialogProps {
  name: string
  opened: boolean
  onClose: () => void
}

/** Makes another member Owner. Typed, because the one who does it cannot undo it alone. */
export const TransferDialog = ({ name, opened, onClose }: TransferDialogProps) => {
  const { person } = useSession()
  const members = useMembers()
  const [chosen, setChosen] = useState<string | null>(null)
  const others = members?.filter(({ id, role }) => id !== person.id && role !== 'owner') ?? []
  const heir = others.find(({ id }) => id === chosen)
  const { run, running, problem } = useCommandOf(organisation.transferOwnership, {
    refresh: [organisation.read, session.current, member.list],
    done: 'Ownership transferred.',
    onDone: onClose,
    explain: {
      member_not_found: 'That person is no longer a member.',
      already_owner: 'That person is an Owner already.',
      not_cleared: 'That person is not cleared for it yet. What is missing:',
    },
  })
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title="Transfer ownership"
      consequences={[
        heir ? `${heir.name} (${heir.email}) becomes Owner of ${name}.` : `The member you choose becomes Owner of ${name}.`,
        'You become Admin at once, and can no longer make or remove Owners.',
      ]}
      undo="Only the new Owner can give it back."
      verb="Transfer"
      danger
      typed={name}
      ready={heir !== undefined}
      running={running}
      problem={problem}
      onConfirm={() => heir && void run({ personId: heir.id })}
    >
      <Select
        label="New Owner"
        searchable
        placeholder="Choose a member"
        nothingFoundMessage="Nobody else is a member yet. Invite somebody first."
        data={others.map(({ id, name: who, email }) => ({ value: id, label: `${who} (${email})` }))}
        value={chosen}
        onChange={setChosen}
      />
      <Missing problem={problem} />
    </ConfirmDialog>
  )
}

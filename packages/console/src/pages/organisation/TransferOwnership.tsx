import { Button, Select } from '@mantine/core'
import { member, organisation, session } from '@holdfast/contract'
import { useState } from 'react'
import { ConfirmDialog, Section, useCommandOf, useMembers, useSession } from '../../kit/index.ts'

/** Makes another member Owner. Typed, because the one who does it cannot undo it alone. */
export const TransferOwnership = ({ name }: { name: string }) => {
  const { person } = useSession()
  const members = useMembers()
  const [opened, setOpened] = useState(false)
  const [chosen, setChosen] = useState<string | null>(null)
  const others = members?.filter(({ id, role }) => id !== person.id && role !== 'owner') ?? []
  const heir = others.find(({ id }) => id === chosen)
  const { run, running, problem } = useCommandOf(organisation.transferOwnership, {
    refresh: [organisation.read, session.current, member.list],
    done: 'Ownership transferred.',
    onDone: () => setOpened(false),
    explain: { member_not_found: 'That person is no longer a member.', already_owner: 'That person is an Owner already.' },
  })
  return (
    <Section
      title="Ownership"
      about="Hand the organisation to another member. You stay, as Admin."
      action={
        <Button variant="default" onClick={() => setOpened(true)}>
          Transfer ownership
        </Button>
      }
    >
      <ConfirmDialog
        opened={opened}
        onClose={() => setOpened(false)}
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
      </ConfirmDialog>
    </Section>
  )
}

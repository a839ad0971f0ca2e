import { Button } from '@mantine/core'
import { member } from '@holdfast/contract'
import { useState } from 'react'
import { ConfirmDialog, Section, useCommandOf } from '../../kit/index.ts'
import { useSessionChanged } from '../../shell/changed.ts'

export const Leave = ({ name }: { name: string }) => {
  const [opened, setOpened] = useState(false)
  const changed = useSessionChanged()
  const { run, running, problem } = useCommandOf(member.leave, {
    done: `You left ${name}.`,
    onDone: () => changed('/'),
    explain: {
      last_owner: 'You are the only Owner. Transfer ownership first.',
      directory_managed: 'Your organisation’s directory answers for you. Ask whoever runs it.',
    },
  })
  return (
    <Section
      title="Leave"
      about="Give up your own membership."
      action={
        <Button variant="default" onClick={() => setOpened(true)}>
          Leave {name}
        </Button>
      }
    >
      <ConfirmDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={`Leave ${name}?`}
        consequences={[
          `You lose access to ${name} at once; your API keys here end.`,
          'What you wrote and did stays, in policies and in the ledger.',
        ]}
        undo="Only a new invitation brings you back."
        verb="Leave"
        danger
        typed={name}
        running={running}
        problem={problem}
        onConfirm={() => void run({})}
      />
    </Section>
  )
}

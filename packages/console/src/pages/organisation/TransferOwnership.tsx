import { Button } from '@mantine/core'
import { useState } from 'react'
import { lazyDialog, Section } from '../../kit/index.ts'

const TransferDialog = lazyDialog(async () => (await import('./TransferDialog.tsx')).TransferDialog)

export const TransferOwnership = ({ name }: { name: string }) => {
  const [opened, setOpened] = useState(false)
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
      <TransferDialog name={name} opened={opened} onClose={() => setOpened(false)} />
    </Section>
  )
}

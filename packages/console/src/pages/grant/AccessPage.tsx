import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { lazyDialog, Page, useDo, useMay } from '../../kit/index.ts'
import { GrantList } from './GrantList.tsx'
import { ToApprove } from './ToApprove.tsx'

const RequestDialog = lazyDialog(async () => (await import('./RequestDialog.tsx')).RequestDialog)

/** Access to servers and databases: what waits for the reader, what they have and asked for, and what everybody has (C6). */
export const AccessPage = () => {
  const ask = useDo('request')
  const may = useMay()
  return (
    <Page
      title="Temporary access"
      about="Nobody has standing access: it is asked for, approved by somebody else, and ends by itself."
      permission="access:request"
      action={
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={ask.open}>
          Ask for access
        </Button>
      }
    >
      {may('access:approve') && <ToApprove />}
      <GrantList ask={ask.open} />
      <RequestDialog opened={ask.opened} onClose={ask.close} />
    </Page>
  )
}

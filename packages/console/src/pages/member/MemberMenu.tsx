import { ActionIcon } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { useState } from 'react'
import { lazyDialog, lazyMenu, type Member } from '../../kit/index.ts'
import { EndSessionsDialog, RemoveDialog } from './MemberDialogs.tsx'
import type { MemberAct } from './MemberMenuItems.tsx'

const RoleDialog = lazyDialog(async () => (await import('./RoleDialog.tsx')).RoleDialog)
const BeginRecovery = lazyDialog(async () => (await import('../BeginRecovery.tsx')).BeginRecovery)
const Actions = lazyMenu({ position: 'bottom-end' }, async () => (await import('./MemberMenuItems.tsx')).MemberMenuItems)

/** What a manager may do with a member. */
export const MemberMenu = ({ row }: { row: Member }) => {
  const [opened, setOpened] = useState<MemberAct | null>(null)
  const close = () => setOpened(null)
  return (
    <>
      <Actions
        row={row}
        onChoose={setOpened}
        target={
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Actions for ${row.name}`}>
            <IconDots size={16} aria-hidden />
          </ActionIcon>
        }
      />
      {opened === 'role' && <RoleDialog opened row={row} onClose={close} />}
      {opened === 'sessions' && <EndSessionsDialog row={row} onClose={close} />}
      {opened === 'recovery' && <BeginRecovery opened row={row} onClose={close} />}
      {opened === 'remove' && <RemoveDialog row={row} onClose={close} />}
    </>
  )
}

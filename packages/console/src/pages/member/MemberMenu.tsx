import { ActionIcon, Menu } from '@mantine/core'
import { IconDots, IconLogout, IconUserMinus, IconUserShield, IconListDetails } from '@tabler/icons-react'
import { useState } from 'react'
import { lazyDialog, useGo, useMay, useSession, type Member } from '../../kit/index.ts'
import { EndSessionsDialog, RemoveDialog } from './MemberDialogs.tsx'

const RoleDialog = lazyDialog(async () => (await import('./RoleDialog.tsx')).RoleDialog)

type Opened = 'role' | 'sessions' | 'remove' | null

/** What a manager may do with a member. An Admin cannot touch an Owner; nobody changes their own role. */
export const MemberMenu = ({ row }: { row: Member }) => {
  const { person, organisation } = useSession()
  const may = useMay()
  const go = useGo()
  const [opened, setOpened] = useState<Opened>(null)
  const close = () => setOpened(null)
  const outranked = row.role === 'owner' && organisation.role !== 'owner'
  const self = row.id === person.id
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Actions for ${row.name}`}>
            <IconDots size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {may('ledger:read') && (
            <Menu.Item leftSection={<IconListDetails size={15} aria-hidden />} onClick={() => go(`/ledger?actor=${row.id}`)}>
              What they did
            </Menu.Item>
          )}
          <Menu.Item
            leftSection={<IconUserShield size={15} aria-hidden />}
            disabled={self || outranked}
            onClick={() => setOpened('role')}
          >
            Change role
          </Menu.Item>
          <Menu.Item
            leftSection={<IconLogout size={15} aria-hidden />}
            disabled={outranked}
            onClick={() => setOpened('sessions')}
          >
            End sessions
          </Menu.Item>
          <Menu.Item
            color="red"
            leftSection={<IconUserMinus size={15} aria-hidden />}
            disabled={self || outranked}
            onClick={() => setOpened('remove')}
          >
            Remove
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {opened === 'role' && <RoleDialog opened row={row} onClose={close} />}
      {opened === 'sessions' && <EndSessionsDialog row={row} onClose={close} />}
      {opened === 'remove' && <RemoveDialog row={row} onClose={close} />}
    </>
  )
}

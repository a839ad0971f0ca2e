import { Menu } from '@mantine/core'
import { IconLifebuoy, IconListDetails, IconLogout, IconUserMinus, IconUserShield } from '@tabler/icons-react'
import { useGo, useMay, useSession, type Member } from '../../kit/index.ts'

export type MemberAct = 'role' | 'sessions' | 'recovery' | 'remove'

/** An Admin cannot touch an Owner; nobody changes their own role. */
export const MemberMenuItems = ({ row, onChoose }: { row: Member; onChoose: (act: MemberAct) => void }) => {
  const { person, organisation } = useSession()
  const may = useMay()
  const go = useGo()
  const outranked = row.role === 'owner' && organisation.role !== 'owner'
  const self = row.id === person.id
  return (
    <>
      {may('ledger:read') && (
        <Menu.Item leftSection={<IconListDetails size={15} aria-hidden />} onClick={() => go(`/ledger?actor=${row.id}`)}>
          What they did
        </Menu.Item>
      )}
      <Menu.Item
        leftSection={<IconUserShield size={15} aria-hidden />}
        disabled={self || outranked}
        onClick={() => onChoose('role')}
      >
        Change role
      </Menu.Item>
      <Menu.Item leftSection={<IconLogout size={15} aria-hidden />} disabled={outranked} onClick={() => onChoose('sessions')}>
        End sessions
      </Menu.Item>
      {row.factorEnrolled && (
        <Menu.Item
          leftSection={<IconLifebuoy size={15} aria-hidden />}
          disabled={self || outranked}
          onClick={() => onChoose('recovery')}
        >
          Lost second factor
        </Menu.Item>
      )}
      <Menu.Item
        color="red"
        leftSection={<IconUserMinus size={15} aria-hidden />}
        disabled={self || outranked}
        onClick={() => onChoose('remove')}
      >
        Remove
      </Menu.Item>
    </>
  )
}
